"""Firing events over HTTP (api.md 7.1, D-51; contract 5, 15, 38, 39)."""

import json
from typing import Any

import pytest

from tests.contract.event_bodies import (
    CONTACTS,
    DEFINITIONS,
    EVENTS,
    OBJECTS,
    ROWS,
    SCHEMA,
    definition,
    extension,
    stranger,
)
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("2.7")


def event(key: str = "ann", **data: Any) -> dict[str, Any]:
    return {"ContactKey": key, "EventDefinitionKey": "signup", "Data": {"Points": 1, **data}}


def test_an_event_is_accepted(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    guids = set()
    for name in ("signup", "SIGNUP"):
        answer = api("POST", EVENTS, event() | {"EventDefinitionKey": name})
        assert (answer.status_code, list(answer.json())) == (201, ["eventInstanceId"])
        guids.add(answer.json()["eventInstanceId"])
    assert len(guids) == 2


SPELLINGS: list[Any] = [
    {"contactKey": "ann", "eventDefinitionKey": "signup", "data": {"points": 1}},
    {"ContactKey": "ann", "eventDefinitionKey": "signup", "DATA": {"POINTS": "1"}},
    {"contactkey": "ann", "EVENTDEFINITIONKEY": "signup", "Data": {"Points": 1.0}, "EstablishContactKey": True},
    event(ContactKey="ann", Nothing={"nested": [1]}, eventInstanceId="mine"),
    event(Name=None, Total="", Day="2026-02-03", Paid="true", Mail="a@example.com", Colour=None),
]


def test_spellings_and_unknown_names(light: Api) -> None:
    light.done("POST", DEFINITIONS, definition())
    for body in SPELLINGS:
        assert light("POST", EVENTS, body).status_code == 201, body


REFUSED: list[tuple[str, Any, int, str]] = [
    ("no contact key", {"EventDefinitionKey": "signup"}, 10002, "ContactKey"),
    ("a null contact key", event() | {"ContactKey": None}, 10002, "ContactKey"),
    ("a blank contact key", event(" "), 10002, "ContactKey"),
    ("a contact key of a wrong type", event() | {"ContactKey": 5}, 10001, "ContactKey"),
    ("a long contact key", event("x" * 255), 10005, "ContactKey"),
    ("a NUL in the contact key", event("a\0"), 10003, "ContactKey"),
    ("no definition key", {"ContactKey": "ann"}, 10002, "EventDefinitionKey"),
    ("an unknown definition", event() | {"EventDefinitionKey": "none"}, 10005, "EventDefinitionKey not found"),
    ("data of a wrong type", event() | {"Data": [1]}, 10001, "Data"),
    ("no data", {"ContactKey": "ann", "EventDefinitionKey": "signup"}, 10002, "Points"),
    ("a required value missing", event() | {"Data": {"Name": "x"}}, 10002, "Points"),
    ("a required value null", event(Points=None), 10002, "Points"),
    ("a number that is none", event(Points="many"), 10001, "Points"),
    ("a fraction", event(Points=1.5), 10005, "Points"),
    ("a number too large", event(Points=2**63), 10005, "Points"),
    ("a text too long", event(Name="abcdef"), 10005, "Name"),
    ("an object for a text", event(Name={"a": 1}), 10001, "Name"),
    ("a date that is none", event(Day="31.12.2026"), 10001, "Day"),
    ("a boolean that is none", event(Paid="perhaps"), 10001, "Paid"),
    ("an address that is none", event(Mail="nobody"), 10001, "Mail"),
    ("a decimal out of range", event(Total=1e20), 10005, "Total"),
    ("another contact's key", event(ContactKey="bob"), 10005, "ContactKey"),
    ("no object", [], 10001, "object"),
]


def test_bad_events_are_refused_and_nothing_is_written(light_server: Served, light: Api) -> None:
    light.done("POST", DEFINITIONS, definition())
    for case, body, number, named in REFUSED:
        answer = light("POST", EVENTS, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, number), (case, answer.text)
        assert named in answer.json()["message"], case
    read = light_server.built.database.read
    assert read(lambda tx: [tx.one(f"SELECT count(*) FROM {table}") for table in ("contact", "inbox")]).result() == [
        (0,),
        (0,),
    ]


def test_bodies_that_are_no_json_objects(light: Api) -> None:
    for raw in (b"", b"{", b"\xff", b"[" * 5000, b'{"ContactKey": NaN}', b"null"):
        assert light.http.post(EVENTS, content=raw).status_code == 400, raw[:20]


def test_a_byte_order_mark_is_read_over(light: Api) -> None:
    light.done("POST", DEFINITIONS, definition())
    raw = b"\xef\xbb\xbf" + json.dumps(event()).encode()
    assert light.http.post(EVENTS, content=raw).status_code == 201


def test_a_change_of_the_definition_is_seen_at_once(light: Api) -> None:
    light.done("POST", DEFINITIONS, definition())
    assert light("POST", EVENTS, event()).status_code == 201
    light.done("PUT", f"{DEFINITIONS}/key:signup", {"eventDefinitionKey": "renamed"})
    assert light("POST", EVENTS, event()).status_code == 400
    assert light("POST", EVENTS, event() | {"EventDefinitionKey": "renamed"}).status_code == 201
    light.done("DELETE", f"{DEFINITIONS}/key:renamed")
    assert light("POST", EVENTS, event() | {"EventDefinitionKey": "renamed"}).status_code == 400


def test_the_row_of_a_key_moves_to_the_contact_of_the_event(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, definition(schema=None, dataExtensionId=made["id"]))
    api.done("POST", f"{ROWS}/key:orders/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "bob", "Total": 5}}])
    body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Id": "1", "Paid": True}}
    assert api("POST", EVENTS, body).status_code == 201
    api.done("POST", f"{ROWS}/key:orders/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann"}}])
    saved = api.done("PUT", f"{ROWS}/key:orders/rows/Id:1", {"values": {}})
    assert saved["values"]["Total"] == 5.0


