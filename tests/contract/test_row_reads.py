"""Rows of data extensions read page by page (api.md 11.5; contract 10, 37)."""

from typing import Any

import pytest

from tests.contract.event_bodies import OBJECTS, ROWS, extension, stranger
from tests.contract.served import Api, Served
from waystage.operations import read_rows

DATA = "/data/v1/customobjectdata"
ROWSET = f"{DATA}/key/things/rowset"

THINGS = {
    "name": "Things",
    "key": "things",
    "fields": [
        {"name": "Id", "type": "Text", "length": 20, "isPrimaryKey": True, "isNullable": False},
        {"name": "Points", "type": "Number"},
        {"name": "First Name", "type": "Text", "length": 50},
        {"name": "Total", "type": "Decimal", "length": 18, "scale": 2},
        {"name": "Day", "type": "Date"},
        {"name": "Paid", "type": "Boolean"},
    ],
}
VALUES: list[dict[str, Any]] = [
    {"Id": "a", "Points": 10, "First Name": "Ann", "Total": 1.5, "Day": "2026-01-02T03:04:05", "Paid": True},
    {"Id": "b", "Points": 9, "First Name": "bob", "Total": 20, "Day": "2026-01-03", "Paid": False},
    {"Id": "c", "Points": -1, "First Name": "O'Neil 100%", "Total": 0.05},
    {"Id": "d", "First Name": ""},
    {"Id": "e", "Points": 100, "First Name": "ÄRA", "Day": "2025-12-31"},
]


def fill(api: Api, values: list[dict[str, Any]], key: str = "things") -> None:
    rows = [{"keys": {}, "values": one} for one in values]
    for start in range(0, len(rows), 1000):
        api.done("POST", f"{ROWS}/key:{key}/rowset", rows[start : start + 1000])


@pytest.fixture
def things(api: Api) -> Api:
    """A client of a business unit with five rows."""
    api.done("POST", OBJECTS, THINGS)
    fill(api, VALUES)
    return api


def read(api: Api, path: str = ROWSET, **query: Any) -> Any:
    return api.done("GET", path, params={f"${name}": value for name, value in query.items()})


def ids(api: Api, **query: Any) -> str:
    """The primary keys of one page, side by side."""
    return "".join(item["keys"]["id"] for item in read(api, **query)["items"])


def test_11_5_a_page_and_its_envelope(api: Api) -> None:
    made = api.done("POST", OBJECTS, THINGS)
    fill(api, VALUES)
    found = read(api)
    assert list(found) == [
        "links", "requestToken", "tokenExpireDateUtc", "customObjectId", "customObjectKey", "pageSize", "page", "count",
        "top", "items",
    ]  # fmt: skip
    path = f"/v1/customobjectdata/token/{found['requestToken']}/rowset?$page=1"
    assert found["links"] == {"self": path}
    assert (found["customObjectId"], found["customObjectKey"]) == (made["id"], "things")
    assert (found["pageSize"], found["page"], found["count"], found["top"]) == (2500, 1, 5, 0)
    assert found["items"][0] == {
        "keys": {"id": "a"},
        "values": {"points": 10, "first name": "Ann", "total": 1.5, "day": "2026-01-02T03:04:05", "paid": True},
    }
    assert found["items"][3]["values"] == {"points": None, "first name": "", "total": None, "day": None, "paid": None}
    assert read(api, f"{DATA}/{made['id'].upper()}/rowset")["items"] == found["items"]
    assert read(api, f"{DATA}/KEY/THINGS/rowset")["items"] == found["items"]


