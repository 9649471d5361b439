"""E-mail content over HTTP (contract, e-mail content)."""

from typing import Any

import pytest

from tests.contract.event_bodies import ASSETS, codes, stranger
from tests.contract.served import Api, Served
from waystage.store import assets


def email(**more: Any) -> dict[str, Any]:
    views = {"subjectline": {"content": "Hi %%FirstName%%"}, "html": {"content": "<b>ä</b>"}, "text": {"content": "t"}}
    return {"name": "Welcome", "assetType": {"id": 208, "name": "htmlemail"}, "views": views, **more}


def test_what_was_made_is_read_and_listed(api: Api) -> None:
    body = email(
        own={"x": [1]}, views={**email()["views"], "preheader": {"content": "p"}}, legacyData={"legacyKey": "k"}
    )
    made = api.done("POST", ASSETS, body)
    assert made["own"] == {"x": [1]}
    assert made["views"] == body["views"]
    assert made["legacyData"] == {"legacyKey": "k", "legacyId": 1}
    assert api.done("GET", f"{ASSETS}/{made['id']}") == made
    assert api.done("GET", ASSETS) == {"count": 1, "page": 1, "pageSize": 50, "links": {}, "items": [made]}


@pytest.mark.parametrize(
    "kind", [{"id": 207}, {"name": "TemplateBasedEmail"}, {"id": 207, "name": "templatebasedemail"}]
)
def test_a_type_is_named_by_number_or_word(light: Api, kind: dict[str, Any]) -> None:
    made = light.done("POST", ASSETS, email(assetType=kind))
    assert made["assetType"] == {"id": 207, "name": "templatebasedemail"}


def test_legacy_ids_are_given_or_generated(api: Api) -> None:
    def made(**more: Any) -> int:
        number: int = api.done("POST", ASSETS, email(**more))["legacyData"]["legacyId"]
        return number

    assert made(legacyData={"legacyId": 500}) == 500
    assert made() == 501
    assert made(legacyData={"legacyId": "7"}) == 7
    answer = api("POST", ASSETS, email(legacyData={"legacyId": 7}))
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)


def test_every_save_makes_a_content_version_that_stays(server: Served, api: Api) -> None:
    made = api.done("POST", ASSETS, email())
    saved = api.done("PUT", f"{ASSETS}/{made['id']}", {"views": {"html": {"content": "<i>new</i>"}}})
    assert (saved["name"], saved["legacyData"]) == (made["name"], made["legacyData"])
    api.done("DELETE", f"{ASSETS}/{made['id']}")
    found = server.built.database.read(lambda tx: [assets.content(tx, 1, number) for number in (1, 2)]).result()
    assert found == [
        assets.Content(1, "Hi %%FirstName%%", "<b>ä</b>", "t"),
        assets.Content(2, "", "<i>new</i>", ""),
    ]


REFUSED: list[tuple[str, dict[str, Any], list[int]]] = [
    ("no name", {"name": " "}, [10002]),
    ("a long name", {"name": "x" * 201}, [10005]),
    ("no type", {"assetType": None}, [10002]),
    ("an empty type", {"assetType": {}}, [10002]),
    ("another type", {"assetType": {"id": 8}}, [10005]),
    ("a type that contradicts itself", {"assetType": {"id": 208, "name": "templatebasedemail"}}, [10005]),
    ("a legacy id of a wrong type", {"legacyData": {"legacyId": True}}, [10001]),
    ("a legacy id out of range", {"legacyData": {"legacyId": 2**40}}, [10005]),
    ("views of a wrong type", {"views": []}, [10001]),
    ("a view of a wrong type", {"views": {"html": "x"}}, [10001]),
    ("content of a wrong type", {"views": {"text": {"content": 5}}}, [10001]),
    ("a NUL in the subject", {"views": {"subjectline": {"content": "a\0b"}}}, [10003]),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_bad_bodies_are_refused(light: Api, change: dict[str, Any], expected: list[int]) -> None:
    assert codes(light("POST", ASSETS, email() | change)) == expected
    made = light.done("POST", ASSETS, email())
    assert light.done("GET", ASSETS)["count"] == 1
    if change.get("assetType", True) is not None:
        assert codes(light("PUT", f"{ASSETS}/{made['id']}", change)) == expected


def test_a_taken_customer_key_and_a_fixed_legacy_id(light: Api) -> None:
    light.done("POST", ASSETS, email(customerKey="mail"))
    assert light("POST", ASSETS, email(customerKey="MAIL")).status_code == 409
    other = light.done("POST", ASSETS, email(customerKey="other"))
    assert light("PUT", f"{ASSETS}/{other['id']}", {"customerKey": "Mail"}).status_code == 409
    assert light("PUT", f"{ASSETS}/{other['id']}", {"legacyData": {"legacyId": 99}}).status_code == 400
    assert light("PUT", f"{ASSETS}/{other['id']}", other).status_code == 200


@pytest.mark.parametrize("number", ["77", "0", "x", "-1", "9" * 30, "1.5"])
def test_unknown_assets(light: Api, number: str) -> None:
    for verb in ("GET", "PUT", "DELETE"):
        answer = light(verb, f"{ASSETS}/{number}", {} if verb == "PUT" else None)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)


def test_deleting_frees_key_and_legacy_id(light: Api) -> None:
    made = light.done("POST", ASSETS, email(customerKey="mail", legacyData={"legacyId": 5}))
    assert light.done("DELETE", f"{ASSETS}/{made['id']}") == {}
    assert light("GET", f"{ASSETS}/{made['id']}").status_code == 404
    assert light.done("POST", ASSETS, email(customerKey="mail", legacyData={"legacyId": 5}))["id"] != made["id"]


def test_business_units_are_apart(server: Served, api: Api) -> None:
    made = api.done("POST", ASSETS, email(legacyData={"legacyId": 5}, customerKey="k"))
    other = stranger(server, api)
    assert other("GET", f"{ASSETS}/{made['id']}").status_code == 404
    assert other.done("GET", ASSETS)["count"] == 0
    other.done("POST", ASSETS, email(legacyData={"legacyId": 5}, customerKey="k"))
    other.http.close()
