"""A business unit with one of everything, every free text of which holds the word SECRET."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.contract.event_bodies import ASSETS, DEFINITIONS, EVENTS
from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import SETTLE
from tests.contract.served import Api

SECRET = "classified"
FIELDS = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Note", "dataType": "Text", "maxLength": "100"},
]


@dataclass
class Unit:
    """A business unit with one of everything; `names` are all words by which its things are called."""

    api: Api
    names: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)

    def remember(self, value: object) -> None:
        """Every id, key and link of an answer."""
        if isinstance(value, dict):
            for name, one in value.items():
                if isinstance(one, str | int) and not isinstance(one, bool) and re.search(r"(?i)(id|key|url)$", name):
                    self.names.add(str(one).rpartition("/")[2])
                self.remember(one)
        elif isinstance(value, list):
            for one in value:
                self.remember(one)

    def do(self, verb: str, path: str, body: Any = None, **more: Any) -> Any:
        made = self.api.done(verb, path, body, **more)
        self.remember(made)
        return made

    def state(self) -> list[tuple[str, int, object]]:
        """What the unit reads of its own things now."""
        found = []
        for path in self.reads:
            answer = self.api("GET", path)
            found.append((path, answer.status_code, _steady(answer.json())))
        return found


def _steady(value: object) -> object:
    """Without what changes by reading: tokens of pages and their instants."""
    if isinstance(value, dict):
        return {
            name: _steady(one)
            for name, one in value.items()
            if name not in {"requestToken", "tokenExpireDateUtc", "links"}
        }
    return [_steady(one) for one in value] if isinstance(value, list) else value


def populated(api: Api) -> Unit:
    """One of everything, every free text of it secret."""
    unit = Unit(api)
    note = f"{SECRET} note"
    schema = {"fields": FIELDS, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    event = {"type": "APIEvent", "name": f"{SECRET} event", "eventDefinitionKey": "signup", "schema": schema}
    definition = unit.do("POST", DEFINITIONS, event)
    columns = [
        {"name": "Id", "type": "Text", "length": 20, "isPrimaryKey": True},
        {"name": "Note", "type": "Text", "length": 50},
    ]
    shelf = unit.do("POST", "/data/v1/customobjects", {"name": f"{SECRET} shelf", "key": "shelf", "fields": columns})
    unit.do("POST", "/hub/v1/dataevents/key:shelf/rowset", [{"keys": {"Id": "one"}, "values": {"Note": note}}])
    unit.do("POST", "/data/v1/async/dataextensions/key:shelf/rows", {"items": [{"Id": "two", "Note": note}]})
    sets = [
        {
            "name": "Email Addresses",
            "items": [{"values": [{"name": "Email Address", "value": f"{SECRET}@example.com"}]}],
        }
    ]
    unit.do("POST", "/contacts/v1/contacts", {"contactKey": "ann", "attributeSets": sets})
    unit.do("POST", "/waystage/v1/contacts/ann/unsubscribes", {"channel": f"{SECRET} channel"})
    mail = {
        "name": f"{SECRET} mail",
        "assetType": {"id": 208},
        "legacyData": {"legacyId": 7},
        "views": {"subjectline": {"content": note}, "html": {"content": note}},
    }
    asset = unit.do("POST", ASSETS, mail)
    unit.do("POST", "/email/v1/category", {"name": f"{SECRET} journeys", "parentCatId": 1, "catType": "journey"})
    folder = unit.do("POST", "/asset/v1/content/categories", {"name": f"{SECRET} mails", "parentId": 3})
    journey = _journey(unit, "welcome", note)
    _journey(unit, "draft", note, publish=False)
    unit.do("POST", EVENTS, {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Note": note}})
    batch = {"eventDefinitionKey": "signup", "members": [{"contactKey": "bob", "data": {"Note": note}}]}
    unit.do("POST", "/interaction/v1/async/events", batch)
    unit.do("POST", "/interaction/v1/map", {"Note": note})
    unit.do("POST", SETTLE, {"timeoutSeconds": 30})
    unit.api.http.put("/waystage/v1/keys/signer", json={"secret": note, "encoding": "utf8"}).raise_for_status()
    csv = {"content": b"ContactKey\nimported\n", "headers": {"content-type": "text/csv"}}
    unit.do("POST", "/waystage/v1/imports?target=contacts", **csv)
    asked = {"journeyKey": "welcome", "seed": f"{SECRET} seed", "contacts": 1, "until": "2026-01-02T00:00:00Z"}
    simulation = f"/waystage/v1/simulations/{unit.do('POST', '/waystage/v1/simulations', asked)['id']}"
    while unit.do("GET", simulation)["status"] == "running":
        continue
    messages = unit.do("GET", "/waystage/v1/messages")
    assert messages["count"] == 2
    unit.names |= {"signup", "shelf", "welcome", "draft", "ann", "bob", "signer", "Id:one", "m", "w", "7"}
    unit.reads = [
        INTERACTIONS,
        f"{INTERACTIONS}/key:welcome?extras=all",
        f"{INTERACTIONS}/key:draft?extras=all",
        f"{INTERACTIONS}/key:welcome/audit/all",
        f"/interaction/v1/waitstatistics/{journey['id']}",
        f"{DEFINITIONS}/key:signup",
        f"/data/v1/customobjects/{shelf['id']}",
        "/data/v1/customobjectdata/key/shelf/rowset",
        f"/data/v1/customobjectdata/key/{definition['dataExtensionId']}/rowset",
        f"{ASSETS}/{asset['id']}",
        f"/asset/v1/content/categories/{folder['id']}",
        "/email/v1/category",
        "/interaction/v1/history",
        "/interaction/v1/map",
        "/waystage/v1/messages",
        "/waystage/v1/journeys/welcome/contacts/ann",
        "/waystage/v1/imports",
        simulation,
        "/waystage/v1/contacts/ann/unsubscribes",
        "/waystage/v1/keys",
        "/waystage/v1/audit",
        f"/interaction/v1/triggerstats/{definition['id']}",
    ]
    return unit


def _journey(unit: Unit, key: str, note: str, *, publish: bool = True) -> dict[str, Any]:
    mail = {"triggeredSend": {"emailId": "7", "emailSubject": note}}
    activities = [
        {
            "key": "m",
            "name": note,
            "type": "EMAILV2",
            "outcomes": [{"key": "o", "next": "w"}],
            "configurationArguments": mail,
        },
        {
            "key": "w",
            "name": note,
            "type": "WAIT",
            "outcomes": [{"key": "o"}],
            "configurationArguments": {"waitDuration": 9, "waitUnit": "DAYS"},
        },
    ]
    triggers = [{"key": "t", "name": note, "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}]
    defaults = {"email": ["{{Contact.Default.Email}}"]}
    body = minimal(key, name=note, activities=activities, triggers=triggers, defaults=defaults)
    journey: dict[str, Any] = unit.do("POST", INTERACTIONS, body)
    if publish:
        job = unit.do("POST", f"{INTERACTIONS}/publishAsync/key:{key}?versionNumber=1", {})
        while (status := unit.api.done("GET", job["statusUrl"]))["status"] == "PublishInProcess":
            pass
        assert status["status"] == "PublishCompleted", status
    return journey
