"""Each move as statements over the working set; how many there are depends on the plan, never on the instances.

Every function works on the instances that stand at `place` and have chosen their leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from waystage.ground.ids import content_id
from waystage.plan.effects import CallForm, Effect, Form, values_of
from waystage.plan.expressions import Literal, Value, reads_event
from waystage.plan.moves import Write
from waystage.plan.strides import Emission, Giving, Writing
from waystage.store import expressions, guids, lane_counters, outputs, rests, skips, ways
from waystage.store.rests import Due
from waystage.store.stand import Stand

#: States of an outbox row that are known when it is written (design 8.1). From SUPPRESSED on nobody gets the message,
#: and the number says why: see plan.effects.Skip.
TO_DELIVER, CAPTURED, SUPPRESSED = 0, 1, 2
#: It waits for the end of a black-out window, and then becomes a retry: senders do not find it in the outbox.
HELD = -1


def give(stand: Stand, giving: Giving) -> None:
    """Keep the outputs of an activity for later activities; of several visits the last counts."""
    names = [name for name, _ in giving.values[0][1]]
    chosen = [[(leaf, dict(values)[name]) for leaf, values in giving.values] for name in names]
    members = [(name, _by_leaf(stand, options)) for name, options in zip(names, chosen, strict=True)]
    outputs.keep(stand, giving.activity, [leaf for leaf, _ in giving.values], members)


def _by_leaf(stand: Stand, options: Sequence[tuple[int, Value]]) -> str:
    """A value that depends on the leaf: a plain CASE of constants where that is all."""
    bind = stand.setting.binder.bind
    constants = [(leaf, value.value) for leaf, value in options if isinstance(value, Literal)]
    if len(constants) == len(options):
        return ways.by_leaf(bind, constants)
    if len({value for _, value in options}) == 1:
        return expressions.value(stand.setting, options[0][1])
    return ways.by_leaf_text([(leaf, expressions.value(stand.setting, value)) for leaf, value in options], bind)


def emit(stand: Stand, emission: Emission, effect: Effect, base: int, state: int) -> None:
    """One effect per instance into the outbox, its values bound now; whom a rule bars gets nothing (design 8.1)."""
    setting = stand.setting
    join = expressions.joined_event(setting, any(map(reads_event, values_of(effect))))
    address, *rest = (expressions.value(setting, value) for value in (effect.address, *effect.values))
    stand.run(
        "INSERT INTO outbox (lane, seq, instance, hop, version, activity, contact, at, content, state, parameters)"
        " SELECT :lane, :base + w.n, w.instance, w.hop, :version, :activity, w.contact, :now, :form,"
        f" {skips.state(setting, effect, address, ':state')},"
        f" {stand.tx.dialect.json_array([address, *rest])}"
        f" FROM work w{join} WHERE {stand.condition(emission.leaves)}",
        base=base, activity=emission.activity, form=form_id(effect.form), state=state,
    )  # fmt: skip
    if emission.outputs:
        _name(stand, emission, base)


def _name(stand: Stand, emission: Emission, base: int) -> None:
    """Keep the request ids of effects that were just written (see outbox.Effect.request_id)."""
    seq = f"({stand.setting.binder.bind(base)} + w.n)"
    name = guids.guid_of(stand.tx.dialect, "request", stand.lane, seq)
    members = [(output, name) for output in emission.outputs]
    gives = emission.effect.gives if isinstance(emission.effect, Effect) else ()
    members += [(output, expressions.value(stand.setting, value)) for output, value in gives]
    outputs.keep(stand, emission.activity, emission.leaves, members)


def defer(stand: Stand, form: Form, base: int, size: int, due: int) -> None:
    """The messages that were just written as held are sent at `due`, journey time (journey-spec 3.11)."""
    stand.run(
        "INSERT INTO deferred (lane, due, seq, channel) SELECT o.lane, :due, o.seq, :channel FROM outbox o"
        f" WHERE o.lane = :lane AND o.seq > :base AND o.seq <= :last AND o.state = {HELD}",
        due=due, channel=form.channel, base=base, last=base + size,
    )  # fmt: skip


def write(stand: Stand, writing: Writing, base: int, *, once_per_contact: bool) -> bool:
    """Set fields of the contacts' rows; returns whether contacts without a row may have been left out.

    `once_per_contact`: the set holds a contact at most once, so no row can be touched twice (design 8.14).
    """
    table, condition = "work w", stand.condition(writing.leaves)
    if not once_per_contact:
        row = f", {_key(stand, writing.write.key)}" if writing.write.key is not None else ""
        last = f"row_number() OVER (PARTITION BY w.contact{row} ORDER BY w.n DESC) AS nth"
        table, condition = f"(SELECT w.*, {last} FROM work w WHERE {condition}) w", "w.nth = 1"
    if writing.write.whole is not None:
        _make_rows(stand, writing.write, table, condition)
    _change_rows(stand, writing.write, table, condition)
    return writing.write.whole is None and _note_missing(stand, writing, base) > 0


def _row_of(stand: Stand, change: Write, alias: str) -> str:
    """The contact's row, or rows, that a write is about."""
    found = f"{alias}.lane = :lane AND {alias}.extension = :extension AND {alias}.contact = w.contact"
    return found + (f" AND {alias}.key = {_key(stand, change.key)}" if change.key is not None else "")


def _key(stand: Stand, values: Sequence[Value]) -> str:
    """The key of a row as its one text form: the JSON array of the primary key's stored values (see store.rows)."""
    quote = stand.tx.dialect.json_of
    return "('[' || " + " || ',' || ".join(quote(expressions.value(stand.setting, one)) for one in values) + " || ']')"


