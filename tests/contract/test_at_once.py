"""Every way in which contact data change makes goals and exits act that ask for it (issue D, 7)."""

from typing import Any

import pytest

from tests.contract.event_bodies import CONTACTS, OBJECTS, ROWS, extension
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import define_event, fire, publish, settle, wait
from tests.contract.served import Api
from tests.engine.machine import condition, criteria

pytestmark = pytest.mark.spec("7.2")

ASYNC = "/data/v1/async/dataextensions/key:account/rows"
IMPORTS = "/waystage/v1/imports"


def leaving(api: Api, key: str, **own: Any) -> None:
    """A journey that contacts leave who are lost, or are called Lost."""
    lost = criteria(
        condition("Account.State", "Equal", "lost"),
        condition("Email Demographics.Last Name", "Equal", "Lost"),
        operator="OR",
    )
    exits = [{"key": "x", "configurationArguments": {"criteria": lost}, "metaData": {"waystage": own}}]
    publish(api, [wait("W", amount=30)], key, exits=exits)


def inside(api: Api, key: str) -> int:
    settle(api)
    found: int = api.done("GET", f"{INTERACTIONS}/key:{key}")["stats"]["currentPopulation"]
    return found


def test_every_way_in(api: Api) -> None:
    define_event(api)
    account = extension("account", name="Account")
    account["fields"][2] = {"name": "State", "type": "Text", "length": 20}
    api.done("POST", OBJECTS, account)
    leaving(api, "at-once", immediate=True)
    leaving(api, "later")
    for who in ("ann", "bob", "cid", "dan", "eve", "fay"):
        fire(api, who)
    assert (inside(api, "at-once"), inside(api, "later")) == (6, 6)
    lost = {"values": [{"name": "Last Name", "value": "Lost"}]}
    sets = [{"name": "Email Demographics", "items": [lost]}]
    api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": sets})
    assert inside(api, "at-once") == 5
    api.done("POST", f"{ROWS}/key:account/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "bob", "State": "lost"}}])
    assert inside(api, "at-once") == 4
    csv = {"headers": {"content-type": "text/csv"}}
    api.done("POST", f"{IMPORTS}?target=dataExtension:account", content=b"Id,Who,State\n2,cid,lost\n", **csv)
    assert inside(api, "at-once") == 3
    names = b"ContactKey,Email Demographics.Last Name\ndan,Lost\n"
    api.done("POST", f"{IMPORTS}?target=contacts", content=names, **csv)
    assert inside(api, "at-once") == 2
    loaded = api.done("PUT", ASYNC, {"items": [{"Id": "3", "Who": "eve", "State": "lost"}]})
    while api.done("GET", f"/data/v1/async/{loaded['requestId']}/status")["status"]["requestStatus"] != "Complete":
        continue
    assert (inside(api, "at-once"), inside(api, "later")) == (1, 6)
