"""Finding e-mail content by its properties (contract, e-mail content; reference, assets/query)."""

from typing import Any

import pytest

from tests.contract.event_bodies import ASSETS, codes, stranger
from tests.contract.mailing import ADVANCE
from tests.contract.served import Api, Served

QUERY = f"{ASSETS}/query"


def make(api: Api, name: str, **more: Any) -> int:
    body = {"name": name, "assetType": {"id": 208}, **more}
    number: int = api.done("POST", ASSETS, body)["id"]
    return number


@pytest.fixture
def stock(api: Api) -> Api:
    """A client of a business unit with four e-mails, made an hour after each other."""
    made: list[dict[str, Any]] = [
        {"name": "EMAIL FLASHSALE Q2", "customerKey": "k1", "category": {"id": 7}, "draft": True, "rank": 1.5},
        {"name": "email flashsale Q3", "customerKey": "k2", "category": {"id": 10}, "draft": False, "rank": 20},
        {"name": "Welcome", "customerKey": "k3", "assetType": {"id": 207}, "description": "100% free"},
        {"name": "Ärger", "views": {"html": {"content": "<p>Happy new flash year sale</p>"}},
            "legacyData": {"legacyId": 77}},
    ]  # fmt: skip
    for one in made:
        make(api, **one)
        api.done("POST", ADVANCE, {"by": "PT1H"})
    return api


def simple(name: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"property": name, "simpleOperator": operator, **({} if value is None else {"value": value})}


def both(left: Any, word: str, right: Any) -> dict[str, Any]:
    return {"leftOperand": left, "logicalOperator": word, "rightOperand": right}


def found(api: Api, query: Any, **more: Any) -> str:
    """The first letters of what is found, in small letters: f(irst sale), s(econd sale), w(elcome), ä(rger)."""
    names = [item["name"] for item in api.done("POST", QUERY, {"query": query, **more})["items"]]
    letters = {"EMAIL FLASHSALE Q2": "f", "email flashsale Q3": "s", "Welcome": "w", "Ärger": "ä"}
    return "".join(letters[name] for name in names)


QUERIES: list[tuple[Any, str]] = [
    (simple("name", "equal", "welcome"), "w"),
    (simple("Name", "equals", "Welcome"), "w"),
    (simple("name", "notEqual", "Welcome"), "fsä"),
    (simple("name", "like", "flashsale"), "fs"),
    (simple("name", "like", "%Q3"), "s"),
    (simple("name", "startsWith", "EMAIL"), "fs"),
    (simple("name", "contains", "q2 welcome"), "fw"),
    (simple("content", "mustcontain", "flash sale happy new year"), "ä"),
    (simple("content", "mustcontain", "flash sale happy old year"), ""),
    (simple("name", "equal", "ärger"), ""),
    (simple("assetType.id", "equal", 207), "w"),
    (simple("assetType.name", "equal", "htmlemail"), "fsä"),
    (simple("assetType.id", "in", [207, 999]), "w"),
    ({"property": "customerKey", "simpleOperator": "in", "values": ["K1", "k2"]}, "fs"),
    (simple("category.id", "greaterThan", 7), "s"),
    (simple("category.id", "lessThanOrEqual", "10"), "fs"),
    (simple("category.id", "greaterThan", "x"), ""),
    (simple("rank", "lessThan", 3), "f"),
    (simple("draft", "equal", True), "f"),
    (simple("draft", "notEqual", "true"), "swä"),
    (simple("category.id", "isNull"), "wä"),
    (simple("category.id", "isNotNull"), "fs"),
    (simple("category", "isNotNull"), ""),
    (simple("legacyData.legacyId", "equal", 77), "ä"),
    (simple("data.email.legacy.legacyId", "equal", "77"), "ä"),
    (simple("createdDate", "greaterThan", "2026-01-01T01:00:00"), "wä"),
    (simple("description", "like", "100%"), "w"),
    (simple("no.such.thing", "equal", 1), ""),
    (both(simple("name", "like", "flash"), "AND", simple("draft", "equal", "false")), "s"),
    (both(simple("name", "like", "Q2"), "or", simple("name", "equal", "Welcome")), "fw"),
    (both(both(simple("id", "greaterThan", 0), "AND", simple("name", "like", "e")), "AND",
        simple("createdDate", "lessThan", "2026-01-01T02:30:00")), "fsw"),
]  # fmt: skip


def test_queries_find_by_property(stock: Api) -> None:
    for query, expected in QUERIES:
        assert found(stock, query) == expected, query


def test_sort_page_and_fields(stock: Api) -> None:
    every = simple("id", "greaterThan", 0)
    assert found(stock, every, sort=[{"property": "name", "direction": "DESC"}]) == "äwsf"
    assert found(stock, every, sort=[{"property": "draft"}, {"property": "name", "direction": "DESC"}]) == "äwsf"
    assert found(stock, every, sort={"property": "createdDate", "direction": "desc"}) == "äwsf"
    answer = stock.done("POST", QUERY, {"query": every, "page": {"page": 2, "pageSize": 3}, "fields": ["views.html"]})
    assert (answer["count"], answer["page"], answer["pageSize"], answer["links"]) == (4, 2, 3, {})
    (only,) = answer["items"]
    assert sorted(only) == ["assetType", "customerKey", "id", "name", "views"]
    nothing = stock.done("POST", QUERY, {"query": simple("id", "equal", 0), "page": {}})
    assert nothing == {"count": 0, "page": 1, "pageSize": 50, "links": {}, "items": []}


