"""Expressions: what is read, what stays text, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.bindings import (
    PERSONALISATION,
    BindingError,
    Path,
    Template,
    fields,
    parse,
    parse_content,
    parse_path,
)

pytestmark = pytest.mark.spec("5.1")


@pytest.mark.parametrize(
    ("text", "root", "segments"),
    [
        ("{{Contact.Key}}", "Contact", ("Key",)),
        ("{{ Contact . Key }}", "Contact", ("Key",)),
        ("{{Event}}", "Event", ()),
        ('{{Event.DEAudience-1a2b."E mail"}}', "Event", ("DEAudience-1a2b", "E mail")),
        (
            '{{Event."SalesforceObj1"."CampaignMember:UTM_Source__c"}}',
            "Event",
            ("SalesforceObj1", "CampaignMember:UTM_Source__c"),
        ),
        ('{{Contact.Attribute."My.Set"."a}}b"}}', "Contact", ("Attribute", "My.Set", "a}}b")),
        ("{{Interaction.REST-1.couponCode}}", "Interaction", ("REST-1", "couponCode")),
    ],
)
def test_a_single_expression_keeps_its_path(text: str, root: str, segments: tuple[str, ...]) -> None:
    assert parse(text).single == Path(root, segments, text)
    assert str(parse(text)) == text


def test_mixed_text_is_cut_into_parts() -> None:
    template = parse("Hi {{Contact.Key}}{{Event}}, bye }}")
    assert [str(part) for part in template.parts] == ["Hi ", "{{Contact.Key}}", "{{Event}}", ", bye }}"]
    assert template.single is None
    assert len(template.paths) == 2
    assert template.constant is None


@pytest.mark.parametrize("text", ["", "plain", "a { b } %%Name%%"])
def test_text_without_expressions_is_constant(text: str) -> None:
    assert parse(text).constant == text
    assert parse(text).single is None


@pytest.mark.parametrize(
    "text",
    [
        "{{#with Event}}x{{/with}}",
        "{{{Contact.Key}}}",
        "{{! note }}",
        "{{}}",
        "{{ }}",
        "{{Contact.}}",
        "{{.Key}}",
        "{{Contact.First Name}}",
        "{{Contact.Key",
        "{{Contact.Key}",
        '{{Contact."Key}}',
        '{{Contact.""}}',
        "{{",
    ],
)
def test_unreadable_expressions_are_refused(text: str) -> None:
    with pytest.raises(BindingError):
        parse(text)


@pytest.mark.parametrize("text", ["Event.K.Field", "{{Event.K.Field}}", ' Event."K".Field '])
def test_a_path_may_stand_without_braces(text: str) -> None:
    path = parse_path(text)
    assert (path.root, path.segments) == ("Event", ("K", "Field"))


@pytest.mark.parametrize("text", ["", "a b", "{{a}} {{b}}", "{{a}} x", "a..b"])
def test_a_path_must_be_one_path(text: str) -> None:
    with pytest.raises(BindingError):
        parse_path(text)


def test_content_holds_fields_and_expressions() -> None:
    template = parse_content("Hi %%First Name%%, {{Contact.Key}} 100%% sure %%=v(@x)=%% %%[set]%%")
    assert [(path.root, path.segments) for path in template.paths] == [
        (PERSONALISATION, ("First Name",)),
        ("Contact", ("Key",)),
    ]
    assert fields("%%A%% %%b c%%%%A%%") == ("A", "b c")


_plain = st.text(alphabet=st.sampled_from("ab %}\n.\"'"), min_size=1, max_size=6)
_segment = st.text(alphabet=st.sampled_from("aZ9_- :.é}{"), min_size=1, max_size=6).map(lambda name: f'"{name}"')


@given(
    st.lists(_plain | st.lists(_segment, min_size=1, max_size=3).map(lambda s: "{{" + ".".join(s) + "}}"), max_size=5)
)
def test_a_template_written_out_is_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    for template in (parse(text), parse_content(text)):
        assert str(template) == text
        assert len(template.paths) >= sum(part.startswith("{{") for part in parts)


@given(st.text(alphabet=st.sampled_from('{}" .a%#'), max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        template = parse_content(text)
    except BindingError:
        return
    assert isinstance(template, Template)
    assert str(template) == text
