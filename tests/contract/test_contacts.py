"""Contacts over HTTP (api.md 11.6, contract 10, 18, 39)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.event_bodies import CONTACTS, OBJECTS, ROWS, codes, extension, stranger
from tests.contract.served import Api, Served
from waystage.store import contacts


def attribute_set(name: str, **values: Any) -> dict[str, Any]:
    pairs = [{"name": field.replace("_", " "), "value": value} for field, value in values.items()]
    return {"name": name, "items": [{"values": pairs}]}


def stored(server: Served, key: str) -> contacts.Attributes | None:
    found = server.built.database.read(lambda tx: contacts.find(tx, 1, [key])).result().get(key)
    return None if found is None else found.attributes


def test_create_then_change(server: Served, api: Api) -> None:
    sets = [attribute_set("Email Addresses", Email_Address="ann@example.com", HTML_Enabled=True)]
    made = api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    assert (made["operationStatus"], made["isNewContactKey"], made["hasErrors"]) == ("OK", True, False)
    assert (made["contactKey"], made["rowsAffected"], made["resultMessages"]) == ("ann", 2, [])
    sets = [attribute_set("email demographics", First_Name="Änn")]
    changed = api.done("PATCH", CONTACTS, {"contactID": made["contactId"], "attributeSets": sets})
    assert (changed["contactKey"], changed["isNewContactKey"]) == ("ann", False)
    assert stored(server, "ann") == {
        "Email Addresses": {"Email Address": "ann@example.com", "HTML Enabled": 1},
        "Email Demographics": {"First Name": "Änn"},
    }
    again = api.done("POST", CONTACTS, {"contactKey": "ann"})
    assert (again["contactId"], again["isNewContactKey"]) == (made["contactId"], False)


def test_keys_are_case_sensitive(api: Api) -> None:
    first, second = (api.done("POST", CONTACTS, {"ContactKey": key}) for key in ("ann", "Ann"))
    assert second["isNewContactKey"] is True
    assert first["contactId"] != second["contactId"]


def test_a_data_extension_is_an_attribute_set(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    sets = [attribute_set("extension ORDERS", id="7", total=3)]
    assert api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})["rowsAffected"] == 2
    saved = api.done("PUT", f"{ROWS}/key:orders/rows/Id:7", {"values": {}})
    assert saved["values"] == {"Who": "ann", "Total": 3.0, "Paid": False}


def test_what_is_unknown_is_named_and_nothing_is_written(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    api.done("POST", OBJECTS, {"name": "Plain", "fields": [{"name": "a"}]})
    sets = [
        attribute_set("Nope", a=1),
        attribute_set("Plain", a=1),
        attribute_set("Email Addresses", Other="x", Email_Address="no address"),
        attribute_set("Extension orders", Id="1", Who="bob"),
        {"name": "Email Demographics", "items": [{"values": []}, {"values": []}]},
        5,
        {"name": "Email Addresses", "items": [{"values": [5, {"name": 5}]}]},
        {"name": "Email Addresses", "items": [5]},
    ]
    answer = api("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    assert codes(answer) == [10005, 10005, 10005, 10001, 10005, 10005, 10001, 10001, 10001, 10001]
    assert "'Nope'" in answer.json()["validationErrors"][0]["message"]
    assert "'Other'" in answer.json()["validationErrors"][2]["message"]
    assert stored(server, "ann") is None


def test_a_row_that_cannot_be_stored_takes_the_contact_back(server: Served, api: Api) -> None:
    fields = [*extension()["fields"], {"name": "Must", "type": "Text", "isNullable": False}]
    api.done("POST", OBJECTS, extension(fields=fields))
    sets = [attribute_set("Extension orders", Id="1")]
    assert codes(api("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})) == [10002]
    assert stored(server, "ann") is None


BAD_BODIES: list[Any] = [
    {}, {"contactKey": ""}, {"contactKey": 5}, {"contactKey": "x" * 255}, {"contactKey": "a\0"}, {"contactID": "x"},
    {"contactKey": "a", "attributeSets": {}}, [],
]  # fmt: skip


def test_bad_bodies(light: Api) -> None:
    for body in BAD_BODIES:
        for verb in ("POST", "PATCH"):
            assert light(verb, CONTACTS, body).status_code == 400, body


def test_change_of_an_unknown_contact(light: Api) -> None:
    for body in ({"contactKey": "nobody"}, {"contactID": 123456}):
        answer = light("PATCH", CONTACTS, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)


def test_a_deleted_contact_is_unknown_until_it_is_made_anew(server: Served, api: Api) -> None:
    sets = [attribute_set("Email Demographics", City="Rom")]
    made = api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    server.built.database.write(lambda tx: tx.run("UPDATE contact SET deleted = 1")).result()
    assert api("PATCH", CONTACTS, {"contactKey": "ann"}).status_code == 404
    again = api.done("POST", CONTACTS, {"contactID": made["contactId"]})
    assert (again["contactKey"], again["isNewContactKey"]) == ("ann", True)
    assert stored(server, "ann") == {}
    assert api("PATCH", CONTACTS, {"contactKey": "ann"}).status_code == 200


def test_many_at_once_make_one_contact(server: Served, api: Api) -> None:
    def save(number: int) -> dict[str, Any]:
        sets = [attribute_set("Email Demographics", **{("City", "State", "Company")[number % 3]: f"v{number % 3}"})]
        answer: dict[str, Any] = api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, range(24)))
    assert len({answer["contactId"] for answer in answers}) == 1
    assert sum(answer["isNewContactKey"] for answer in answers) == 1
    assert stored(server, "ann") == {"Email Demographics": {"City": "v0", "State": "v1", "Company": "v2"}}


def test_business_units_are_apart(server: Served, api: Api) -> None:
    made = api.done("POST", CONTACTS, {"contactKey": "ann"})
    other = stranger(server, api)
    assert other("PATCH", CONTACTS, {"contactKey": "ann"}).status_code == 404
    assert other("PATCH", CONTACTS, {"contactID": made["contactId"]}).status_code == 404
    assert other.done("POST", CONTACTS, {"contactKey": "ann"})["isNewContactKey"] is True
    other.http.close()
