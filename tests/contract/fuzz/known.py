"""What a server under fuzzing really has: ids, keys and words by the places in which they stand.

Requests that are made up name nothing that exists. So most of them are given names from here, which are learned from
what the server answers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from tests.contract.conformance.place import Place
from tests.contract.conformance.stage import Stage
from tests.contract.served import CLIENT_ID, CLIENT_SECRET

Choose = Callable[[int], int]
#: So many of each are remembered: the newest, for the older ones are stopped or gone.
MOST = 40

#: What the id and the key in a path belong to, by the last of its words that says so.
OWNERS = {
    "publishStatus": "job", "validateStatus": "job", "interactions": "journey", "goalstatistics": "journey",
    "waitstatistics": "journey", "journeys": "journey", "eventDefinitions": "event", "triggerTest": "event",
    "triggerstats": "event", "assets": "asset", "customobjects": "extension", "dataevents": "extension",
    "customobjectdata": "extension", "dataextensions": "extension", "imports": "import", "async": "request",
    "messages": "message", "engagements": "message", "categories": "folder", "category": "folder",
}  # fmt: skip
#: Names that mean the same wherever they stand, in any letter case.
PLACES = {
    "contactkey": "contact", "contactid": "contact.id", "activitykey": "activity", "row": "row", "token": "token",
    "customerkey": "signing", "clientid": "client", "automationid": "automation", "definitionid": "version",
    "eventdefinitionid": "event.id", "eventdefinitionkey": "event.key", "definitionkey": "journey.key",
    "journeykey": "journey.key", "dataextensionid": "extension.id", "versionnumber": "number", "version": "number",
    "eventinstanceid": "fired", "requestid": "", "outcomekey": "outcome", "target": "target",
    "transactional": "transactional", "client_id": "client_id", "client_secret": "client_secret",
    "by": "duration", "to": "date", "start": "date", "end": "date", "startdate": "date", "enddate": "date",
    "categoryid": "folder.id", "parentcatid": "folder.id", "parentid": "folder.id",
    "$page": "number", "$pagesize": "number", "$filter": "", "$orderby": "", "$fields": "",
    "status": "status", "query": "search", "id": "", "key": "",
}  # fmt: skip
FIXED: dict[str, list[Any]] = {
    "number": [1, 2, "1"],
    "activity": ["WAIT-1", "EMAIL"],
    "outcome": ["on"],
    "row": ["Id:1", "Id:2", "id:a,b"],
    "duration": ["PT1H", "P1D", "PT0S", "P2DT1M"],
    "date": ["2026-01-02T00:00:00Z", "2026-01-01T12:00:00.5", "2026-01-08T00:00:00+02:00", "0001-01-01T00:00:00"],
    "extension.$filter": ["Id eq '1'", "Points gt 1 or (Who like 'a%' and Id ne '2')", "Id in ('1', '2')"],
    "extension.$orderby": ["Id", "Points desc, Id asc"],
    "extension.$fields": ["Id", "Who,Points"],
    "asset.$filter": ["name like '%a%'", "legacyData.legacyId gt 1 or rank is null", "createdDate lt '2030-01-01'"],
    "asset.$orderby": ["name DESC", "modifiedDate asc, id", "views.html.content"],
    "asset.$fields": ["name,views.html", "legacyData"],
    "folder.$filter": ["parentId eq 1", "name like '%a%' or catType ne 'journey'"],
    "journey.$orderby": ["Name ASC", "Performance", "TransactionTime ASC"],
    ".$orderby": ["TransactionTime asc", "modifiedDate DESC"],
    "status": ["Published", "Draft,Paused", "captured", "Complete"],
    "search": ["contactKey:ann", "status:Complete AND ActivityType:WAIT", 'NOT contactKey:a* OR message:"x y"'],
    "signing": ["default", "mine"],
    "automation": ["5d1d1c2e-0000-4000-8000-000000000001"],
    "token": [], "client": ["gone"], "client_id": [CLIENT_ID], "client_secret": [CLIENT_SECRET],
}  # fmt: skip
I = "/interaction/v1/interactions"  # noqa: E741 (as in the route table)
#: Where the things of a stage are read.
READ = {
    **dict.fromkeys(("draft", "runnable", "published", "paused", "stopped", "redrafted", "inside", "transactional",
        "activated", "job"), I),
    "event": "/interaction/v1/eventDefinitions", "extension": "/data/v1/customobjects",
    "sendable": "/data/v1/customobjects", "request": "/data/v1/async", "batch": "/data/v1/async",
    "mail": "/asset/v1/content/assets",
}  # fmt: skip
#: What is made for a scene; what they need is made with them.
SCENE = ("draft", "published", "published", "published", "paused", "paused", "stopped", "redrafted", "inside",
    "transactional", "activated", "job", "request", "batch")  # fmt: skip
#: What fields are filled with.
VALUES: list[Any] = [
    "ann@example.com",
    "",
    None,
    1,
    -1,
    2**63,
    0.1,
    1e300,
    True,
    "2026-02-30",
    "12.5",
    "x" * 300,
    "a\0b",
    "é😀",
    [],
    {},
]


class Known:
    """The names by place, and whole bodies that the server gave."""

    def __init__(self) -> None:
        self._names: defaultdict[str, list[Any]] = defaultdict(list, {name: list(each) for name, each in FIXED.items()})
        self.journeys: list[dict[str, Any]] = []

    def stage(self, place: Place) -> None:
        """Make journeys in every state, events, rows and e-mails, each on a stage of its own, and learn their names."""
        for name in SCENE:
            stage = Stage(place)
            getattr(stage, name)
            if name == "activated":
                self._write(stage)
            for made, thing in vars(stage).items():
                if made in READ:
                    self.learn(READ[made], thing)
            self._keep("contact", stage.fresh)
        self.learn("/waystage/v1/messages", place.api.done("GET", "/waystage/v1/messages"))

    def _write(self, stage: Stage) -> None:
        """Have a message sent, which people can open."""
        data = {"Points": 1, "Mail": "ann@example.com"}
        stage.done(
            "POST", "/interaction/v1/events", {"ContactKey": "<fresh>", "EventDefinitionKey": "<fresh>", "Data": data}
        )
        stage.done("POST", "/waystage/v1/engine/settle", {})

    def learn(self, path: str, answer: Any) -> None:
        """Keep the names of an answer's objects."""
        owner = owner_of(path)
        for item in answer.get("items") or [answer] if isinstance(answer, dict) else ():
            if not isinstance(item, dict):
                continue
            for name, value in item.items():
                place = self.place(owner, name)
                if place and place not in FIXED and isinstance(value, str | int) and value != "":
                    self._keep(place, value)
            if owner == "journey" and "modifiedDate" in item:
                self.journeys = [*self.journeys[-MOST:], item]
            self._others(path, owner, item)
            self._targets(owner, item)

    def _others(self, path: str, owner: str, item: Mapping[str, Any]) -> None:
        """Names that stand elsewhere than where they are asked for."""
        if item.get("definitionType") == "Transactional":
            self._keep("transactional", item["id"])
        if "requestId" in item and owner != "message":
            self._keep("request.requestid", item["requestId"])
        if "triggerTest" in path and "status" in item:
            self._keep("tested", item["eventDefinitionId"])
        if "requestToken" in item:
            self._keep("token", item["requestToken"])
        if "statusId" in item:
            self._keep("job.id", item["statusId"])

    def _targets(self, owner: str, item: Mapping[str, Any]) -> None:
        for kind, by, name in (("extension", "dataExtension", "key"), ("event", "event", "eventDefinitionKey")):
            if owner == kind and name in item:
                self._keep("target", f"{by}:{item[name]}")
        self._keep("target", "contacts")

    def _keep(self, place: str, value: Any) -> None:
        names = self._names[place]
        if value not in names:
            names.append(value)
            del names[:-MOST]

    def place(self, owner: str, name: str) -> str:
        """What stands under this name."""
        known = PLACES.get(name.lower())
        return f"{owner}.{name.lower()}" if known == "" else known or ""

    def name(self, owner: str, name: str, choose: Choose) -> Any:
        """A name that exists for this place; None if none is known."""
        names = self._names.get(self.place(owner, name)) or ()
        return names[choose(len(names))] if names else None

    def path(self, path: str, given: dict[str, Any], choose: Choose) -> dict[str, Any]:
        """The parameters of a path, with names that exist."""
        owner = owner_of(path)
        found = {name: self.name(owner, name, choose) for name in given}
        if "triggerTest" in path and self._names["tested"] and choose(2):
            found = dict.fromkeys(given, self._names["tested"][-1])
        return {name: given[name] if value is None else quote(str(value), safe="") for name, value in found.items()}

    def query(self, path: str, given: dict[str, Any], all_names: Iterable[str], choose: Choose) -> dict[str, Any]:
        """The parameters of a query, most of them with names that exist, and some more."""
        owner = owner_of(path)
        more = {name for name in all_names if not choose(3)}
        found = {name: self.name(owner, name, choose) for name in sorted(more | given.keys()) if choose(3)}
        return given | {name: value for name, value in found.items() if value is not None}

    def body(self, path: str, given: Any, choose: Choose, depth: int = 4) -> Any:
        """A body with names that exist, wherever they are known."""
        if isinstance(given, list):
            return [self.body(path, one, choose, depth - 1) for one in given] if depth else given
        if not isinstance(given, dict):
            return given
        return {name: self._member(path, name, value, choose, depth) for name, value in given.items()}

    def journey(self, choose: Choose) -> dict[str, Any]:
        """What an update must say of a journey that exists."""
        stored = self.journeys[choose(len(self.journeys))]
        names = ("id", "key", "name", "workflowApiVersion", "version", "modifiedDate")
        return {name: stored[name] for name in names if name in stored}

    def _member(self, path: str, name: str, value: Any, choose: Choose, depth: int) -> Any:
        if name.lower() in {"data", "keys", "values"} and isinstance(value, dict):
            of_event = path.startswith("/interaction")
            fields = ("Points", "ContactKey", "Name", "Day", "Mail") if of_event else ("Id", "Who", "Points")
            drawn = {field: VALUES[choose(len(VALUES))] for field in fields if not choose(4)}
            return ({"Points": 1} if of_event else {"Id": "1", "Who": "ann"}) | drawn
        if name in {"ContactKeyList", "values", "contactKeys"} and isinstance(value, list):
            return [self.name("", "contactKey", choose) if isinstance(one, str) else one for one in value]
        if name == "definitionId" and "transactional" in path:
            return self.name("", "transactional", choose)
        known = self.name(owner_of(path), name, choose) if isinstance(value, str | int) and choose(4) else None
        return self.body(path, value, choose, depth - 1) if known is None and depth else known if depth else value


def owner_of(path: str) -> str:
    """What the ids of a path belong to."""
    return next((OWNERS[word] for word in reversed(path.split("/")) if word in OWNERS), "")