def _members(stand: Stand, fields: Sequence[tuple[str, Value]]) -> str:
    bind = stand.setting.binder.bind
    return stand.tx.dialect.json_object(
        [(bind(name), expressions.value(stand.setting, value)) for name, value in fields]
    )


def _make_rows(stand: Stand, change: Write, table: str, condition: str) -> None:
    missing = stand.tx.dialect.look_up("row", "x", _row_of(stand, change, "x"), optional=True)
    before = lane_counters.peek(stand.tx, stand.lane, "row") - 1
    made = stand.run(
        "INSERT INTO row (lane, extension, contact, key, data, seq)"
        f" SELECT :lane, :extension, w.contact, {_key(stand, change.key or ())},"
        f" {_members(stand, change.whole or ())}, :before + row_number() OVER ()"
        f" FROM {table}{missing} WHERE {condition} AND x.key IS NULL ON CONFLICT DO NOTHING",
        extension=change.extension, before=before,
    )  # fmt: skip
    if made:
        lane_counters.take(stand.tx, stand.lane, "row", made)


def _change_rows(stand: Stand, change: Write, table: str, condition: str) -> None:
    """Driven from the working set, so that the rows are found by their keys (traps of design 2)."""
    merged = stand.tx.dialect.json_merge("x.data", _members(stand, change.fields))
    stand.run(
        "INSERT INTO row (lane, extension, contact, key, data)"
        f" SELECT :lane, :extension, x.contact, x.key, {merged}"
        f" FROM {table}{stand.tx.dialect.look_up('row', 'x', _row_of(stand, change, 'x'))} WHERE {condition}"
        " ON CONFLICT (lane, extension, contact, key) DO UPDATE SET data = excluded.data",
        extension=change.extension,
    )  # fmt: skip


def _note_missing(stand: Stand, writing: Writing, base: int) -> int:
    """A warning for every contact that has no row and cannot be given one (journey-spec 3.12)."""
    missing = stand.tx.dialect.look_up("row", "x", _row_of(stand, writing.write, "x"), optional=True)
    return stand.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        " SELECT :lane, :base + w.n, :now, :version, w.contact, w.instance, :activity, 'Warning', :message"
        f" FROM work w{missing} WHERE {stand.condition(writing.leaves)} AND x.key IS NULL",
        base=base, activity=writing.activity, extension=writing.write.extension,
        message="The contact has no row in the data extension, and a new one would lack required fields.",
    )  # fmt: skip


def leave(stand: Stand, leaves: Sequence[int], journey: int) -> None:
    """The set's passages end: who was active is past."""
    here = stand.here(leaves)
    stand.run(
        f"INSERT INTO past (lane, contact, journey, instance) SELECT :lane, w.contact, :journey, w.instance {here}",
        journey=journey,
    )
    key = (("contact", "w.contact"), ("journey", ":journey"), ("instance", "w.instance"))
    stand.run(stand.tx.dialect.delete_keys("active", key, here), journey=journey)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a hop ended for the instances of one trail and leaf; seat and due are 0 where the passage ended."""

    trail: int
    leaf: int
    path: int
    seat: int
    due: Due


def trace(stand: Stand, finished: Sequence[Finished], base: int) -> None:
    """One row per hop into the log; all that its activities did is in the path (design 8.5)."""
    picks = [_pick(stand, finished, "path"), _pick(stand, finished, "seat"), _pick_due(stand, finished)]
    stand.run(
        "INSERT INTO hop_log (lane, seq, instance, hop, at, path, seat, due)"
        f" SELECT :lane, :base + w.n, w.instance, w.hop, :now, {', '.join(picks)}"
        f" {stand.here(sorted({one.leaf for one in finished}))}",
        base=base,
    )


def _pick_due(stand: Stand, finished: Sequence[Finished]) -> str:
    """The due instants; they hang on the leaf only."""
    return rests.due_of(stand, sorted({one.leaf: one.due for one in finished}.items()))


def _pick(stand: Stand, finished: Sequence[Finished], name: str) -> str:
    bind = stand.setting.binder.bind
    if len({one.trail for one in finished}) == 1:
        return ways.by_leaf(bind, [(one.leaf, getattr(one, name)) for one in finished])
    arms = " ".join(
        f"WHEN w.trail = {bind(one.trail)} AND w.leaf = {bind(one.leaf)} THEN {bind(getattr(one, name))}"
        for one in finished
    )
    return f"CASE {arms} END"


def go_on(stand: Stand, moves: Sequence[tuple[int, int, int, int]]) -> None:
    """The set goes on in another stride: (trail, leaf, next activity, new trail) for each way that does."""
    bind = stand.setting.binder.bind
    chosen = [(f"trail = {bind(trail)} AND leaf = {bind(leaf)}", place, new) for trail, leaf, place, new in moves]
    places = " ".join(f"WHEN {test} THEN {bind(place)}" for test, place, _ in chosen)
    trails = " ".join(f"WHEN {test} THEN {bind(new)}" for test, _, new in chosen)
    leaves = ", ".join(bind(leaf) for leaf in sorted({leaf for _, leaf, _, _ in moves}))
    stand.run(
        f"UPDATE work SET place = CASE {places} END, trail = CASE {trails} END, leaf = -1"
        f" WHERE lane = :lane AND place = :place AND leaf IN ({leaves})"
    )


def form_id(form: Form | CallForm) -> int:
    """The number of a form: the same for the same content, on every machine."""
    return content_id(msgspec.json.encode(form).decode())
