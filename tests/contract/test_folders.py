"""Folders of both category resources, and the lists of the older API (clients.md 5)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.served import Api, Served

EMAIL = "/email/v1/category"
CONTENT = "/asset/v1/content/categories"
LEGACY = ["messaging/deliverypolicy", "mobile/message", "mobile/code", "mobile/keyword"]


def made(api: Api, name: str, parent: int = 1) -> int:
    """The number of a new folder."""
    return int(api.done("POST", EMAIL, {"name": name, "parentCatId": parent})["categoryId"])


def test_roots_exist_by_themselves(api: Api) -> None:
    found = api.done("GET", f"{EMAIL}?$pageSize=500")
    assert found["count"] == len(found["items"]) == len({one["catType"] for one in found["items"]})
    assert {one["parentCatId"] for one in found["items"]} == {0}
    roots = {one["catType"]: one for one in found["items"]}
    assert roots["journey"] == api.done("GET", f"{EMAIL}/1")
    assert (roots["journey"]["categoryId"], roots["journey"]["name"]) == (1, "my journeys")
    assert {"dataextension", "asset", "list", "mysubs", "publication", "suppression_list"} <= roots.keys()
    (content,) = api.done("GET", CONTENT)["items"]
    assert content["id"] == roots["asset"]["categoryId"]


def test_a_path_of_folders_as_mcdev_makes_it(api: Api) -> None:
    first = api.done("POST", EMAIL, {"parentCatId": 1, "name": "my", "catType": "journey"})
    assert first == api.done("GET", f"{EMAIL}/{first['categoryId']}")
    assert first.keys() == {"categoryId", "parentCatId", "objectId", "catType", "name"}
    second = api.done("POST", EMAIL, {"ParentCatId": str(first["categoryId"]), "Name": "sub/way"})
    assert (second["catType"], second["parentCatId"]) == ("journey", first["categoryId"])
    listed = api.done("GET", f"{EMAIL}?catType=Journey&$filter=parentId gt 0")
    assert [one["name"] for one in listed["items"]] == ["my", "sub/way"]
    assert api.done("GET", f"{EMAIL}?$filter=categoryType eq 'JOURNEY'&$page=2&$pageSize=2")["items"] == [second]


def test_folders_of_assets(api: Api) -> None:
    sent = {"name": "News", "parentId": 3, "categoryType": "asset", "extendable": 1, "editable": 1, "description": "d"}
    folder = api.done("POST", CONTENT, sent)
    assert folder.keys() == {
        "id", "description", "enterpriseId", "memberId", "name", "parentId", "categoryType",
    }  # fmt: skip
    assert api.done("GET", f"{CONTENT}?$filter=parentId eq 3")["items"] == [folder]
    assert api.done("GET", f"{CONTENT}/?categoryType=journey")["items"][0]["id"] == 1
    changed = api.done("PUT", f"{CONTENT}/{folder['id']}", {"name": "Old news"})
    assert changed == folder | {"name": "Old news"} == api.done("GET", f"{CONTENT}/{folder['id']}")
    inner = api.done("POST", CONTENT, {"name": "Inner", "parentId": folder["id"]})
    moved = api.done("PUT", f"{CONTENT}/{inner['id']}", {"parentId": 3, "description": ""})
    assert (moved["parentId"], moved["name"]) == (3, "Inner")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "name"),
        ({"name": "x"}, "parentCatId"),
        ({"name": " ", "parentCatId": 1}, "name"),
        ({"name": "x" * 201, "parentCatId": 1}, "name"),
        ({"name": 5, "parentCatId": 1}, "name"),
        ({"name": "a\0", "parentCatId": 1}, "name"),
        ({"name": "x", "parentCatId": 0}, "parentCatId"),
        ({"name": "x", "parentCatId": "one"}, "parentCatId"),
        ({"name": "x", "parentCatId": 999}, "999"),
        ({"name": "x", "parentCatId": 2**53}, str(2**53)),
        ({"name": "x", "parentCatId": 1, "catType": "asset"}, "asset"),
        ({"name": "x", "parentCatId": 1, "catType": 5}, "catType"),
    ],
)
def test_bad_folders_are_refused(light: Api, body: dict[str, Any], named: str) -> None:
    answer = light("POST", EMAIL, body)
    assert answer.status_code == 400
    assert named in answer.text
    assert light.done("GET", f"{EMAIL}?catType=journey")["count"] == 1


def test_a_name_is_taken_once_in_a_folder(api: Api) -> None:
    first = made(api, "Straße")
    again = api("POST", EMAIL, {"name": "STRASSE", "parentCatId": 1})
    assert (again.status_code, again.json()["errorcode"]) == (409, 30004)
    other = made(api, "Other", first)
    assert api("PUT", f"{CONTENT}/{other}", {"parentId": 1, "name": "strasse"}).status_code == 409
    assert made(api, "Straße", first) > other


def test_roots_stay_and_no_folder_lies_in_itself(api: Api) -> None:
    outer = made(api, "outer")
    inner = made(api, "inner", outer)
    for number, body in ((1, {"name": "x"}), (outer, {"parentId": inner}), (outer, {"parentId": outer})):
        assert api("PUT", f"{CONTENT}/{number}", body).status_code == 400
    assert api("PUT", f"{CONTENT}/{outer}", {"parentId": 3}).status_code == 400
    assert api.done("GET", f"{EMAIL}/{outer}")["parentCatId"] == 1


def test_unknown_folders_and_properties(light: Api) -> None:
    for number in ("0", "16", "1001", "nothing", "9" * 30):
        assert light("GET", f"{EMAIL}/{number}").json()["message"] == "Folder not found."
        assert light("PUT", f"{CONTENT}/{number}", {"name": "x"}).status_code == 404
    assert light("GET", f"{CONTENT}?$filter=colour eq 5").status_code == 400
    assert light("GET", f"{EMAIL}?$filter=name eq").status_code == 400
    assert light.done("GET", f"{EMAIL}?catType=nothing")["items"] == []


def test_many_at_once_make_one(server: Served, api: Api) -> None:
    with ThreadPoolExecutor(4) as pool:
        codes = sorted(
            answer.status_code
            for answer in pool.map(
                lambda _: server.client()("POST", EMAIL, {"name": "one", "parentCatId": 1}), range(8)
            )
        )
    assert codes == [201] + [409] * 7
    assert [one["name"] for one in api.done("GET", f"{EMAIL}?$filter=parentId eq 1")["items"]] == ["one"]


def test_folders_are_audited(api: Api) -> None:
    number = made(api, "one")
    api.done("PUT", f"{CONTENT}/{number}", {"name": "two"})
    api.done("PUT", f"{CONTENT}/{number}", {"name": "two"})
    newest, oldest = api.done("GET", "/waystage/v1/audit?kind=folder")["items"]
    assert (newest["action"], newest["id"], newest["details"]["name"]) == ("Modify", str(number), "two")
    assert (oldest["action"], oldest["id"], oldest["details"]["name"]) == ("Create", str(number), "one")
    assert newest["key"] == oldest["key"]


def test_a_journey_lies_where_its_body_says(light: Api) -> None:
    number = made(light, "campaigns")
    body = {"key": "welcome", "name": "Welcome", "workflowApiVersion": 1.0, "categoryId": number}
    assert light.done("POST", "/interaction/v1/interactions", body)["categoryId"] == number
    other = light.done("POST", "/interaction/v1/interactions", {**body, "key": "other", "categoryId": None})
    assert other["categoryId"] == 1


@pytest.mark.parametrize("path", LEGACY)
def test_lists_of_the_older_api_are_empty_and_well_formed(light: Api, path: str) -> None:
    where = f"/legacy/v1/beta/{path}"
    empty = {"startIndex": 0, "itemsPerPage": 50, "totalResults": 0, "entry": []}
    assert light.done("GET", f"{where}/") == empty
    query = "view=details&version=3&$sort=lastUpdated%20DESC&$where=isTest%20eq%200&$top=50&$skip=0"
    assert light.done("GET", f"{where}/?{query}") == empty
    assert light.done("GET", f"{where}?%24TOP=7&%24SKIP=14") == empty | {"startIndex": 14, "itemsPerPage": 7}
    assert light.done("GET", f"{where}?$top=100000")["itemsPerPage"] == 500
    for wrong in ("$top=0", "$top=x", "$skip=-1", "$skip=1.5"):
        assert light("GET", f"{where}?{wrong}").status_code == 400
    assert light("GET", f"{where}/some-id").status_code == 404
