"""Rows of data extensions over HTTP (api.md 11.5): all of a request or none, errors by row and field."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.event_bodies import OBJECTS, ROWS, codes, extension
from tests.contract.served import Api, Served

ROWSET = f"{ROWS}/key:orders/rowset"


def entry(key: str, **values: Any) -> dict[str, Any]:
    return {"keys": {"Id": key}, "values": values}


def row(api: Api, key: str) -> dict[str, Any]:
    """What is stored under a key; an empty update changes nothing."""
    values: dict[str, Any] = api.done("PUT", f"{ROWS}/key:orders/rows/Id:{key}", {"values": {}})["values"]
    return values


def test_a_rowset_is_written_and_answered_as_it_came(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    sent = [entry("1", Who="ann", Total="12.345"), entry("2", who="bob", PAID=True)]
    assert api.done("POST", f"{ROWS}/key:ORDERS/rowset", sent) == sent
    assert row(api, "1") == {"Who": "ann", "Total": 12.35, "Paid": False}
    assert row(api, "2") == {"Who": "bob", "Total": None, "Paid": True}


def test_an_update_keeps_what_it_leaves_out(api: Api) -> None:
    made = api.done("POST", OBJECTS, extension())
    path = f"{ROWS}/{made['id']}/rowset"
    api.done("POST", path, [entry("1", Who="ann", Total=1, Paid=True)])
    api.done("POST", path, [entry("1", Total=2)])
    assert row(api, "1") == {"Who": "ann", "Total": 2.0, "Paid": True}
    api.done("POST", path, [entry("1", Who="bob", Total=None)])
    assert row(api, "1") == {"Who": "bob", "Total": None, "Paid": True}


def test_a_key_twice_in_one_set_ends_as_one_row(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    api.done("POST", ROWSET, [entry("1", Who="ann", Total=1), entry("1", Total=2), entry("1", Paid="yes")])
    assert row(api, "1") == {"Who": "ann", "Total": 2.0, "Paid": True}


def test_all_or_nothing_with_row_and_field_named(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    answer = api("POST", ROWSET, [entry("1", Who="ann"), entry("2", Who="bob", Total="x", Nope=1), entry("", Who="c")])
    assert codes(answer) == [10001, 10005]
    messages = [item["message"] for item in answer.json()["validationErrors"]]
    assert messages[0].startswith("[1].values.Total:")
    assert "[1].values.Nope" in messages[1]
    assert codes(api("PUT", f"{ROWS}/key:orders/rows/Id:1", {"values": {}})) == [10002]


def test_required_values_count_for_new_rows_only(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    assert codes(api("POST", ROWSET, [entry("1", Who="ann"), entry("2", Total=1)])) == [10002]
    assert codes(api("POST", ROWSET, [{"keys": {}, "values": {"Who": "ann"}}])) == [10002]
    assert codes(api("POST", ROWSET, [entry("1", Who=None)])) == [10002]


BAD_SETS: list[Any] = [{}, "x", {"items": []}, [5], [{"keys": 5}], [{"keys": {"Id": ["a"]}, "values": {}}], [{}]]


def test_rowsets_of_a_wrong_shape(light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    for body in BAD_SETS:
        assert light("POST", ROWSET, body).status_code == 400, body


CONVERSIONS: list[tuple[str, Any, Any]] = [
    ("Total", "1e2", 100.0),
    ("Total", 0.005, 0.01),
    ("Total", "9999999999999999.99", "9999999999999999.99"),
    ("Total", "", None),
    ("Paid", "No", False),
    ("Paid", 1, True),
    ("Who", "ÄÖ\u2028🎉", "ÄÖ\u2028🎉"),
    ("Who", "x" * 50, "x" * 50),
]


def test_values_are_converted(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    for name, value, expected in CONVERSIONS:
        api.done("POST", ROWSET, [entry("1", **{"Who": "ann", name: value})])
        assert row(api, "1")[name] == expected


BAD_VALUES: list[tuple[str, Any]] = [
    ("Total", "1,5"), ("Total", True), ("Total", {}), ("Total", "99999999999999999"), ("Paid", "maybe"), ("Paid", 2),
    ("Who", "x" * 51), ("Who", "a\0b"), ("Who", ""), ("Who", {"a": 1}),
]  # fmt: skip


def test_bad_values_are_refused(light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    for name, value in BAD_VALUES:
        assert len(codes(light("POST", ROWSET, [entry("1", **{"Who": "ann", name: value})]))) == 1, (name, value)


def test_a_row_is_named_by_several_keys_and_odd_values(api: Api) -> None:
    fields = [
        {"name": "A", "type": "Text", "length": 50, "isPrimaryKey": True},
        {"name": "B C", "type": "Number", "isPrimaryKey": True},
        {"name": "V", "type": "Text"},
    ]
    api.done("POST", OBJECTS, {"name": "two", "key": "two", "fields": fields})
    saved = api.done("PUT", f"{ROWS}/key:two/rows/A:x,y:z%2F,B%20C:7", {"values": {"v": "1"}})
    assert saved == {"keys": {"A": "x,y:z/", "B C": 7}, "values": {"V": "1"}}
    assert api("PUT", f"{ROWS}/key:two/rows/A:x", {"values": {}}).status_code == 400
    assert api("PUT", f"{ROWS}/key:two/rows/V:x", {"values": {}}).status_code == 400
    assert api("PUT", f"{ROWS}/key:two/rows/A:x,B%20C:nine", {"values": {}}).status_code == 400
    contradiction = api("PUT", f"{ROWS}/key:two/rows/A:x,B%20C:1", {"values": {"A": "y"}})
    assert codes(contradiction) == [10005]


def test_rows_without_a_primary_key_are_appended(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, {"name": "log", "key": "log", "fields": [{"name": "V", "type": "Text"}]})
    for _ in range(2):
        api.done("POST", f"{ROWS}/key:log/rowset", [{"values": {"V": "a"}}, {"values": {"V": "a"}}])
    assert server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM row")).result() == (4,)
    assert api("PUT", f"{ROWS}/key:log/rows/V:a", {"values": {}}).status_code == 400


def test_many_writers_of_the_same_rows_leave_one_each(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())

    def write(number: int) -> int:
        rows = [entry(str(n), Who=f"c{(n + number) % 5}", Total=number) for n in range(20)]
        return api("POST", ROWSET, rows).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(16))) == {200}
    assert server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM row")).result() == (20,)


def test_unknown_data_extensions(light: Api) -> None:
    assert light("POST", f"{ROWS}/key:none/rowset", []).status_code == 404
    assert light("PUT", f"{ROWS}/key:none/rows/a:1", {"values": {}}).status_code == 404
