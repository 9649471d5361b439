"""What the cases name in angle brackets: each thing is made when it is first named, for one case only."""

import re
from functools import cached_property
from typing import Any

from tests.contract.conformance.bodies import (
    ASSETS,
    ASYNC,
    BATCH,
    EVENTS,
    FIELDS,
    NOBODY,
    OBJECTS,
    SCHEMA,
    E,
    I,
    event,
    extension,
    fired,
    journey,
    member,
    running,
    transactional,
)
from tests.contract.conformance.place import Place
from tests.contract.conformance.shapes import differences

POLLS = 50_000
NAME = re.compile(r"<([a-z]\w*)((?:\.\w+)*)>")

Thing = dict[str, Any]


class Stage:
    """The things of one case on one server; the words of `<word.property>` are the properties of this class."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.api = place.api
        self.address = place.address
        self.answer: Any = None

    def fill(self, value: Any) -> Any:
        """Put in what is named, down to the last property, and leave out what is `...`."""
        if isinstance(value, str):
            whole = NAME.fullmatch(value)
            return self._named(whole) if whole else NAME.sub(lambda found: str(self._named(found)), value)
        if isinstance(value, dict):
            return type(value)({self.fill(name): self.fill(each) for name, each in value.items() if each is not ...})
        if isinstance(value, list | tuple):
            return type(value)(self.fill(each) for each in value)
        return value

    def _named(self, found: re.Match[str]) -> Any:
        if not hasattr(type(self), found[1]) and found[1] not in vars(self):
            return found[0]
        value = getattr(self, found[1])
        for name in found[2].split(".")[1:]:
            value = value[int(name) if name.isdigit() else name]
        return _exact(value)

    def done(self, verb: str, path: str, body: Any = None) -> Any:
        """The body of a call that must succeed; both may name things."""
        return self.api.done(verb, self.fill(path), self.fill(body))

    def _made(self, path: str, body: Any = None) -> Thing:
        """What a POST has made."""
        made: Thing = self.done("POST", path, body)
        return made

    def until(self, path: str, shape: Any, body: Any = None) -> Any:
        """Ask again until the answer has the shape; each time is a whole call, so nothing waits."""
        self.settle()
        wrong: list[str] = []
        for _ in range(POLLS):
            found = self.done("GET" if body is None else "POST", path, body)
            if not (wrong := differences(self.fill(shape), found)):
                return found
        raise AssertionError(f"not within {POLLS} polls of {path}: {wrong}")

    def settle(self) -> None:
        """Let the server come to rest, if it is one that can be told to."""
        self.api.http.post("/waystage/v1/engine/settle", json={})

    def publish(self, made: Thing) -> Thing:
        """Publish a version; returns it as it is then."""
        started = self.done("POST", f"{I}/publishAsync/{made['id']}?versionNumber={made['version']}", {})
        self.until(started["statusUrl"], {"status": "PublishCompleted"})
        return self.version(made)

    def version(self, made: Thing) -> Thing:
        """A version as it is now."""
        found: Thing = self.done("GET", f"{I}/{made['id']}?versionNumber={made['version']}")
        return found

    def _after(self, call: str) -> Thing:
        made = self.publish(self.runnable)
        self.done("POST", f"{I}/{call}/{made['id']}?versionNumber=1", {})
        return self.version(made)

    @cached_property
    def fresh(self) -> str:
        """A key that nothing has."""
        return self.place.key()

    @cached_property
    def other(self) -> str:
        """Another one."""
        return self.place.key()

    @property
    def nobody(self) -> str:
        """A GUID of nothing."""
        return NOBODY

    @property
    def reader(self) -> str:
        """A token with the one scope of the seed."""
        return self.place.reader

    @property
    def cut(self) -> str:
        """The same without its last letter."""
        return self.place.reader[:-1]

    @property
    def bare(self) -> str:
        """A token without scopes."""
        return self.place.bare

    @cached_property
    def event(self) -> Thing:
        """An API event with a data extension of its own."""
        return self._made(E, event())

    @property
    def upper(self) -> str:
        """Its key in capitals."""
        return str(self.event["eventDefinitionKey"]).upper()

    @cached_property
    def extension(self) -> Thing:
        """A data extension."""
        return self._made(OBJECTS, extension())

    @cached_property
    def sendable(self) -> Thing:
        """A data extension with an address."""
        fields = [{"name": each["name"], "type": each["dataType"], **_keys(each)} for each in FIELDS]
        more = {name: value for name, value in SCHEMA.items() if name != "fields"}
        return self._made(OBJECTS, extension(key="<other>", fields=fields, isSendable=True, **more))

    @cached_property
    def mail(self) -> Thing:
        """An e-mail."""
        views = {"subjectline": {"content": "Thanks"}, "html": {"content": "<p>Thanks</p>"}}
        return self._made(ASSETS, {"name": "Mail <fresh>", "assetType": {"id": 208}, "views": views})

    @cached_property
    def draft(self) -> Thing:
        """A journey with nothing in it."""
        return self._made(I, journey(description="old"))

    @cached_property
    def runnable(self) -> Thing:
        """A Draft that can be published."""
        return self._made(I, running())

    @cached_property
    def published(self) -> Thing:
        """A running version."""
        return self.publish(self.runnable)

    @cached_property
    def paused(self) -> Thing:
        """A paused one."""
        return self._after("pause")

    @cached_property
    def stopped(self) -> Thing:
        """A stopped one."""
        return self._after("stop")

    @cached_property
    def redrafted(self) -> Thing:
        """The Draft of version 2 before a running version 1."""
        self.publish(self.runnable)
        return self._made(I, running())

    @cached_property
    def unpublished(self) -> Thing:
        """Version 1 of a journey whose version 2 runs."""
        self.publish(self.redrafted)
        return self.version(self.runnable)

    @cached_property
    def deleted(self) -> Thing:
        """A journey that was deleted."""
        made: Thing = self.done("POST", I, journey())
        self.done("DELETE", f"{I}/{made['id']}")
        return made

    @cached_property
    def transactional(self) -> Thing:
        """A transactional Draft."""
        return self._made(I, transactional())

    @cached_property
    def activated(self) -> Thing:
        """A transactional journey that runs."""
        self.done("POST", f"{I}/transactional/create", {"definitionId": "<transactional.id>"})
        return self.version(self.transactional)

    @cached_property
    def inside(self) -> Thing:
        """The running version, with a contact (of the key `fresh`) in its wait."""
        made = self.published
        self.done("POST", EVENTS, fired("<fresh>"))
        body = {"ContactKeyList": ["<fresh>"]}
        self.until(f"{I}/contactMembership", {"results": {"contactMemberships": ({},)}}, body)
        return self.version(made)

    @cached_property
    def job(self) -> Thing:
        """What publishAsync answered."""
        return self._made(f"{I}/publishAsync/<runnable.id>?versionNumber=1")

    @cached_property
    def check(self) -> Thing:
        """What validateAsync answered."""
        return self._made(f"{I}/validateAsync/<runnable.id>?versionNumber=1")

    @cached_property
    def batch(self) -> Thing:
        """What a batch of events was answered with, one of its three members being bad."""
        members = [member("a"), member("b", Points="x"), member("c")]
        return self._made(BATCH, {"eventDefinitionKey": "<event.eventDefinitionKey>", "members": members})

    @cached_property
    def request(self) -> Thing:
        """What asynchronous rows were answered with."""
        rows = {"items": [{"Id": "1", "Who": "ann"}]}
        return self._made(f"{ASYNC}/dataextensions/key:<extension.key>/rows", rows)


def _exact(value: Any) -> Any:
    """The value as a shape of its own: a list of exactly these rows."""
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    return tuple(map(_exact, value)) if isinstance(value, list) else value


def _keys(field: Thing) -> Thing:
    return {name: field[name] for name in ("isPrimaryKey", "isNullable") if name in field} | {"length": 100}
