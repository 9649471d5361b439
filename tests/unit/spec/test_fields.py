"""Fields: schemas are read or refused as a whole, values convert at the door, and stored ones come back."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystage.spec.fields import (
    Field,
    FieldError,
    FieldType,
    RowError,
    Schema,
    SchemaError,
    Stored,
    check_defaults,
    convert,
    field_type_of,
    fill,
    is_email,
    read_operand,
    read_row,
    read_schema,
    render,
    text_of,
)

T = FieldType
SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.events.json"))
ORDER = Schema(
    (
        Field("ContactKey", T.TEXT, 20, is_nullable=False, is_primary_key=True),
        Field("Total", T.DECIMAL, 18, 2, is_nullable=False),
        Field("Count", T.NUMBER),
        Field("When", T.DATE, default="GetDate()"),
        Field("Source", T.TEXT, 10, is_nullable=False, default="web"),
        Field("eventInstanceId", T.TEXT, 36, is_nullable=False),
    ),
    "ContactKey",
)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (T.TEXT, "x", "x"),
        (T.TEXT, "", ""),
        (T.TEXT, 5, "5"),
        (T.TEXT, 1.5, "1.5"),
        (T.TEXT, True, "True"),
        (T.NUMBER, 7, 7),
        (T.NUMBER, 7.0, 7),
        (T.NUMBER, " 42 ", 42),
        (T.NUMBER, -(2**63), -(2**63)),
        (T.NUMBER, "", None),
        (T.DECIMAL, 12.34, 1234),
        (T.DECIMAL, "12.345", 1235),
        (T.DECIMAL, "-12.345", -1235),
        (T.DECIMAL, 3, 300),
        (T.DECIMAL, "1e2", 10000),
        (T.DECIMAL, ".5", 50),
        (T.DECIMAL, "0.0049999999999999999999999999999999", 0),
        (T.DATE, "2026-02-11T00:00:00Z", 1770768000000),
        (T.DATE, "02/11/2026", 1770768000000),
        (T.DATE, None, None),
        (T.BOOLEAN, True, 1),
        (T.BOOLEAN, "No", 0),
        (T.BOOLEAN, 1, 1),
        (T.BOOLEAN, "TRUE", 1),
        (T.EMAIL, " a.b@example.com ", "a.b@example.com"),
        (T.EMAIL, "", None),
        (T.PHONE, "+49 30 1", "+49 30 1"),
        (T.LOCALE, "en-US", "en-US"),
    ],
)
def test_values_that_fit(kind: FieldType, value: object, expected: object) -> None:
    stored = convert(Field("f", kind, scale=2 if kind is T.DECIMAL else 0), value)
    assert (stored, type(stored)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        (Field("f", T.TEXT, 3), "four", "value"),
        (Field("f", T.TEXT), {"a": 1}, "type"),
        (Field("f", T.TEXT), "a\0b", "type"),
        (Field("f", T.TEXT), "a\ud800b", "type"),
        (Field("f", T.TEXT, is_nullable=False), None, "missing"),
        (Field("f", T.NUMBER), "seven", "type"),
        (Field("f", T.NUMBER), 7.5, "value"),
        (Field("f", T.NUMBER), 2**63, "value"),
        (Field("f", T.NUMBER), 1e300, "value"),
        (Field("f", T.NUMBER), True, "type"),
        (Field("f", T.NUMBER), float("nan"), "type"),
        (Field("f", T.NUMBER), "9" * 500, "type"),
        (Field("f", T.NUMBER, is_nullable=False), "", "missing"),
        (Field("f", T.DECIMAL, 5, 2), 1000, "value"),
        (Field("f", T.DECIMAL, 5, 2), "999.995", "value"),
        (Field("f", T.DECIMAL, 18, 2), 1e300, "value"),
        (Field("f", T.DECIMAL, 5, 2), "1,5", "type"),
        (Field("f", T.DECIMAL, 5, 2), "1e999", "value"),
        (Field("f", T.DATE), "tomorrow", "type"),
        (Field("f", T.DATE), 5, "type"),
        (Field("f", T.BOOLEAN), "maybe", "type"),
        (Field("f", T.BOOLEAN), 2, "type"),
        (Field("f", T.BOOLEAN), 1.0, "type"),
        (Field("f", T.EMAIL), "nobody", "type"),
        (Field("f", T.EMAIL, 5), "a@example.com", "value"),
        (Field("f", T.PHONE), [], "type"),
    ],
)
def test_values_that_do_not_fit(field: Field, value: object, kind: str) -> None:
    with pytest.raises(FieldError) as caught:
        convert(field, value)
    assert caught.value.kind == kind
    assert '"f"' in str(caught.value)
    assert caught.value.finding.path == "f"


@pytest.mark.parametrize("text", ["a@b.de", "a+b_c.d@sub.example.co.uk", "ü@müller.de", "o'neil@example.com"])
def test_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.de",
        "a@.de",
        "a@b..de",
        "a b@c.de",
        "a@b.de ",
        "a@b@c.de",
        "a@-b.de",
        "a\n@b.de",
        "x" * 65 + "@b.de",
    ],
)
def test_no_addresses(text: str) -> None:
    assert not is_email(text)


_fields = st.one_of(
    st.builds(Field, st.just("f"), st.sampled_from([T.TEXT, T.NUMBER, T.DATE, T.BOOLEAN])),
    st.integers(0, 18).map(lambda scale: Field("f", T.DECIMAL, 18, scale)),
)
_stored: dict[FieldType, st.SearchStrategy[str] | st.SearchStrategy[int]] = {
    T.TEXT: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    T.NUMBER: st.integers(-(2**63), 2**63 - 1),
    T.DECIMAL: st.integers(-(10**18) + 1, 10**18 - 1),
    T.DATE: st.integers(-62_000_000_000_000, 253_000_000_000_000),
    T.BOOLEAN: st.integers(0, 1),
}


@given(st.data(), _fields, st.integers(-840, 840))
def test_what_is_stored_comes_back_the_same(data: st.DataObject, field: Field, offset: int) -> None:
    values: st.SearchStrategy[Stored] = st.one_of(st.none(), _stored[field.type])
    stored = data.draw(values)
    shown = json.loads(json.dumps(render(field, stored, offset)))
    assert convert(field, shown, offset) == stored
    if stored is not None:
        assert convert(field, text_of(field, stored, offset), offset) == stored


_values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers(), max_size=1)
)


@given(st.sampled_from(T), _values)
def test_any_value_is_stored_or_refused(kind: FieldType, value: object) -> None:
    try:
        stored = convert(Field("f", kind, 18, 2), value)
    except FieldError:
        return
    assert stored is None or isinstance(stored, str) or -(2**63) <= stored < 2**63


def test_texts_of_stored_values() -> None:
    assert text_of(Field("f", T.DECIMAL, 18, 2), 1230) == "12.30"
    assert text_of(Field("f", T.BOOLEAN), 1) == "True"
    assert text_of(Field("f", T.DATE), 1770768000000, 60) == "2026-02-11T01:00:00"
    assert text_of(Field("f", T.NUMBER), None) == ""
    assert render(Field("f", T.DECIMAL, 18, 2), 1250) == 12.5
    assert render(Field("f", T.DECIMAL, 18, 2), 10**17 + 1) == "1000000000000000.01"
    assert render(Field("f", T.BOOLEAN), 0) is False


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        (Field("f", T.NUMBER), "10", 10),
        (Field("f", T.NUMBER), "10.5", 10.5),
        (Field("f", T.DECIMAL, 5, 2), "10.005", 1000.5),
        (Field("f", T.DECIMAL, 5, 2), "123456", 12345600),
        (Field("f", T.NUMBER), "99999999999999999999", 1e20),
        (Field("f", T.TEXT, 2), "longer", "longer"),
        (Field("f", T.BOOLEAN), "yes", 1),
        (Field("f", T.DATE), "1970-01-02", 86_400_000),
    ],
)
def test_operands_are_not_bound_by_length_or_scale(field: Field, text: str, expected: object) -> None:
    operand = read_operand(field, text)
    assert (operand, type(operand)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "text"), [(T.NUMBER, "x"), (T.DATE, "x"), (T.BOOLEAN, ""), (T.DECIMAL, "1e400"), (T.DATE, "")]
)
def test_operands_that_cannot_be_read(kind: FieldType, text: str) -> None:
    with pytest.raises(FieldError):
        read_operand(Field("f", kind), text)


def test_a_row_takes_declared_names_and_ignores_the_rest() -> None:
    data: dict[str, Any] = {"contactkey": "ann", "TOTAL": "9.5", "Count": None, "eventInstanceId": "mine", "Other": {}}
    assert read_row(ORDER, data) == {"ContactKey": "ann", "Total": 950, "Count": None}


def test_an_insert_fills_in_defaults_and_nulls() -> None:
    row = fill(ORDER, read_row(ORDER, {"ContactKey": "ann", "Total": 1, "Source": None}), now=77)
    assert row == {
        "ContactKey": "ann",
        "Total": 100,
        "Count": None,
        "When": 77,
        "Source": "web",
        "eventInstanceId": None,
    }
    assert list(row) == [field.name for field in ORDER.fields]


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    with pytest.raises(RowError) as caught:
        read_row(ORDER, {"Count": "x", "Source": "far too long a text"})
    assert [(error.field.name, error.kind) for error in caught.value.errors] == [
        ("Count", "type"),
        ("Source", "value"),
        ("ContactKey", "missing"),
        ("Total", "missing"),
    ]
    assert [field.name for field in caught.value.missing] == ["ContactKey", "Total"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_schemas_of_the_samples_are_read(path: Path) -> None:
    for item in json.loads(path.read_text(encoding="utf-8"))["items"]:
        if "schema" in item:
            schema = read_schema(item["schema"])
            assert [field.name for field in schema.fields] == [field["name"] for field in item["schema"]["fields"]]
            assert schema.contact_field == item["schema"].get("sendableCustomObjectField")
            assert check_defaults(schema) == []


def test_a_schema_reads_both_spellings() -> None:
    raw = {
        "isSendable": True,
        "sendableCustomObjectField": "key",
        "fields": [
            {"name": "Key", "type": "text", "length": 50, "isPrimaryKey": True},
            {"name": "Price", "dataType": "Decimal", "maxLength": "10,3", "isNullable": "false"},
            {"name": "Rate", "type": "Decimal", "length": 6, "scale": 4},
            {"name": "Sum", "type": "Decimal"},
            {"name": "Mail", "type": "Email", "maxLength": "", "defaultValue": ""},
            {"name": "Level", "type": "Number", "defaultValue": 3},
            {"name": "Free"},
        ],
    }
    assert read_schema(raw) == Schema(
        (
            Field("Key", T.TEXT, 50, is_nullable=False, is_primary_key=True),
            Field("Price", T.DECIMAL, 10, 3, is_nullable=False),
            Field("Rate", T.DECIMAL, 6, 4),
            Field("Sum", T.DECIMAL, 18, 2),
            Field("Mail", T.EMAIL),
            Field("Level", T.NUMBER, default="3"),
            Field("Free"),
        ),
        "Key",
    )
    assert read_schema(raw).find("PRICE") == Field("Price", T.DECIMAL, 10, 3, is_nullable=False)
    assert [field.name for field in read_schema(raw).primary_key] == ["Key"]
    assert read_schema({**raw, "isSendable": False}).contact_field is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (3, ("type", "schema.fields[0]")),
        ({}, ("missing", "schema.fields[0].name")),
        ({"name": 3}, ("type", "schema.fields[0].name")),
        ({"name": 'a"b'}, ("format", "schema.fields[0].name")),
        ({"name": "a\\b"}, ("format", "schema.fields[0].name")),
        ({"name": "a\nb"}, ("format", "schema.fields[0].name")),
        ({"name": "x" * 129}, ("value", "schema.fields[0].name")),
        ({"name": "a", "type": "Blob"}, ("value", "schema.fields[0].dataType")),
        ({"name": "a", "type": []}, ("type", "schema.fields[0].dataType")),
        ({"name": "a", "maxLength": "many"}, ("value", "schema.fields[0].maxLength")),
        ({"name": "a", "maxLength": 0}, ("value", "schema.fields[0].maxLength")),
        ({"name": "a", "maxLength": -1}, ("value", "schema.fields[0].maxLength")),
        ({"name": "a", "type": "Decimal", "maxLength": "19,2"}, ("value", "schema.fields[0].maxLength")),
        ({"name": "a", "type": "Decimal", "maxLength": "2,3"}, ("value", "schema.fields[0].maxLength")),
        ({"name": "a", "isNullable": 1}, ("type", "schema.fields[0].isNullable")),
        ({"name": "a", "defaultValue": {}}, ("type", "schema.fields[0].defaultValue")),
    ],
)
def test_unusable_fields_are_named(entry: Any, expected: tuple[str, str]) -> None:
    with pytest.raises(SchemaError) as caught:
        read_schema({"fields": [entry]})
    assert [(finding.kind, finding.path) for finding in caught.value.findings] == [expected]


def test_all_faults_of_a_schema_come_together() -> None:
    raw = {"fields": [{"name": "a"}, {"name": "A"}, {}], "sendableCustomObjectField": "zzz"}
    with pytest.raises(SchemaError) as caught:
        read_schema(raw)
    assert [finding.kind for finding in caught.value.findings] == ["missing", "value", "value"]
    unusable: list[Any] = [None, [], {}, [{"name": "a"}] * 1001]
    for fields in unusable:
        with pytest.raises(SchemaError):
            read_schema({"fields": fields})


def test_defaults_must_fit_their_fields() -> None:
    schema = Schema(
        (Field("a", T.NUMBER, default="x"), Field("b", T.DATE, default="getdate()"), Field("c", default="x"))
    )
    assert [finding.path for finding in check_defaults(schema)] == ["schema.fields[0].defaultValue"]


def test_types_have_aliases_and_others_are_refused() -> None:
    assert field_type_of("LONGNUMBER") is T.NUMBER
    with pytest.raises(ValueError, match="Locale"):
        field_type_of("Blob")


def test_decimals_never_pass_through_a_double_when_written_as_text() -> None:
    field = Field("f", T.DECIMAL, 18, 2)
    assert Decimal(text_of(field, convert(field, "1234567890123456.78"))) == Decimal("1234567890123456.78")
