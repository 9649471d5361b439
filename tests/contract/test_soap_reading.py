"""SOAP Retrieve in depth: filters, properties, pages, other business units; and XML that nobody means well with."""

from typing import Any

import pytest

from tests.contract.enveloping import (
    API,
    PATH,
    asking,
    changing,
    envelope,
    fault_of,
    joined,
    post,
    retrieve,
    said,
    simple,
)
from tests.contract.served import Api, Served
from tests.contract.test_soap import OBJECTS, shelf
from tests.journeys.hostile import BODIES

MORE = "MoreDataAvailable"


@pytest.fixture
def shelves(api: Api) -> Api:
    """Data extensions at different instants; the clock stands still, so they are moved apart by it."""
    for key, name in (
        ("alpha", "Äpfel 100%"),
        ("beta", "Birnen_und Quitten"),
        ("gamma", '<b>&amp;</b>\r\n"quoted" \''),
    ):
        shelf(api, key, name)
        api.done("POST", "/waystage/v1/clock/advance", {"by": "P1D"})
    return api


def keys(api: Api, test: str) -> list[str]:
    return [row["CustomerKey"] for row in retrieve(api, "DataExtension", ["CustomerKey"], test).rows]


def test_every_operator(shelves: Api) -> None:
    expected: list[tuple[str, str, tuple[str, ...], list[str]]] = [
        ("CustomerKey", "equals", ("BETA",), ["beta"]),
        ("CustomerKey", "notEquals", ("beta",), ["alpha", "gamma"]),
        ("CustomerKey", "IN", ("beta", "gamma", "none"), ["beta", "gamma"]),
        ("CustomerKey", "greaterThan", ("beta",), ["gamma"]),
        ("CustomerKey", "greaterThanOrEqual", ("beta",), ["beta", "gamma"]),
        ("CustomerKey", "lessThan", ("beta",), ["alpha"]),
        ("CustomerKey", "lessThanOrEqual", ("beta",), ["alpha", "beta"]),
        ("CustomerKey", "between", ("b", "c"), ["beta"]),
        ("Name", "like", ("ÄPFEL",), ["alpha"]),
        ("Name", "like", ("b%quitten",), ["beta"]),
        ("Name", "like", ("%n_u%",), ["beta"]),
        ("Name", "like", ("%u%n%i%",), ["beta"]),
        ("Name", "like", ("x%",), []),
        ("Name", "contains", ("100%",), ["alpha"]),
        ("Name", "notContains", ("100%",), ["beta", "gamma"]),
        ("Name", "existsInString", ("<b>",), ["gamma"]),
        ("Name", "notExistsInString", ("<b>",), ["alpha", "beta"]),
        ("Name", "existsInStringAsAWord", ("quitten",), ["beta"]),
        ("Name", "existsInStringAsAWord", ("quitte",), []),
        ("Name", "beginsWith", ("birnen",), ["beta"]),
        ("Name", "endsWith", ("100%",), ["alpha"]),
        ("SendableSubscriberField.Name", "isNull", (), ["alpha", "beta", "gamma"]),
        ("Name", "isNotNull", (), ["alpha", "beta", "gamma"]),
        ("CreatedDate", "equals", ("2026-01-02T00:00:00",), ["beta"]),
        ("CreatedDate", "greaterThan", ("2026-01-01T12:00:00",), ["beta", "gamma"]),
        ("CreatedDate", "between", ("2026-01-01", "2026-01-02T00:00:00Z"), ["alpha", "beta"]),
        ("CreatedDate", "lessThan", ("yesterday",), []),
        ("CategoryID", "equals", ("2",), ["alpha", "beta", "gamma"]),
        ("CategoryID", "greaterThan", ("two",), []),
        ("IsSendable", "equals", ("False",), ["alpha", "beta", "gamma"]),
        ("IsSendable", "equals", ("1",), []),
        ("issendable", "notequals", ("true",), ["alpha", "beta", "gamma"]),
    ]
    for name, operator, values, wanted in expected:
        assert keys(shelves, simple(name, operator, *values)) == wanted, (name, operator, values)


