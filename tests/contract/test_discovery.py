"""The discovery document is the reference's, entry by entry, and every path in it is served."""

import json
import re
from pathlib import Path

from tests.contract.served import Api
from waystage.api.routes import ROUTES

SEED = json.loads((Path(__file__).parent / "discovery_seed.json").read_text(encoding="utf-8"))["methods"]


def test_the_reference_entries_come_first_and_unchanged(light: Api) -> None:
    methods = light.done("GET", "/interaction/v1/rest")["methods"]
    assert len(SEED) == 34
    assert list(methods.items())[:34] == list(SEED.items())


def test_every_listed_path_is_routed(light: Api) -> None:
    methods = light.done("GET", "/interaction/v1/rest")["methods"]
    for name, entry in methods.items():
        path = re.sub(r"{\w+}", "00000000-0000-4000-8000-000000000000", entry["path"])
        answer = light(entry["httpMethod"].upper(), f"/interaction/v1/{path}")
        body = answer.json()  # trace events come as text, lists of statuses as an array
        assert not isinstance(body, dict) or body.get("errorcode") not in {404, 405}, (name, answer.text)
        assert answer.status_code != 500, (name, answer.text)


def test_what_is_not_built_says_so_in_the_envelope(light: Api) -> None:
    rows = [row for row in ROUTES if not row.built]
    for row in rows:
        answer = light(row.verb, re.sub(r"{\w+}", "x", row.path))
        assert answer.status_code == 501
        assert answer.json()["errorcode"] == 501


def test_openapi_lists_every_row(light: Api) -> None:
    paths = light.done("GET", "/openapi.json")["paths"]
    assert {(row.path, row.verb.lower()) for row in ROUTES} == {
        (path, verb) for path, verbs in paths.items() for verb in verbs
    }
    ids = [verb["operationId"] for verbs in paths.values() for verb in verbs.values()]
    assert len(ids) == len(set(ids))


def test_pages_need_no_token_and_load_nothing_from_outside(light: Api) -> None:
    for path in ("/", "/docs"):
        page = light.http.get(path, headers={"Authorization": ""})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert not re.search(r"(src|href)=.?\w+:|<script|@import|url\(", page.text)