FILTERS: list[tuple[str, str]] = [
    ("Points eq 10", "a"),
    ("points = '10'", "a"),
    ("Points eq 10.5", ""),
    ("Points gt 9", "ae"),
    ("Points ge 9 and Points lt 100", "ab"),
    ("Points gte 9 AND Points lte 10", "ab"),
    ("Points <> 10", "bcde"),
    ("Points ne null", "abce"),
    ("Points is null", "d"),
    ("Points is not null and not_a_field eq 1", "!"),
    ("Points in (10, 9)", "ab"),
    ("Points not in (10, 9)", "cde"),
    ("'First Name' eq 'Ann'", "!"),
    ("\"First Name\" eq 'ann'", "a"),
    ('[First Name] = "BOB"', "b"),
    ("[First Name] eq 'O''Neil 100%'", "c"),
    ("[First Name] eq ''", "d"),
    ("[First Name] eq 'ära'", ""),
    ("[First Name] like 'A%'", "a"),
    ("[First Name] like '%n%'", "ac"),
    ("[First Name] like '%B'", "b"),
    ("[First Name] like 'nei'", "c"),
    ("[First Name] like 'a%b'", "!"),
    ("[First Name] gt 'ann'", "bce"),
    ("Total eq 1.50", "a"),
    ("Total gt 0.049", "abc"),
    ("Total lt '1,5'", "!"),
    ("Total eq 1e999999", "!"),
    ("Points gt nan", "!"),
    ("Points lt 99999999999999999999", "!"),
    ("Points gt 9223372036854775807", "!"),
    ("Day eq '2026-01-02'", "a"),
    ("Day ge '2026-01-02T03:04:06'", "b"),
    ("Day lt 1/1/2026", "e"),
    ("Paid eq true", "a"),
    ("Paid ne true", "bcde"),
    ("Paid eq maybe", "!"),
    ("Points eq 10 or Points eq 9 and Total gt 100", "a"),
    ("(Points eq 10 or Points eq 9) and Total gt 2", "b"),
    ("Points eq abc", "!"),
    ("Points", "!"),
    ("Points eq", "!"),
    ("(Points eq 1", "!"),
    ("Points eq 1)", "!"),
    ("Points eq 1 2", "!"),
    ("Points between 1 and 2", "!"),
    ("Points in ()", "!"),
    ("eq eq eq", "!"),
    ("Id eq 'x' or 1=1 --", "!"),
    ("(" * 30 + "Id eq 'a'" + ")" * 30, "!"),
    (" or ".join(["Id eq 'a'"] * 201), "!"),
    (" or ".join(["Id eq 'a'"] * 200), "a"),
    ("", "abcde"),
    ("   ", "abcde"),
]


def test_11_5_filters_are_typed_by_the_field(things: Api) -> None:
    for text, expected in FILTERS:
        answer = things("GET", ROWSET, params={"$filter": text})
        if expected == "!":
            body = answer.json()
            assert (answer.status_code, body["errorcode"] in {10003, 10005}) == (400, True), text
            assert body["message"].startswith("$filter: "), body
        else:
            assert answer.status_code == 200, (text, answer.text)
            found = "".join(item["keys"]["id"] for item in answer.json()["items"])
            assert (found, answer.json()["count"]) == (expected, len(expected)), text


def test_11_5_a_filter_names_the_place_of_its_fault(light: Api) -> None:
    light.done("POST", OBJECTS, THINGS)
    message = light("GET", ROWSET, params={"$filter": "Points eq 1 and Id like"}).json()["message"]
    assert message == "$filter: character 24: a value was expected, not the end."


def test_11_5_order_fields_and_top(things: Api) -> None:
    assert ids(things, orderBy="Points") == "dcbae"
    assert ids(things, orderBy="Points DESC") == "eabcd"
    assert ids(things, orderBy="[First Name] asc") == "dabce"
    assert ids(things, orderBy="Paid desc, Points asc") == "abdce"
    assert ids(things, top=2) == "ab"
    assert (read(things, top=2)["count"], read(things, top=2)["top"]) == (2, 2)
    assert ids(things, top=3, pageSize=2, page=2) == "c"
    assert ids(things, top=3, pageSize=2, page=3) == ""
    found = read(things, fields="points,ID", top=1)["items"]
    assert found == [{"keys": {"id": "a"}, "values": {"points": 10}}]
    assert read(things, fields="First Name", top=1)["items"] == [{"keys": {}, "values": {"first name": "Ann"}}]


BAD_QUERIES: list[tuple[str, str, int]] = [
    ("$orderBy", "Nope", 10005),
    ("$orderBy", "Points sideways", 10005),
    ("$orderBy", ",".join(["Points"] * 11), 10005),
    ("$fields", "Id,Nope", 10005),
    ("$top", "0", 10001),
    ("$top", "x", 10001),
    ("$page", "0", 10001),
    ("$pageSize", "-1", 10001),
]


@pytest.mark.parametrize(("name", "value", "code"), BAD_QUERIES)
def test_11_5_bad_parameters_are_refused(light: Api, name: str, value: str, code: int) -> None:
    light.done("POST", OBJECTS, THINGS)
    answer = light("GET", ROWSET, params={name: value})
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code)
    assert name in answer.json()["message"]


def walked(api: Api, **query: Any) -> list[str]:
    """The primary keys of every page, by the links."""
    page = read(api, **query)
    found = [item["keys"]["id"] for item in page["items"]]
    for number in range(2, 100):
        if "next" not in page["links"]:
            return found
        page = api.done("GET", f"/data{page['links']['next']}")
        assert (page["page"], page["pageSize"]) == (number, query["pageSize"])
        found += [item["keys"]["id"] for item in page["items"]]
    raise AssertionError("no end")