def test_a_deleted_contact_takes_no_row_over(server: Served, api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, definition(schema=None, dataExtensionId=made["id"]))
    api.done("POST", CONTACTS, {"contactKey": "ann"})
    server.built.database.write(lambda tx: tx.run("UPDATE contact SET deleted = 1 WHERE key = 'ann'")).result()
    api.done("POST", f"{ROWS}/key:orders/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "bob"}}])
    body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Id": "1"}}
    assert api("POST", EVENTS, body).status_code == 201
    holder = server.built.database.read(
        lambda tx: tx.one("SELECT c.key FROM row r JOIN contact c ON c.lane = r.lane AND c.contact = r.contact")
    )
    assert holder.result() == ("bob",)


def stored(server: Served) -> list[tuple[str, dict[str, Any]]]:
    """Contact key and values of every row, once the engine has come to rest."""
    server.built.engine.settle().result()
    rows = server.built.database.read(
        lambda tx: tx.rows(
            f"SELECT c.key, {tx.dialect.json_out('r.data')} FROM row r"
            " JOIN contact c ON c.lane = r.lane AND c.contact = r.contact ORDER BY r.lane, r.key"
        )
    )
    return [
        (key, {name: value for name, value in json.loads(row).items() if value is not None})
        for key, row in rows.result()
    ]


def test_the_row_of_an_event_has_defaults_and_keeps_earlier_values(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    api.done("POST", EVENTS, event(Name="Ann", Day="2026-01-02", Total="1.5"))
    row = {"ContactKey": "ann", "Points": 1, "Name": "Ann", "Day": 1767312000000, "Total": 150, "Colour": "red"}
    assert stored(server) == [("ann", row)]
    api.done("POST", EVENTS, event(Points=2, Colour="blue"))
    assert stored(server) == [("ann", row | {"Points": 2, "Colour": "blue"})]


def test_events_move_the_row_of_a_key_from_contact_to_contact(server: Served, api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, definition(schema=None, dataExtensionId=made["id"]))
    for number, contact in enumerate(("ann", "bob", "cec", "ann")):
        data = {"Id": "1", **({"Total": number} if number < 2 else {})}
        api.done("POST", EVENTS, {"ContactKey": contact, "EventDefinitionKey": "signup", "Data": data})
        held = {"Id": "1", "Who": contact, "Total": min(number, 1) * 100, "Paid": 0}
        assert stored(server) == [(contact, held)]


def test_events_without_a_primary_key_are_appended(server: Served, api: Api) -> None:
    schema = {"fields": [{"name": "Who"}, {"name": "V"}], "sendableCustomObjectField": "Who"}
    api.done("POST", DEFINITIONS, definition(schema=schema))
    body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"V": "x"}}
    for _ in range(3):
        api.done("POST", EVENTS, body)
    assert stored(server) == [("ann", {"Who": "ann", "V": "x"})] * 3


def test_logging_can_be_switched_off_and_on(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    for number, disabled in enumerate((False, True, False)):
        api.done("PUT", f"{DEFINITIONS}/key:signup", {"disableDEDataLogging": disabled})
        api.done("POST", EVENTS, event(str(number)))
        server.built.engine.settle().result()
    assert sorted(contact for contact, _ in stored(server)) == ["0", "2"]


def test_an_event_without_a_contact_field_writes_its_row(api: Api) -> None:
    schema = {"fields": [{"name": "Id", "isPrimaryKey": True, "maxLength": 9}, {"name": "V", "defaultValue": "d"}]}
    made = api.done("POST", DEFINITIONS, definition(schema=schema))
    body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Id": "1"}}
    assert api("POST", EVENTS, body).status_code == 201
    saved = api.done("PUT", f"{ROWS}/key:{made['dataExtensionId']}/rows/Id:1", {"values": {}})
    assert saved == {"keys": {"Id": "1"}, "values": {"V": "d"}}


def test_disabled_logging_writes_no_row(server: Served, api: Api) -> None:
    schema = {"fields": [{"name": "Id", "isPrimaryKey": True, "maxLength": 9}]}
    api.done("POST", DEFINITIONS, definition(schema=schema, disableDEDataLogging=True))
    body = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Id": "1"}}
    assert api("POST", EVENTS, body).status_code == 201
    assert server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM row")).result() == (0,)


def test_a_reserved_name_is_the_servers(api: Api) -> None:
    fields = [*SCHEMA["fields"], {"name": "eventInstanceId", "maxLength": 36, "isNullable": False}]
    api.done("POST", DEFINITIONS, definition(schema={**SCHEMA, "fields": fields}))
    assert api("POST", EVENTS, event(eventInstanceId="x" * 99)).status_code == 201


def test_business_units_are_apart(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    other = stranger(server, api)
    assert other("POST", EVENTS, event()).json()["message"] == "EventDefinitionKey not found"
    other.http.close()
