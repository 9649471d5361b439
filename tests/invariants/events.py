"""Every accepted event became one decision of each journey that it starts; one without an answer at most one."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.invariants.base import SHOWN, AtRest
from waystage.ground import ids

Sent = tuple[str, str]
"""(event definition key, contact key)."""


@dataclass
class Ledger:
    """What was sent and what was answered."""

    posted: Counter[Sent] = field(default_factory=Counter)
    """How often an event of a contact was sent."""
    answered: defaultdict[Sent, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Ids of the events of a contact that were answered as accepted."""

    @property
    def accepted(self) -> int:
        """How many events were answered."""
        return sum(map(len, self.answered.values()))


@dataclass(frozen=True)
class Decisions:
    """By (journey key, contact key): the events that entered or are held, and how many were refused."""

    entered: dict[Sent, list[str]]
    refused: Counter[Sent]


def decisions(base: AtRest) -> Decisions:
    """Every entry decision; ids as the API gives them."""
    entered: defaultdict[Sent, list[str]] = defaultdict(list)
    named = "JOIN version v ON v.number = x.version JOIN journey j ON j.number = v.journey"
    whose = "JOIN contact c ON c.lane = x.lane AND c.contact = x.contact"
    for key, one, lane, event in base.rows(
        f"SELECT j.key, c.key, x.lane, x.event FROM instance x {named} {whose}"
        f" UNION ALL SELECT j.key, c.key, x.lane, x.id FROM held x {named} {whose}"
    ):
        entered[key, one].append(ids.guid_of("event", lane, event))
    refused = Counter({
        (key, one): n
        for key, one, n in base.rows(
            f"SELECT j.key, c.key, count(*) FROM remark x {named} {whose} WHERE x.instance = 0 GROUP BY j.key, c.key"
        )
    })  # fmt: skip
    return Decisions(dict(entered), refused)


def every_event_was_decided(base: AtRest, ledger: Ledger, journeys: Mapping[str, str]) -> Iterator[str]:
    """`journeys`: key of each journey that could decide from the first event on, to the event that starts it."""
    made = decisions(base)
    for journey, event in journeys.items():
        sent = {contact for started, contact in ledger.posted if started == event}
        found = {contact for of, contact in (*made.entered, *made.refused) if of == journey}
        yield from _shown(_judge(made, ledger, journey, event, contact) for contact in sorted(sent | found))


def _judge(made: Decisions, ledger: Ledger, journey: str, event: str, contact: str) -> str:
    """What is wrong with the decisions about one contact's events; nothing, mostly."""
    answered, posted = ledger.answered.get((event, contact), []), ledger.posted[event, contact]
    entered, refused = made.entered.get((journey, contact), []), made.refused[journey, contact]
    told = f"{contact} in {journey}: {posted} sent, {len(answered)} answered, {len(entered)} entered, {refused} refused"
    if len(set(entered)) < len(entered):
        return f"an event entered twice: {told}"
    if not len(answered) <= len(entered) + refused <= posted:
        return f"events were lost or doubled: {told}"
    if len(set(answered) - set(entered)) > refused:
        return f"an answered event was not decided upon, but another one: {told}"
    return ""


def every_event_is_a_row(base: AtRest, ledger: Ledger, events: Iterable[str]) -> Iterator[str]:
    """Events whose data extension has no primary key leave a row each, which bears the number of its event."""
    for event in events:
        rows: defaultdict[str, set[str]] = defaultdict(set)
        for lane, contact, key in base.rows(
            "SELECT r.lane, c.key, r.key FROM row r JOIN contact c ON c.lane = r.lane AND c.contact = r.contact"
            " JOIN event_definition d ON d.data_extension = r.extension WHERE d.key = :event", event=event,
        ):  # fmt: skip
            rows[contact].add(ids.guid_of("event", lane, int(key.removeprefix("#"))))
        sent = {contact for one, contact in ledger.posted if one == event}
        yield from _shown(_row_of(ledger, event, contact, rows[contact]) for contact in sorted(sent | rows.keys()))


def _row_of(ledger: Ledger, event: str, contact: str, rows: set[str]) -> str:
    answered, posted = set(ledger.answered.get((event, contact), ())), ledger.posted[event, contact]
    if lost := answered - rows:
        return f"{event} of {contact}: answered and not stored: {sorted(lost)}"
    if len(rows) > posted:
        return f"{event} of {contact}: {posted} sent and {len(rows)} stored"
    return ""


def _shown(found: Iterable[str]) -> Iterator[str]:
    wrong = [one for one in found if one]
    yield from wrong[:SHOWN]
    if len(wrong) > SHOWN:
        yield f"and {len(wrong) - SHOWN} more"
