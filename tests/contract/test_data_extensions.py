"""Data extensions over HTTP (contract, our resources)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.event_bodies import DEFINITIONS, OBJECTS, ROWS, codes, definition, extension, stranger
from tests.contract.served import Api, Served


def test_what_was_made_is_read_and_listed(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension(note={"kept": True}))
    assert made["note"] == {"kept": True}
    assert api.done("GET", f"{OBJECTS}/{made['id'].upper()}") == made
    assert api.done("GET", OBJECTS)["items"] == [made]
    total = made["fields"][2]
    assert (total["type"], total["length"], total["scale"], total["isNullable"]) == ("Decimal", 18, 2, True)
    assert made["fields"][3]["defaultValue"] == "false"
    assert len({field["id"] for field in made["fields"]}) == 4


def test_id_and_field_ids_can_be_given(api: Api) -> None:
    guid, field_id = "AAAAAAAA-1111-1111-1111-111111111111", "bbbbbbbb-1111-1111-1111-111111111111"
    made = api.done("POST", OBJECTS, {"id": guid, "name": "n", "fields": [{"name": "a", "id": field_id}]})
    assert (made["id"], made["key"], made["fields"][0]["id"]) == (guid.lower(), guid.lower(), field_id)
    answer = api("POST", OBJECTS, {"id": guid, "name": "m", "fields": [{"name": "a"}]})
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)


def test_names_and_keys_are_unique_in_any_letter_case(light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    for change in ({"name": "EXTENSION ORDERS"}, {"key": "ORDERS"}):
        answer = light("POST", OBJECTS, extension("new") | change)
        assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)


def test_built_in_attribute_sets_are_no_names(light: Api) -> None:
    assert light("POST", OBJECTS, extension(name="email addresses")).status_code == 409


def test_of_many_that_want_one_key_one_wins(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: api("POST", OBJECTS, extension(name=f"n{n}")), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


REFUSED: list[tuple[str, dict[str, Any], list[int]]] = [
    ("no name", {"name": ""}, [10002]),
    ("a bad id", {"id": "x"}, [10003]),
    ("no fields", {"fields": None}, [10002]),
    ("a field of a wrong shape", {"fields": [5, {"name": "Who"}]}, [10001]),
    ("sendable without a field", {"sendableCustomObjectField": ""}, [10002]),
    ("sendable by an unknown field", {"sendableCustomObjectField": "zz"}, [10005]),
    ("a bad length", {"fields": [{"name": "Who"}, {"name": "a", "length": "abc"}]}, [10005]),
]


def test_bad_bodies_are_refused(light: Api) -> None:
    for case, change, expected in REFUSED:
        assert codes(light("POST", OBJECTS, extension() | change)) == expected, case
    assert light.done("GET", OBJECTS)["count"] == 0


def test_deleting_takes_the_rows_along(server: Served, api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    api.done("POST", f"{ROWS}/{made['id']}/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann"}}])
    assert api.done("DELETE", f"{OBJECTS}/{made['id']}") == {}
    assert api("GET", f"{OBJECTS}/{made['id']}").status_code == 404
    counts = server.built.database.read(lambda tx: [tx.one(f"SELECT count(*) FROM {t}") for t in ("row", "row_key")])
    assert counts.result() == [(0,), (0,)]
    api.done("POST", OBJECTS, extension(id=made["id"]))


def test_one_that_an_event_definition_writes_into_stays(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    answer = api("DELETE", f"{OBJECTS}/{made['dataExtensionId']}")
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30001)
    api.done("DELETE", f"{DEFINITIONS}/key:signup")
    api.done("DELETE", f"{OBJECTS}/{made['dataExtensionId']}")


def test_the_list_searches_and_pages(light: Api) -> None:
    for key in ("b", "a", "cc"):
        light.done("POST", OBJECTS, extension(key))
    names = [item["name"] for item in light.done("GET", f"{OBJECTS}?$pageSize=2")["items"]]
    assert names == ["Extension a", "Extension b"]
    assert light.done("GET", f"{OBJECTS}?$search=N%20C")["count"] == 1


def test_business_units_are_apart(server: Served, api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    other = stranger(server, api)
    assert other("GET", f"{OBJECTS}/{made['id']}").status_code == 404
    assert other("DELETE", f"{OBJECTS}/{made['id']}").status_code == 404
    assert other("POST", f"{ROWS}/key:orders/rowset", []).status_code == 404
    assert other.done("POST", OBJECTS, extension(id=made["id"]))["id"] == made["id"]
    other.http.close()