def test_parts_are_joined_and_nested(shelves: Api) -> None:
    alpha, beta = (
        simple("CustomerKey", "equals", key, tag=tag)
        for key, tag in (("alpha", "LeftOperand"), ("beta", "RightOperand"))
    )
    assert keys(shelves, joined("OR", alpha, beta)) == ["alpha", "beta"]
    assert keys(shelves, joined("and", alpha, beta)) == []
    nested = joined("AND", simple("Name", "like", "b", tag="LeftOperand"), joined("OR", alpha, beta, "RightOperand"))
    assert keys(shelves, nested) == ["beta"]
    more = simple("CustomerKey", "equals", "gamma", tag="Operand")
    three = joined("OR", alpha, beta).replace("</Filter>", f"<AdditionalOperands>{more}</AdditionalOperands></Filter>")
    assert keys(shelves, three) == ["alpha", "beta", "gamma"]
    prefixed = joined("OR", alpha, beta).replace("FilterPart", "FilterPart").replace('"Simple', '"ns1:Simple')
    assert keys(shelves, prefixed) == ["alpha", "beta"]


def test_values_come_back_to_the_letter(shelves: Api) -> None:
    (row,) = retrieve(shelves, "DataExtension", ["Name"], simple("CustomerKey", "equals", "gamma")).rows
    assert row["Name"] == '<b>&amp;</b>\r\n"quoted" \''
    shelf(shelves, "odd", "bell \a and \ufffe")
    (row,) = retrieve(shelves, "DataExtension", ["Name"], simple("CustomerKey", "equals", "odd")).rows
    assert row["Name"] == "bell \ufffd and \ufffd"


def test_properties_choose_what_is_shown_and_in_which_order(light: Api) -> None:
    shelf(light, "one")
    asked = ["name", "Client", "CustomerKey", "Nothing", "CustomerKey"]
    (row,) = retrieve(light, "DataExtension", asked).rows
    assert list(row.items()) == [("Name", "Shelf one"), ("Client", {"ID": "1"}), ("CustomerKey", "one")]
    (everything,) = retrieve(light, "DataExtension", []).rows
    assert {"ObjectID", "CategoryID", "CreatedDate"} <= everything.keys()


REFUSED = [
    simple("Colour", "equals", "red"),
    simple("Name", "sounds", "red"),
    simple("Name", "equals"),
    simple("Name", "between", "a"),
    simple("", "equals", "a"),
    simple("Name", "equals", "a").replace("Simple", "Other"),
    joined("XOR", simple("Name", "isNull", tag="LeftOperand"), simple("Name", "isNull", tag="RightOperand")),
    joined("AND", simple("Name", "isNull", tag="LeftOperand"), ""),
    simple("Name", "IN", *("x" for _ in range(10_001))),
    "<Filter/>",
]


def test_filters_that_cannot_be_carried_out(light: Api) -> None:
    for test in REFUSED:
        answer = post(light, asking("DataExtension", ["Name"], test))
        assert answer.status_code == 400, test
        assert fault_of(answer).endswith(".")


def _deep(depth: int) -> str:
    found = simple("Name", "isNotNull", tag="LeftOperand")
    for _ in range(depth):
        found = joined("AND", found, simple("Name", "isNotNull", tag="RightOperand"), "LeftOperand")
    return found.replace("LeftOperand", "Filter", 1)[: -len("LeftOperand>")] + "Filter>"


def test_filters_have_a_depth_and_a_size(light: Api) -> None:
    shelf(light, "one")
    assert keys(light, _deep(31)) == ["one"]
    assert fault_of(post(light, asking("DataExtension", ["Name"], _deep(32)))).startswith("A filter must not be nested")
    wide = "".join(simple("Name", "isNotNull", tag="Operand") for _ in range(200))
    test = _deep(1).replace("</Filter>", f"<AdditionalOperands>{wide}</AdditionalOperands></Filter>")
    assert "at most 200" in fault_of(post(light, asking("DataExtension", ["Name"], test)))


def test_pages_of_the_size_asked_for(api: Api) -> None:
    for number in range(5):
        shelf(api, f"k{number}")
    test, size = simple("CustomerKey", "notEquals", "k1"), "<Options><BatchSize>2</BatchSize></Options>"
    first = retrieve(api, "DataExtension", ["CustomerKey"], test, size)
    assert [row["CustomerKey"] for row in first.rows] == ["k0", "k2"]
    assert first.text("OverallStatus") == MORE
    on = f"<ContinueRequest>{first.text('RequestID')}</ContinueRequest>"
    # one client repeats the whole request, another sends nothing else
    again = retrieve(api, "DataExtension", ["CustomerKey"], test, size + on)
    alone = said(
        post(api, f'<RetrieveRequestMsg xmlns="{API}"><RetrieveRequest>{on}</RetrieveRequest></RetrieveRequestMsg>')
    )
    assert again.rows == alone.rows == [{"CustomerKey": "k3"}, {"CustomerKey": "k4"}]
    assert again.text("OverallStatus") == "OK"