def test_11_5_links_lead_through_every_page(api: Api) -> None:
    api.done("POST", OBJECTS, THINGS)
    fill(api, [{"Id": f"k{n:03}", "Points": n % 7} for n in range(100)])
    assert walked(api, pageSize=30) == [f"k{n:03}" for n in range(100)]
    assert walked(api, pageSize=50, filter="Points eq 3") == [f"k{n:03}" for n in range(100) if n % 7 == 3]
    assert walked(api, pageSize=25, top=60, orderBy="Id desc") == [f"k{n:03}" for n in range(99, 39, -1)]
    assert read(api, pageSize=100)["links"].get("next") is None
    assert read(api, pageSize=9999)["pageSize"] == 2500


def test_11_5_many_rows_are_read_as_they_lie(server: Served, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_rows, "MOST_SORTED", 50)
    api.done("POST", OBJECTS, THINGS)
    api.done("POST", OBJECTS, extension())
    fill(api, [{"Id": f"k{n:03}", "Points": n % 7} for n in range(300)])
    fill(api, [{"Id": f"o{n}", "Who": f"c{n % 20}"} for n in range(200)], "orders")
    every = walked(api, pageSize=70)
    assert sorted(every) == [f"k{n:03}" for n in range(300)]
    assert sorted(walked(api, pageSize=60, filter="Points le 3")) == [f"k{n:03}" for n in range(300) if n % 7 <= 3]
    for page in range(1, 6):
        assert [item["keys"]["id"] for item in read(api, pageSize=70, page=page)["items"]] == (
            every[(page - 1) * 70 : page * 70]
        )
    first = read(api, pageSize=70)
    last = api.done("GET", f"{DATA}/token/{first['requestToken']}/rowset?$page=4")
    assert [item["keys"]["id"] for item in last["items"]] == every[210:280]
    assert api.done("GET", f"{DATA}/token/{first['requestToken']}/rowset?$page=9")["items"] == []
    orders = read(api, f"{DATA}/key/orders/rowset", pageSize=150)
    rest = api.done("GET", f"/data{orders['links']['next']}")
    assert sorted(item["keys"]["id"] for item in orders["items"] + rest["items"]) == sorted(f"o{n}" for n in range(200))


def test_11_5_rows_that_come_meanwhile_move_no_page(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_rows, "MOST_SORTED", 0)
    api.done("POST", OBJECTS, THINGS)
    fill(api, [{"Id": f"k{n:03}"} for n in range(100)])
    first = read(api, pageSize=50)
    seen = {item["keys"]["id"] for item in first["items"]}
    fill(api, [{"Id": f"a{n:03}"} for n in range(100)])
    second = {item["keys"]["id"] for item in api.done("GET", f"/data{first['links']['next']}")["items"]}
    assert not seen & second
    assert {key for key in seen | second if key.startswith("k")} >= seen


def test_11_5_an_expired_token_or_a_strangers_is_not_found(server: Served, things: Api) -> None:
    token = read(things)["requestToken"]
    path = f"{DATA}/token/{token}/rowset"
    assert things.done("GET", f"{DATA}/token/{token.upper()}/rowset")["count"] == 5
    other = stranger(server, things)
    for client, wanted in ((other, path), (things, f"{DATA}/token/nothing/rowset")):
        answer = client("GET", wanted)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    assert other("GET", ROWSET).status_code == 404
    other.http.close()
    server.built.database.write(lambda tx: tx.run("UPDATE row_token SET expires = 1")).result()
    assert things("GET", path).status_code == 404
    read(things)
    left = server.built.database.read(lambda tx: tx.one("SELECT count(*) FROM row_token")).result()
    assert left == (1,)


def test_11_5_a_deleted_data_extension_has_no_rows(things: Api) -> None:
    found = read(things)
    things.done("DELETE", f"{OBJECTS}/{found['customObjectId']}")
    assert things("GET", f"{DATA}/token/{found['requestToken']}/rowset").status_code == 404
    assert things("GET", ROWSET).status_code == 404


def test_11_5_no_rows(light: Api) -> None:
    light.done("POST", OBJECTS, THINGS)
    found = read(light, page=3)
    assert (found["count"], found["items"], list(found["links"])) == (0, [], ["self"])


def test_11_5_reading_needs_its_scope(light_server: Served) -> None:
    narrow = light_server.client(scope="data_extensions_write")
    assert narrow("GET", ROWSET).status_code == 403
    narrow.http.close()
