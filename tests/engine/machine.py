"""The real engine in this process, on a database and a virtual clock of its own, without HTTP."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from waystage.engine.plans import Plans
from waystage.engine.retention import FOR_EVER, Keep
from waystage.engine.running.loop import Advanced, Engine
from waystage.engine.running.timekeeping import clock_for
from waystage.ground import ids
from waystage.ground.clock import VirtualClock, real_now
from waystage.ground.ids import InboxNumbers
from waystage.ground.settings import ClockChoice
from waystage.installed import installed_kinds
from waystage.operations import (
    define_data_extension,
    define_event,
    fire_event,
    pause_version,
    publish_version,
    run_job,
    save_contacts,
    save_version,
    stop_version,
)
from waystage.operations.row_events import RowEvents
from waystage.operations.save_version import Author
from waystage.plan import answers
from waystage.plan.plans import Plan
from waystage.store import calls, inbox, jobs, plans, statistics, trace
from waystage.store.calls import Answered, PendingCall
from waystage.store.database import Database
from waystage.store.inbox import InboxRow
from waystage.store.migrate import migrate
from waystage.store.sql import Row, Tx, lane_numbers
from waystage.store.versions import Selector

T = TypeVar("T")

ACCOUNT = 1
#: 2026-01-01T00:00:00Z
START = 1_767_225_600_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

FIELDS: list[dict[str, Any]] = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "EmailAddress", "dataType": "EmailAddress"},
    {"name": "FirstName", "dataType": "Text", "maxLength": "50"},
    {"name": "Score", "dataType": "Number"},
    {"name": "Tier", "dataType": "Text", "maxLength": "20"},
    {"name": "Total", "dataType": "Decimal", "maxLength": "18,2"},
    {"name": "Day", "dataType": "Date"},
    {"name": "Paid", "dataType": "Boolean"},
    {"name": "Colour", "dataType": "Text", "maxLength": "10", "isNullable": False, "defaultValue": "red"},
]


def schema(fields: Iterable[Mapping[str, Any]] = FIELDS, holder: str = "ContactKey") -> dict[str, Any]:
    """A schema whose field `holder` has the contact key."""
    return {
        "fields": list(fields),
        "sendableCustomObjectField": holder,
        "sendableSubscriberField": "_SubscriberKey",
    }


def _read(tx: Tx, call: PendingCall, body: str) -> Answered:
    form = plans.call_form(tx, call.form)
    assert form is not None
    meaning = answers.read(form, body.encode())
    status = "" if not meaning.said else "Failed" if meaning.chosen == answers.FAILED else "Warning"
    return Answered(call, meaning.chosen, meaning.outputs, status, meaning.said)


class Machine:
    """One database with an engine; use it as a context."""

    def __init__(
        self,
        url: str,
        *,
        lanes: int = 3,
        limit: int | None = None,
        offset: int = 0,
        kind: type[Database] = Database,
        keep: Keep = FOR_EVER,
    ) -> None:
        self.url = url
        self.offset = offset
        self.database = kind(url)
        migrate(self.database, lanes)
        self.numbers = InboxNumbers(real_now)
        self.limit = limit
        self.keep = keep
        self.engine = self._engine()

    def _engine(self) -> Engine:
        clock = clock_for(self.database, ClockChoice("virtual", start=START))
        assert isinstance(clock, VirtualClock)
        self.clock = clock
        self.plans = Plans(installed_kinds(), self.offset, numbers=self.numbers)
        engine = Engine(self.database, clock, self.plans, self.keep)
        engine.pace.fixed = self.limit
        return engine

    def __enter__(self) -> Self:
        self.engine.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self.engine.stop()
        self.database.close()

    def restart(self) -> None:
        """Another engine on the same database."""
        self.engine.stop()
        self.engine = self._engine()
        self.engine.start()

    def write(self, job: Callable[[Tx], T]) -> T:
        return self.database.write(job).result()

    def read(self, job: Callable[[Tx], T]) -> T:
        return self.database.read(job).result()

    def rows(self, text: str, **values: int | str) -> list[Row]:
        return self.read(lambda tx: tx.rows(text, **values))

    def answer(self, contact: str, body: str) -> None:
        """Answer the calls of a contact that wait for it, as their service would with status 200."""
        self.write(lambda tx: self._finish(tx, self._answers(tx, contact, body)))
        self.engine.notify()
        self.settle()

    def _finish(self, tx: Tx, found: list[Answered]) -> None:
        calls.finish(tx, found, self.numbers.take(len(found)))

    def _answers(self, tx: Tx, contact: str, body: str) -> list[Answered]:
        found = [
            call
            for lane in lane_numbers(tx)
            for site in calls.sites(tx, lane)
            for call in calls.load(tx, lane, site, 0, 2**62, 1_000)
            if call.contact_key == contact
        ]
        return [_read(tx, call, body) for call in found]

    def number(self, text: str, **values: int | str) -> int:
        """The one number that a query gives."""
        ((found,),) = self.rows(text, **values)
        return int(found)

    # -- definitions --------------------------------------------------------------------------------------------

    def define_event(self, key: str = "signup", fields: dict[str, Any] | None = None, **more: Any) -> str:
        """Store an event definition; returns the GUID of its data extension."""
        body = {"type": "APIEvent", "name": f"Event {key}", "eventDefinitionKey": key, **more}
        if "dataExtensionId" not in more:
            body["schema"] = fields or schema()
        made = self.write(lambda tx: define_event.create(tx, ACCOUNT, 1, body, now=self.clock.now()))
        return made.definition.document.get("dataExtensionId") or self._extension_of(key)

    def _extension_of(self, key: str) -> str:
        ((guid,),) = self.rows(
            "SELECT d.guid FROM event_definition e JOIN data_extension d ON d.number = e.data_extension"
            " WHERE e.key = :key",
            key=key,
        )
        return str(guid)

    def define_extension(self, name: str, fields: list[dict[str, Any]], holder: str | None) -> str:
        """Store a data extension under its name as key; returns its GUID."""
        body: dict[str, Any] = {"name": name, "key": name, "fields": fields}
        if holder is not None:
            body |= {
                "isSendable": True,
                "sendableCustomObjectField": holder,
                "sendableSubscriberField": "_SubscriberKey",
            }
        made = self.write(lambda tx: define_data_extension.create(tx, ACCOUNT, body, START))
        return made.guid

    def extension_number(self, guid: str) -> int:
        return self.number("SELECT number FROM data_extension WHERE guid = :guid", guid=guid)

    def save_contact(self, key: str, sets: Mapping[str, list[Mapping[str, Any]]]) -> None:
        """Store attribute sets of a contact: name to items."""
        body = {
            "contactKey": key,
            "attributeSets": [
                {
                    "name": name,
                    "items": [{"values": [{"name": n, "value": v} for n, v in item.items()]} for item in items],
                }
                for name, items in sets.items()
            ],
        }
        now, events = self.clock.now(), RowEvents(self.numbers)
        self.write(lambda tx: save_contacts.create(tx, ACCOUNT, body, events, now=now, offset=self.offset))

    def save_journey(self, document: Mapping[str, Any]) -> int:
        """Store a version; returns its number."""
        author = Author(ACCOUNT, 1)
        return self.write(lambda tx: save_version.create(tx, author, dict(document), self.clock.now())).number

    def publish(self, document: Mapping[str, Any]) -> int:
        """Store and publish a version that must have no error; returns its number."""
        number = self.save_journey(document)
        findings = self.publish_stored(document["key"], number)
        assert not [one for one in findings if one["errorType"] == "Error"], findings
        return number

    def publish_stored(self, key: str, number: int) -> list[dict[str, Any]]:
        """Run a publish job on a stored version; returns what it found."""
        version = self.number("SELECT version FROM version WHERE number = :number", number=number)
        selector = Selector("key", key)
        job = self.write(lambda tx: publish_version.request_publish(tx, ACCOUNT, selector, version, self.clock.now()))
        compiler = Plans(self.plans.kinds, self.offset)
        self.write(lambda tx: run_job.run(tx, compiler, self.numbers, job, self.clock.now()))
        self.engine.notify()
        ended = self.read(lambda tx: jobs.find(tx, job))
        assert ended is not None
        return ended.findings

    def stop(self, key: str, version: int | None = None) -> int:
        """Stop a journey; returns how many were ejected. The engine is not told yet."""
        return self.write(
            lambda tx: stop_version.stop(tx, ACCOUNT, Selector("key", key), version, self.numbers, self.clock.now())
        )

    def plan(self, version: int) -> Plan:
        """The plan that the engine runs."""
        return self.engine.ask(lambda: self.plans._versions[version].plan).result()

    # -- events and time ----------------------------------------------------------------------------------------

    def accept(self, events: Iterable[tuple[str, Mapping[str, Any]]], key: str = "signup") -> list[InboxRow]:
        """Append events (contact key, data) to the inbox in one commit, without telling the engine."""
        form = self.read(lambda tx: fire_event.find_form(tx, ACCOUNT, key, self.offset))
        accepted = [fire_event.accept(form, contact, data) for contact, data in events]
        numbers = self.numbers.take(len(accepted))
        rows = [InboxRow(number, *event) for number, event in zip(numbers, accepted, strict=True)]

        def append(tx: Tx) -> None:
            for event in accepted if form.placed_first else []:
                fire_event.place_row(tx, form, event, self.clock.now())
            inbox.append(tx, rows)

        self.write(append)
        return rows

    def fire(self, events: Iterable[tuple[str, Mapping[str, Any]]], key: str = "signup") -> list[InboxRow]:
        """Append events and let the engine come to rest."""
        rows = self.accept(events, key)
        self.settle()
        return rows

    def settle(self) -> None:
        self.engine.notify()
        self.engine.settle().result()

    def advance(self, by: int = 0, *, to: int | None = None) -> Advanced:
        """Move the clock by or to an instant in ms, due instant by due instant."""
        return self.engine.advance(self.clock.now() + by if to is None else to).result()

    # -- what came of it ----------------------------------------------------------------------------------------

    def lane_of(self, contact: str) -> int:
        return self.read(lambda tx: ids.lane_of(ACCOUNT, contact, tx.lanes))

    def passages(self, contact: str) -> list[tuple[int, int, int]]:
        """(lane, instance, event) of every passage of a contact."""
        rows = self.rows(
            "SELECT i.lane, i.instance, i.event FROM instance i"
            " JOIN contact c ON c.lane = i.lane AND c.contact = i.contact WHERE c.key = :key ORDER BY i.instance",
            key=contact,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def hops(self, lane: int, instance: int) -> list[Row]:
        """(hop, at, visits, seat, due, ended) of a passage."""
        found = self.read(lambda tx: trace.hops_of(tx, lane, instance))
        return [
            (hop, at, tuple(tuple(step) for step in msgspec.json.decode(steps)), seat, due, ended)
            for hop, at, _, seat, due, steps, ended in found
        ]

    def trail(self, contact: str) -> list[tuple[int, int]]:
        """Every (activity, outcome) that the contact passed, over all its passages."""
        return [
            visit
            for lane, instance, _ in self.passages(contact)
            for hop in self.hops(lane, instance)
            for visit in hop[2]
        ]

    def totals(self, version: int) -> dict[str, int]:
        return self.read(lambda tx: statistics.totals(tx, version))

    def counters(self) -> Counter[tuple[int, int, str]]:
        """Every counter summed over the lanes."""
        rows = self.rows("SELECT version, activity, name, sum(n) FROM counter GROUP BY version, activity, name")
        return Counter({(version, activity, name): int(n) for version, activity, name, n in rows if n})

    def seats(self, version: int) -> dict[int, int]:
        """Seat to activity, those of people who were released included."""
        return {one.number: one.activity for one in self.read(lambda tx: plans.seats(tx, version))}

    def seat_of(self, version: int, activity: int, role: int, extended: int) -> int:
        """The seat that took who came to an activity after so many extended pauses."""
        found = [
            one
            for one in self.read(lambda tx: plans.seats(tx, version))
            if (one.activity, one.role) == (activity, role)
        ]
        return found[min(extended, len(found) - 1)].number

    def pause(self, key: str = "welcome", version: int | None = None, **wishes: Any) -> None:
        """Pause a journey; `wishes` as the body of the call says them. The engine has obeyed."""
        asked = pause_version.read(wishes)
        selector = Selector("key", key)
        now = self.clock.now()
        self.write(lambda tx: pause_version.pause(tx, ACCOUNT, selector, version, asked, self.numbers, now))
        self.settle()

    def resume(self, key: str = "welcome", version: int | None = None) -> None:
        """Let a paused journey go on, and come to rest."""
        selector = Selector("key", key)
        now = self.clock.now()
        self.write(lambda tx: pause_version.resume(tx, ACCOUNT, selector, version, self.numbers, now))
        self.settle()

    def remarks(self, status: str | None = None) -> list[Row]:
        """(contact key or None, instance, activity, status, at)."""
        rows = self.rows(
            "SELECT c.key, r.instance, r.activity, r.status, r.at, r.message FROM remark r"
            " LEFT JOIN contact c ON c.lane = r.lane AND c.contact = r.contact ORDER BY r.lane, r.seq"
        )
        return [row for row in rows if status in (None, row[3])]


def journey(
    activities: list[dict[str, Any]], *, key: str = "welcome", event: str = "signup", **more: Any
) -> dict[str, Any]:
    """A journey document on an API event."""
    trigger = {
        "key": "TRIGGER",
        "name": "TRIGGER",
        "type": "APIEvent",
        "outcomes": [],
        "arguments": {},
        "configurationArguments": {},
        "metaData": {"eventDefinitionKey": event},
        **more.pop("trigger", {}),
    }
    return {
        "key": key,
        "name": f"Journey {key}",
        "workflowApiVersion": 1.0,
        "entryMode": "MultipleEntries",
        "triggers": [trigger],
        "activities": activities,
        **more,
    }


def activity(key: str, type_: str, *nexts: str | None, **more: Any) -> dict[str, Any]:
    """An activity with one plain outcome per next; `outcomes` replaces them."""
    outcomes = [
        {"key": f"{key}-{place}"} | ({"next": following} if following else {}) for place, following in enumerate(nexts)
    ]
    return {"key": key, "name": key, "type": type_, "outcomes": outcomes, **more}


def wait(key: str, following: str | None, amount: int = 1, unit: str = "DAYS") -> dict[str, Any]:
    """A wait by duration."""
    return activity(key, "WAIT", following, configurationArguments={"waitDuration": amount, "waitUnit": unit})


def email(key: str, following: str | None = None, subject: str = "Hello") -> dict[str, Any]:
    """A message without stored content."""
    settings = {"triggeredSend": {"emailSubject": subject}}
    return activity(key, "EMAILV2", following, configurationArguments=settings)


def split(key: str, *shares: tuple[int, str | None]) -> dict[str, Any]:
    """A random split: (percentage, next) of each path."""
    outcomes = [
        {"key": f"branchResult-{place}", "arguments": {"percentage": str(share)}} | ({"next": ahead} if ahead else {})
        for place, (share, ahead) in enumerate(shares, start=1)
    ]
    return {"key": key, "name": key, "type": "RANDOMSPLIT", "outcomes": outcomes}


def decision(key: str, paths: list[tuple[str, str | None]], remainder: str | None = None) -> dict[str, Any]:
    """A decision split: (criteria, next) of each path, and the next of the remainder."""
    outcomes = [{"key": f"path-{place}"} | ({"next": ahead} if ahead else {}) for place, (_, ahead) in enumerate(paths)]
    outcomes.append({"key": "remainder_path"} | ({"next": remainder} if remainder else {}))
    criteria = {f"path-{place}": text for place, (text, _) in enumerate(paths)}
    return {
        "key": key,
        "name": key,
        "type": "MULTICRITERIADECISION",
        "outcomes": outcomes,
        "configurationArguments": {"criteria": criteria},
    }


def update(key: str, following: str | None, *fields: tuple[str, str, Any]) -> dict[str, Any]:
    """An update: (data extension id or key, field, value) of each change."""
    changes = [{"dataExtensionId": extension, "field": name, "value": value} for extension, name, value in fields]
    arguments = {"activityData": {"updateContactFields": changes}}
    return activity(key, "UPDATECONTACTDATA", following, arguments=arguments)


def condition(key: str, operator: str, *values: str, related: str | None = None, ephemeral: bool | None = None) -> str:
    """One condition as XML; journey data by its first name unless said otherwise."""
    is_ephemeral = key.startswith(("Event.", "Interaction.")) if ephemeral is None else ephemeral
    flag = ' IsEphemeralAttribute="true"' if is_ephemeral else ""
    texts = "".join(f"<Value><![CDATA[{value}]]></Value>" for value in values)
    inner = f'<AttributePath RelationshipID="{related}">{texts}</AttributePath>' if related else texts
    return f'<Condition{flag} Key="{key}" Operator="{operator}">{inner}</Condition>'


def criteria(*parts: str, operator: str = "AND") -> str:
    """A whole filter."""
    return f"<FilterDefinition>{group(*parts, operator=operator)}</FilterDefinition>"


def group(*parts: str, operator: str = "AND") -> str:
    """A set of conditions."""
    return (
        f'<ConditionSet Operator="{operator}" ConditionSetName="Individual Filter Grouping">{"".join(parts)}'
        "</ConditionSet>"
    )