def test_pages_of_two_thousand_five_hundred(api: Api) -> None:
    for number in range(3):
        shelf(api, f"wide{number}", fields=900)
    first = retrieve(api, "DataExtensionField", ["CustomerKey"])
    assert (first.text("OverallStatus"), len(first.rows)) == (MORE, 2_500)
    on = f"<ContinueRequest>{first.text('RequestID')}</ContinueRequest>"
    last = retrieve(api, "DataExtensionField", ["CustomerKey"], more=on)
    assert (last.text("OverallStatus"), len(last.rows)) == ("OK", 200)
    seen = [row["CustomerKey"] for row in (*first.rows, *last.rows)]
    assert seen == [f"[wide{number}].[F{field}]" for number in range(3) for field in range(900)]


def test_where_to_go_on_is_of_no_use_to_others(server: Served, api: Api) -> None:
    shelf(api, "mine")
    shelf(api, "mine too")
    size = "<Options><BatchSize>1</BatchSize></Options>"
    on = retrieve(api, "DataExtension", ["CustomerKey"], more=size).text("RequestID")
    scopes = ["journeys_read", "data_extensions_read", "data_extensions_write"]
    made = api.done("POST", "/waystage/v1/clients", {"name": "s", "accountId": 2, "scopes": scopes})
    stranger = server.client(made["clientId"], made["clientSecret"])
    for client, token in (
        (stranger, on),
        (api, on[:-4]),
        (api, on[4:]),
        (api, "x"),
        (api, "\N{SNOWMAN}" * 99),
        (api, "ey" * 99),
    ):
        answer = post(client, asking("DataExtension", ["Name"], more=f"<ContinueRequest>{token}</ContinueRequest>"))
        assert answer.status_code == 400
        assert "ContinueRequest" in fault_of(answer)
    for size_text in ("0", "-1", "many"):
        bad = asking("DataExtension", ["Name"], more=f"<Options><BatchSize>{size_text}</BatchSize></Options>")
        assert post(api, bad).status_code == 400


def test_a_stranger_sees_and_changes_nothing(server: Served, api: Api) -> None:
    guid = shelf(api, "mine", "classified")
    folder = api.done("POST", "/email/v1/category", {"name": "classified", "parentCatId": 1})["categoryId"]
    scopes = ["journeys_read", "data_extensions_read", "data_extensions_write"]
    made = api.done("POST", "/waystage/v1/clients", {"name": "s", "accountId": 2, "scopes": scopes})
    stranger = server.client(made["clientId"], made["clientSecret"])
    everything = "<QueryAllAccounts>true</QueryAllAccounts>"
    for kind in (
        "DataFolder",
        "DataExtension",
        "DataExtensionField",
        "DataExtensionTemplate",
        "AccountUser",
        "BusinessUnit",
    ):
        assert retrieve(api, kind, [], more=everything).rows
        found = retrieve(stranger, kind, [], more=everything)
        assert "classified" not in found.answer.text
        assert {row["Client"]["ID"] for row in found.rows} <= {"2"}
    for verb in ("Update", "Delete"):
        for inside in (f"<ObjectID>{guid}</ObjectID><Name>x</Name>", "<CustomerKey>mine</CustomerKey><Name>x</Name>"):
            assert changing(stranger, verb, inside).results[0]["StatusMessage"] == "Data extension not found."
    moved = changing(stranger, "Update", f"<ID>{folder}</ID><Name>x</Name>", kind="DataFolder")
    assert moved.text("OverallStatus") == "Error"
    assert api.done("GET", f"{OBJECTS}/{guid}")["name"] == "classified"


def _bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    return f"<!DOCTYPE x [{entities}]><Envelope><Body><x>&a8;</x></Body></Envelope>".encode()


