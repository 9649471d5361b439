"""The five moves, carried out for one contact at a time: what the engine does with sets must come to the same.

Plain dictionaries and one loop; it knows plans and shares only, neither the store nor the engine.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from waystage.ground import ids
from waystage.plan import blackouts
from waystage.plan import expressions as e
from waystage.plan.effects import Call, Effect
from waystage.plan.moves import (
    At,
    Emit,
    Fixed,
    Leave,
    Move,
    Park,
    Reply,
    Route,
    Span,
    Until,
    Verdict,
    Within,
    Write,
    park_of,
)
from waystage.plan.plans import EntryMode, Plan, PlannedActivity
from waystage.spec import moments, zones

Stored = int | str | None
Row = dict[str, Stored]

_SMALL = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass
class Contact:
    """One contact's data: built-in sets, and rows by data extension and key."""

    key: str
    is_deleted: bool = False
    sets: dict[str, Row] = field(default_factory=dict)
    rows: dict[int, dict[str, Row]] = field(default_factory=dict)
    unsubscribed: set[tuple[str, int]] = field(default_factory=set)
    """(channel, list) that it wants nothing from."""


@dataclass(frozen=True)
class Hop:
    """One hop: when, what was passed, then either where it rests until when or why it ended."""

    number: int
    at: int
    visits: tuple[tuple[int, int], ...]
    rests: int | None
    due: int | None
    ended: str


@dataclass(frozen=True)
class Sent:
    """One effect: the key (hop, activity), when, and the address with the bound values."""

    hop: int
    activity: int
    at: int
    parameters: tuple[Stored, ...]
    skipped: int
    """The state of a message that is not sent, or 0."""


@dataclass(frozen=True)
class Fact:
    """What somebody did with the message that an activity sent in a hop."""

    hop: int
    activity: int
    kind: str
    link: str = ""


@dataclass
class Passage:
    """One instance."""

    number: int
    event: Row
    outputs: dict[int, dict[str, Stored]] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    engaged: list[Fact] = field(default_factory=list)
    warned: list[int] = field(default_factory=list)
    """Activities that noted a warning."""
    heard: dict[int, Row] = field(default_factory=dict)
    """The newest event of each definition that released it."""
    released: int | None = None
    """When an event has ended the rest that it is still in."""
    seat: int = 0
    shift: int = 0
    """By how much pauses have moved the end of the rest that it is in."""
    met_goal: tuple[int, int] | None = None
    """When, and at which activity it waited."""

    @property
    def is_inside(self) -> bool:
        return not self.hops[-1].ended

    @property
    def due(self) -> int:
        if self.released is not None:
            return self.released
        due = self.hops[-1].due
        assert due is not None
        return due + self.shift


@dataclass(frozen=True)
class Event:
    """One accepted event: its id, its definition, the values given, and the key of the row that it writes."""

    id: int
    definition: int
    given: Mapping[str, Stored]
    row_key: str


@dataclass(frozen=True)
class Definition:
    """Where the rows of an event definition go, and what a new one starts with at an instant."""

    extension: int
    defaults: Callable[[int], Row]


@dataclass(frozen=True)
class Pause:
    """How the version is paused."""

    since: int
    extend: bool = False
    retain: bool = False
    hears: bool = True