BAD_BODIES: list[tuple[Any, int]] = [
    ([], 10001),
    ({}, 10002),
    ({"query": 5}, 10001),
    ({"query": {}}, 10002),
    ({"query": simple("name", "resembles", "x")}, 10005),
    ({"query": simple("name", "equal")}, 10002),
    ({"query": simple("name", "equal", {"a": 1})}, 10001),
    ({"query": simple("name", "like", "a%b")}, 10003),
    ({"query": simple("name", "in", [])}, 10005),
    ({"query": simple("a..b", "equal", 1)}, 10005),
    ({"query": simple("a." * 9 + "b", "equal", 1)}, 10005),
    ({"query": simple("createdDate", "equal", "soon")}, 10003),
    ({"query": both(simple("id", "isNull"), "XOR", simple("id", "isNull"))}, 10005),
    ({"query": both(simple("id", "isNull"), "AND", None)}, 10002),
    ({"query": simple("id", "isNull"), "sort": "name"}, 10001),
    ({"query": simple("id", "isNull"), "sort": [{"property": "name", "direction": "UP"}]}, 10005),
    ({"query": simple("id", "isNull"), "sort": [{}]}, 10002),
    ({"query": simple("id", "isNull"), "fields": "id"}, 10001),
    ({"query": simple("id", "isNull"), "page": [1]}, 10001),
]


def test_bad_queries_are_refused(light: Api) -> None:
    make(light, "one")
    for body, code in BAD_BODIES:
        answer = light("POST", QUERY, body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code), body
    assert codes(light("POST", QUERY, {"query": simple("id", "isNull"), "page": {"page": 0, "pageSize": "x"}})) == [
        10005, 10001]  # fmt: skip
    deep: Any = simple("id", "isNull")
    for _ in range(48):
        deep = both(deep, "OR", simple("id", "isNull"))
    assert light("POST", QUERY, {"query": deep}).status_code == 200


LISTS: list[tuple[dict[str, str], str]] = [
    ({"$filter": "name eq 'welcome'"}, "w"),
    ({"$filter": "Name like 'flashsale'"}, "sf"),
    ({"$filter": "assetType.name=htmlemail"}, "äsf"),
    ({"$filter": "assetType.id eq 208 and category.id lt 10"}, "f"),
    ({"$orderBy": "name desc"}, "äwsf"),
    ({"$orderBy": "id"}, "fswä"),
    ({"$filter": "id gt 0", "$orderBy": "draft desc, name asc"}, "fswä"),
    ({}, "äwsf"),
]


def test_the_list_is_filtered_and_sorted(stock: Api) -> None:
    letters = {"EMAIL FLASHSALE Q2": "f", "email flashsale Q3": "s", "Welcome": "w", "Ärger": "ä"}
    for params, expected in LISTS:
        answer = stock.done("GET", ASSETS, params=params)
        assert "".join(letters[item["name"]] for item in answer["items"]) == expected, params
        assert answer["count"] == len(expected)
    (only,) = stock.done("GET", ASSETS, params={"$fields": "id,description", "$pageSize": 1, "$page": 2})["items"]
    assert (sorted(only), only["description"]) == (
        ["assetType", "customerKey", "description", "id", "name"], "100% free")  # fmt: skip


@pytest.mark.parametrize(
    ("params", "code"),
    [({"$filter": "name eq"}, 10003), ({"$orderBy": "name up"}, 10005), ({"$orderBy": "a b c"}, 10005)],
)
def test_bad_lists_are_refused(light: Api, params: dict[str, str], code: int) -> None:
    answer = light("GET", ASSETS, params=params)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code)


def test_neither_deleted_e_mails_nor_strangers_ones_are_found(server: Served, stock: Api) -> None:
    (first,) = stock.done("POST", QUERY, {"query": simple("customerKey", "equal", "k1")})["items"]
    stock.done("DELETE", f"{ASSETS}/{first['id']}")
    assert found(stock, simple("name", "like", "flash")) == "s"
    other = stranger(server, stock)
    assert found(other, simple("id", "greaterThan", 0)) == ""
    other.http.close()


@pytest.mark.parametrize("more", [{"x": "a\0b"}, {"a\0b": 1}, {"x": [{"y": "\0"}]}])
def test_a_nul_in_any_property_is_refused_so_that_queries_can_look_at_all_the_others(
    api: Api, more: dict[str, Any]
) -> None:
    assert codes(api("POST", ASSETS, {"name": "NUL", "assetType": {"id": 208}, **more})) == [10003]
    make(api, "fine")
    assert api.done("GET", ASSETS, params={"$filter": "name eq 'fine'", "$orderBy": "x"})["count"] == 1