HOSTILE: dict[str, bytes] = {
    "an entity that grows": _bomb(),
    "a file": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Envelope><Body><x>&f;</x></Body></Envelope>',
    "a parameter entity": b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><Envelope/>',
    "a document type": b"<!DOCTYPE Envelope><Envelope><Body><x/></Body></Envelope>",
    "an unknown entity": b"<Envelope><Body>&nbsp;</Body></Envelope>",
    "deep": b"<Envelope><Body>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</Body></Envelope>",
    "many elements": b"<Envelope><Body><x>" + b"<a/>" * 60_000 + b"</x></Body></Envelope>",
    "UTF-16": "<Envelope><Body><x/></Body></Envelope>".encode("utf-16"),
    "a wrong encoding": b'<?xml version="1.0" encoding="iso-8859-1"?><Envelope><Body><x/></Body></Envelope>',
    "a strange encoding": b"<?xml version='1.0' encoding='utf-7'?><Envelope><Body><x/></Body></Envelope>",
    "no UTF-8": b"<Envelope><Body><x>\xff\xfe</x></Body></Envelope>",
    "a NUL": b"<Envelope><Body><x>\0</x></Body></Envelope>",
    "a reference to a NUL": b"<Envelope><Body><x>&#0;</x></Body></Envelope>",
    "half a character": b"<Envelope><Body><x>&#xD800;</x></Body></Envelope>",
    "large": b"<Envelope><Body><x>" + b"y" * 1_000_000 + b"</x></Body></Envelope>",
    "many attributes": b"<Envelope><Body><x "
    + b" ".join(b"a%d=''" % n for n in range(200_000))
    + b"/></Body></Envelope>",
    "cut off": b"<Envelope><Body><RetrieveRequestMsg>",
    "something behind": b"<Envelope><Body><x/></Body></Envelope><more/>",
    "another root": b"<Body><Envelope/></Body>",
    "no body": b"<Envelope><Header/></Envelope>",
    "an empty body": b"<Envelope><Body/></Envelope>",
    "two messages": b"<Envelope><Body><a/><b/></Body></Envelope>",
    "an attribute twice": b'<Envelope a="1" a="2"><Body><x/></Body></Envelope>',
    "nothing": b"",
    "blanks": b"   ",
}


def test_hostile_envelopes_are_refused_with_a_fault(light: Api) -> None:
    for what, raw in HOSTILE.items():
        answer = light.http.post(PATH, content=raw, headers={"Content-Type": "text/xml"})
        assert answer.status_code == 400, what
        assert fault_of(answer).startswith("The request cannot be read: "), what
        assert "root:" not in answer.text


def test_what_else_cannot_be_a_message(light: Api) -> None:
    for raw in BODIES.values():
        answer = light.http.post(PATH, content=raw, headers={"Content-Type": "text/xml"})
        assert answer.status_code in {400, 413}
    large = envelope(asking("DataFolder", ["x" * 2**22] * 2), "x")
    assert light.http.post(PATH, content=large, headers={"Content-Type": "text/xml"}).status_code == 413
    assert light.http.post(PATH, content=b"<a/>", headers={"Content-Type": "image/png"}).status_code == 415
    assert light.http.get(PATH).status_code == 405


MESSAGES = [
    "<x/>",
    f'<QueryRequestMsg xmlns="{API}"/>',
    f'<RetrieveRequestMsg xmlns="{API}"/>',
    asking("", ["Name"]),
    asking("Data Extension'; --", ["Name"]),
    asking("DataFolder", ["Name"] * 1_001),
    f'<UpdateRequest xmlns="{API}"/>',
    f'<CreateRequest xmlns="{API}">' + '<Objects xsi:type="DataExtension"/>' * 101 + "</CreateRequest>",
    f'<DefinitionRequestMsg xmlns="{API}"/>',
]


def test_messages_that_say_too_little_or_too_much(light: Api) -> None:
    for message in MESSAGES:
        answer = post(light, message)
        assert answer.status_code == 400, message
        assert fault_of(answer)


def test_odd_objects_are_refused_one_by_one(api: Api) -> None:
    odd: list[str] = [
        "", "<Name/>", "<Name><b/></Name>", "<Fields/>", "<Fields><Field/></Fields>",
        '<Name>x</Name><Fields><Field><Name>a"b</Name></Field></Fields>',
        "<Name>x</Name><Fields><Field><Name>a</Name><MaxLength>-1</MaxLength></Field></Fields>",
        "<Name>x</Name><Fields><Field><Name>a</Name><IsRequired>maybe</IsRequired></Field></Fields>",
        "<Name>x</Name><IsSendable>true</IsSendable><Fields><Field><Name>a</Name></Field></Fields>",
        '<Name xsi:nil="true"/><Fields><Field><Name>a</Name></Field></Fields>',
    ]  # fmt: skip
    answer = changing(api, "Create", *odd)
    statuses: list[Any] = [one["StatusCode"] for one in answer.results]
    assert (answer.text("OverallStatus"), statuses) == ("Error", ["Error"] * len(odd))
    assert all(one["StatusMessage"] for one in answer.results)
    assert api.done("GET", OBJECTS)["count"] == 0