@dataclass
class Interpreter:
    """One contact in one journey. `number_of` gives the instance number that an event has in the store.

    `seat_of` gives the seat of (activity, role, how many pauses were extended before): equal instants run by (due,
    seat, instance).
    """

    plan: Plan
    published: int
    lane: int
    contact: Contact
    definitions: Mapping[int, Definition]
    number_of: Callable[[int], int]
    seat_of: Callable[[int, int, int], int]
    passages: list[Passage] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    now: int = 0
    pause: Pause | None = None
    held: list[tuple[Event, Row]] = field(default_factory=list)
    extended: int = 0
    swept: int = 0
    written: bool = False
    """Whether a journey has changed contact data since they were looked at."""

    def events(self, events: list[Event], now: int) -> None:
        """Events that are accepted at one instant, in order; then whatever is due."""
        self.now = now
        for event in events:
            self._event(event)
        for event in events:
            self._look_at_once(self.number_of(event.id))
        self._look_if_written()
        self.advance(now)

    def advance(self, until: int) -> None:
        """Let time pass, from due instant to due instant; at equal ones the goal is looked at before others go on."""
        while self.pause is None:
            inside = [one for one in self.passages if one.is_inside]
            first = min(inside, key=lambda one: (one.due, one.seat, one.number), default=None)
            sweep = self._next_sweep()
            if inside and self.plan.goal is not None and sweep <= until and (first is None or sweep <= first.due):
                self.now, self.swept = max(self.now, sweep), sweep
                for passage in inside:
                    if passage.hops[-1].at < sweep:
                        self._look_for_the_goal(passage)
            elif first is not None and first.due <= until:
                self.now = max(self.now, first.due)
                self._wake(first)
                self._look_if_written()
            else:
                break
        self.now = until

    def begin_pause(self, pause: Pause) -> None:
        """Nobody moves and nobody enters from now on."""
        self.pause = pause

    def end_pause(self, now: int) -> None:
        """Whoever is due goes on, then those enter whose events were kept."""
        pause, self.pause, self.now = self.pause, None, now
        assert pause is not None
        self.swept = max(self.swept, now - 1)
        if pause.extend and now > pause.since:
            self.extended += 1
            for passage in self.passages:
                if passage.is_inside and passage.released is None and self._is_span(passage.hops[-1].rests or 0):
                    passage.shift += now - pause.since
        self.advance(now)
        held, self.held = self.held, []
        for event, row in held:
            self._enter(event, row)
            self._look_if_written()
            self.advance(now)

    def _is_span(self, activity: int) -> bool:
        park = park_of(self.plan.activity(activity).step)
        return park is not None and isinstance(park.until, Span)

    # -- goals ---------------------------------------------------------------------------------------------------

    def _next_sweep(self) -> int:
        day = 24 * 3_600_000
        after = max(self.published, self.swept)
        return self.published + ((after - self.published) // day + 1) * day

    def _look_for_the_goal(self, passage: Passage) -> bool:
        """Count it once; whether the passage has ended by it."""
        goal = self.plan.goal
        if goal is None or not self.holds(goal.condition, passage):
            return False
        if passage.met_goal is None:
            passage.met_goal = self.now, passage.hops[-1].rests or 0
        if goal.ends:
            self._note(passage, [], ended="MetGoal")
        return goal.ends

    def _look_if_written(self) -> None:
        written, self.written = self.written, False
        if written:
            self._look_at_once()

    def _look_at_once(self, newcomer: int | None = None) -> None:
        """Contact data have changed: whoever waits, but for whom the event has just let in, may leave at once."""
        for passage in self.passages if self.pause is None else []:
            if passage.is_inside and passage.due > self.now and passage.number != newcomer:
                goal, leaving = self.plan.goal, self.plan.exit_at_once
                over = goal is not None and goal.immediate and self._look_for_the_goal(passage)
                if not over and leaving is not None and self.holds(leaving, passage):
                    self._note(passage, [], ended="MetExitCriteria")

    def _wake(self, passage: Passage) -> None:
        if self._look_for_the_goal(passage):
            return
        if self.plan.exit is not None and self.holds(self.plan.exit, passage):
            self._note(passage, [], ended="MetExitCriteria")
            return
        self._hop(passage, passage.hops[-1].rests or 0, woken=True)

    # -- entry --------------------------------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        definition = self.definitions[event.definition]
        rows = self.contact.rows.setdefault(definition.extension, {})
        row = {**rows.get(event.row_key, definition.defaults(self.now)), **event.given}
        if not self.contact.is_deleted:
            rows[event.row_key] = row
            self._hear(event.definition, row)
        if event.definition != self.plan.entry.event_definition:
            return
        if self.pause is None:
            self._enter(event, row)
        elif self.pause.retain:
            self.held.append((event, row))
        else:
            self.refusals.append((self.now, "InteractionNotPublished"))

    def _hear(self, definition: int, row: Row) -> None:
        for passage in self.passages:
            if not passage.is_inside or passage.released is not None or (self.pause and not self.pause.hears):
                continue
            park = park_of(self.plan.activity(passage.hops[-1].rests or 0).step)
            if park is None or park.hears is None or park.hears.definition != definition:
                continue
            alive = self.pause.since if self.pause and self.pause.extend else self.now
            hearing = replace(passage, heard={**passage.heard, definition: row})
            if passage.due >= alive and self.holds(park.hears.condition, hearing):
                passage.heard[definition] = dict(row)
                passage.released = self.now
                passage.seat = self.seat_of(passage.hops[-1].rests or 0, 1, 0)

    def _enter(self, event: Event, row: Row) -> None:
        refusal = self._refusal(row)
        if refusal:
            self.refusals.append((self.now, refusal))
            return
        passage = Passage(self.number_of(event.id), dict(row))
        self.passages.append(passage)
        self._hop(passage, self.plan.start, woken=False)

    def _refusal(self, row: Row) -> str:
        if self.contact.is_deleted:
            return "ContactIsDeleted"
        candidate = Passage(0, row)
        if not self.holds(self.plan.entry.condition, candidate):
            return "DidNotMeetEntryCriteria"
        if self.plan.entry.mode is EntryMode.ONCE and self.passages:
            return "ContactPreviouslyInSameInteraction"
        if self.plan.entry.mode is EntryMode.AFTER_EXIT and any(one.is_inside for one in self.passages):
            return "CurrentlyWaitingInSameInteraction"
        return ""

    # -- moves --------------------------------------------------------------------------------------------------

    def _hop(self, passage: Passage, number: int, *, woken: bool) -> None:
        visits: list[tuple[int, int]] = []
        place: int | None = number
        heard, passage.released = passage.released is not None, None
        while place is not None:
            activity = self.plan.activity(place)
            moves = iter(activity.step)
            if woken:
                while not isinstance(next(moves), Park):
                    pass
                woken = False
            outcome = self._step(passage, activity, moves, visits, heard=heard and not visits)
            if outcome is None:
                return
            visits.append((place, outcome))
            place = activity.nexts[outcome] if outcome < len(activity.nexts) else None
        self._note(passage, visits, ended="EndOfPath")

    def _step(
        self,
        passage: Passage,
        activity: PlannedActivity,
        moves: Iterator[Move],
        visits: list[tuple[int, int]],
        *,
        heard: bool,
    ) -> int | None:
        """The outcome by which the activity is left; None if the hop is over."""
        for move in moves:
            match move:
                case Park(until, _, names):
                    due = self._rest_until(passage, activity.number, until)
                    passage.outputs.setdefault(activity.number, {}).update(dict.fromkeys(names, due))
                    self._note(passage, visits, rests=activity.number, due=due)
                    return None
                case Emit(effect, names):
                    self._emit(passage, activity.number, effect, keeps=bool(names))
                case Write():
                    self._write(passage, activity.number, move)
                case Leave(reason):
                    self._note(passage, visits, ended=reason.value)
                    return None
                case Route(arms, otherwise, outputs):
                    for arm in arms:
                        if heard if isinstance(arm.condition, e.Heard) else self.holds(arm.condition, passage):
                            given = {name: self.value(values[arm.outcome], passage) for name, values in outputs}
                            passage.outputs.setdefault(activity.number, {}).update(given)
                            return arm.outcome
                    if otherwise is not None:
                        self._note(passage, [*visits, (activity.number, -1)], ended=otherwise.value)
                        return None
        self._note(passage, visits, ended="EndOfPath")
        return None

    def _note(
        self,
        passage: Passage,
        visits: list[tuple[int, int]],
        *,
        rests: int | None = None,
        due: int | None = None,
        ended: str = "",
    ) -> None:
        passage.hops.append(Hop(len(passage.hops), self.now, tuple(visits), rests, due, ended))
        passage.shift = 0
        passage.seat = self.seat_of(rests, 0, self.extended) if rests else 0

    def _own_due(self, passage: Passage, activity: int, until: At) -> int:
        """Now, with a warning, if there is no date."""
        date = self.value(until.value, passage)
        try:
            instant = date if isinstance(date, int) else moments.parse_date(str(date or ""), self.plan.offset_minutes)
            due = moments.add(
                instant, until.amount, moments.unit_of(until.unit), moments.fixed_zone(self.plan.offset_minutes)
            )
            if until.time_of_day:
                zone = moments.zone_of(until.zone or "UTC")
                time_of_day = moments.parse_time_of_day(until.time_of_day)
                due = zones.instant(datetime.combine(zones.local_time(due, zone).date(), time_of_day), zone)
        except ValueError:
            passage.warned.append(activity)
            return self.now
        return max(due, self.now)

    def _rest_until(self, passage: Passage, activity: int, until: Until) -> int:
        match until:
            case At():
                return self._own_due(passage, activity, until)
            case Within(length):
                key = ids.share_key(self.plan.seed, self.lane, activity)
                return self.now + ids.share(passage.number, len(passage.hops), key) * length // ids.SHARE_RANGE
            case _:
                return self._due(until)

    def _due(self, until: Until) -> int:
        match until:
            case Fixed(instant):
                return max(instant, self.now)
            case Span(amount, unit, time_of_day, zone):
                account = moments.fixed_zone(self.plan.offset_minutes)
                due = moments.add(self.now, amount, moments.unit_of(unit), account)
                return moments.at_time_of_day(due, time_of_day, moments.zone_of(zone or "UTC")) if time_of_day else due
            case At() | Verdict() | Within() | Reply():
                raise TypeError("a date of one's own needs a passage; contests are not compared")

    def _emit(self, passage: Passage, activity: int, effect: Effect | Call, *, keeps: bool) -> None:
        if isinstance(effect, Call):
            raise TypeError("nobody answers calls here; examples of the activities compare them")
        facts = {name: self.value(value, passage) for name, value in effect.gives if keeps}
        passage.outputs.setdefault(activity, {}).update(facts)
        values = tuple(self.value(one, passage) for one in (effect.address, *effect.values))
        skipped = next((one.skip.value for one in effect.skips if self.holds(one.condition, passage)), 0)
        passage.sent.append(Sent(len(passage.hops), activity, self.now, values, skipped))

    def _write(self, passage: Passage, activity: int, write: Write) -> None:
        self.written = True
        rows = self.contact.rows.setdefault(write.extension, {})
        fields = {name: self.value(value, passage) for name, value in write.fields}
        found = list(rows)
        if write.key is not None:
            key = json.dumps([self.value(one, passage) for one in write.key], separators=(",", ":"), ensure_ascii=False)
            found = [key] if key in rows else []
            if not found and write.whole is not None:
                rows[key] = {name: self.value(value, passage) for name, value in write.whole}
                return
        for key in found:
            rows[key].update(fields)
        if not found:
            passage.warned.append(activity)

    # -- values and conditions ----------------------------------------------------------------------------------

    def value(self, value: e.Value, passage: Passage, related: Row | None = None) -> Stored:  # noqa: C901, PLR0912 - one arm each
        match value:
            case e.Literal(constant):
                return constant
            case e.EventField(name):
                return passage.event.get(name)
            case e.HeardField(definition, name, _, or_entry):
                row = passage.heard.get(definition)
                if row is None and or_entry:
                    row = passage.event
                return None if row is None else row.get(name)
            case e.RelatedField(name):
                assert related is not None
                return related.get(name)
            case e.AttributeField(extension, name):
                rows = self.contact.rows.get(extension, {})
                return rows[min(rows, key=str.encode)].get(name) if rows else None
            case e.ProfileField(set_name, name):
                found = self.contact.sets.get(set_name, {}).get(name)
                return None if found is None else str(found)
            case e.OutputField(activity, name):
                return passage.outputs.get(activity, {}).get(name)
            case e.Draw(activity):
                key = ids.share_key(self.plan.seed, self.lane, activity)
                return ids.share(passage.number, len(passage.hops), key) * 100 // ids.SHARE_RANGE + 1
            case e.ContactKey():
                return self.contact.key
            case e.EntryRow():
                return json.dumps(passage.event)
            case e.ContactId():
                raise TypeError("one contact alone has no number")
            case e.Now():
                return self.now
            case e.Hop():
                return len(passage.hops)
            case e.Relative(amount, unit):
                zone = moments.fixed_zone(self.plan.offset_minutes)
                return moments.relative(self.now, amount, moments.unit_of(unit), zone)
            case e.Scaled(inner, power):
                number = self.value(inner, passage, related)
                return None if number is None else int(number) * 10**power
            case e.AsText(inner):
                number = self.value(inner, passage, related)
                return None if number is None else str(number)
            case e.Joined(parts):
                return "".join(str(self.value(part, passage, related) or "") for part in parts)
            case e.FirstUsable(options, checked, shape):
                every = [self.value(one, passage, related) for one in options]
                return first_number(every) if shape is e.Shape.PHONE else _first_usable(every, checked)
            case e.Truth(condition):
                return int(self.holds(condition, passage, related))

    def holds(self, condition: e.Condition, passage: Passage, related: Row | None = None) -> bool:  # noqa: C901, PLR0912 - as above
        match condition:
            case e.Always():
                return True
            case e.Never():
                return False
            case e.AllOf(parts):
                return all(self.holds(part, passage, related) for part in parts)
            case e.AnyOf(parts):
                return any(self.holds(part, passage, related) for part in parts)
            case e.Not(part):
                return not self.holds(part, passage, related)
            case e.Absent(value):
                return self.value(value, passage, related) is None
            case e.Compare(left, comparison, right):
                return _compared(comparison, self.value(left, passage, related), self.value(right, passage, related))
            case e.Holds(text, part, place):
                return _held(place, self.value(text, passage, related), self.value(part, passage, related))
            case e.Related(extension, inner):
                rows = self.contact.rows.get(extension, {})
                return any(self.holds(inner, passage, row) for row in rows.values())
            case e.ShareBelow(activity, bound):
                key = ids.share_key(self.plan.seed, self.lane, activity)
                return ids.share(passage.number, len(passage.hops), key) < bound
            case e.Engaged(activity, kinds, links, newest):
                last = self.value(e.OutputField(activity, e.SENT_IN, e.Kind.INTEGER), passage) if newest else None
                return any(
                    fact.activity == activity
                    and fact.kind in kinds
                    and (not links or fact.link in links)
                    and (not newest or fact.hop == last)
                    for fact in passage.engaged
                )
            case e.Deleted():
                return self.contact.is_deleted
            case e.Unsubscribed(channel, lists):
                return any((channel, one) in self.contact.unsubscribed for one in lists)
            case e.IllFormed(inner):
                return _is_ill_formed(str(self.value(inner, passage) or ""))
            case e.Quiet(windows):
                return blackouts.end_of(windows, self.now) is not None
            case e.Heard():
                raise TypeError("what released a passage is known to its step")


def _compared(comparison: e.Comparison, left: Stored, right: Stored) -> bool:
    if left is None or right is None:
        return False
    order = _order(left, right)
    match comparison:
        case e.Comparison.EQUAL:
            return order == 0
        case e.Comparison.LESS:
            return order < 0
        case e.Comparison.AT_MOST:
            return order <= 0
        case e.Comparison.MORE:
            return order > 0
        case e.Comparison.AT_LEAST:
            return order >= 0


def _order(left: int | str, right: int | str) -> int:
    """Negative, zero or positive; texts by their bytes with A-Z made small."""
    if isinstance(left, int) and isinstance(right, int):
        return (left > right) - (left < right)
    one, other = _folded(str(left)).encode(), _folded(str(right)).encode()
    return (one > other) - (one < other)


def _folded(text: str) -> str:
    return text.translate(_SMALL)


def _held(place: e.Place, text: Stored, part: Stored) -> bool:
    if text is None or part is None:
        return False
    whole, piece = _folded(str(text)), _folded(str(part))
    match place:
        case e.Place.ANYWHERE:
            return piece in whole
        case e.Place.START:
            return whole.startswith(piece)
        case e.Place.END:
            return whole.endswith(piece)


def first_number(options: list[Stored]) -> str | None:
    """The first of 7 to 15 digits; blanks, dashes and parentheses go, a plus in front stays."""
    for option in options:
        bare = "".join(sign for sign in str(option or "") if sign not in " -()")
        digits = bare.removeprefix("+")
        if 7 <= len(digits) <= 15 and set(digits) <= set("0123456789"):
            return bare
    return None


def _is_ill_formed(address: str) -> bool:
    """Dots and hyphens where none may stand, more than one @, too long, or nobody's."""
    local, _, domain = address.partition("@")
    labels = domain.split(".")
    return (
        len(address) > 254
        or "@" in domain
        or "" in local.split(".")
        or "" in labels
        or any(one.startswith("-") or one.endswith("-") for one in labels)
        or local.translate(_SMALL) in e.NOBODYS
    )


def _first_usable(options: list[Stored], checked: tuple[bool, ...]) -> str | None:
    """The first address; what was not checked when it came in must have something on both sides of an @."""
    for option, is_checked in zip(options, checked, strict=True):
        text = "" if option is None else str(option)
        if option is not None and is_checked:
            return text
        text = text.strip(" ")
        if " " not in text and "@" in text[1:-1]:
            return text
    return None
