"""Values and conditions of a plan as SQL over a whole batch; the tests' reference interpreter must agree with it.

A rendered piece speaks of one instance through an alias (`w.instance`, `w.hop`, `w.contact`); what it needs from other
tables it reads by scalar subqueries on their keys, so it can stand in any statement (traps of design 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from waystage.ground import ids
from waystage.plan import blackouts
from waystage.plan import expressions as e
from waystage.store import contacts, facts, guids
from waystage.store.sql import Binder, Tx

#: Shared parts of the law of `ids.share`, in SQL.
_RANGE = ids.SHARE_RANGE
#: The largest integer that both databases store.
_MOST = 2**63 - 1
#: As many pieces stand side by side; more are halved, because a parser follows a chain as deep as it is long.
_CHAIN = 32


@dataclass(slots=True)
class Setting:
    """Where and when an expression is evaluated.

    `event_data` is the entry data where the statement has it at hand; else it is looked up in the instance of `alias`.
    `relative` turns a `Relative` into an instant. `heard` is the data of an event that is just being heard, and its
    definition.
    """

    tx: Tx
    binder: Binder
    lane: int
    now: int
    seed: str
    relative: Callable[[e.Relative, int], int]
    alias: str = "work"
    event_data: str = ""
    related: str = ""
    heard: tuple[int, str] = (0, "")
    at_hand: dict[e.Value, str] = field(default_factory=dict)
    """Values that the statement has computed already."""
    wishes: str = ""
    """Whether the contact has rows of the kind that Deleted and Unsubscribed look up, where that is known already."""
    has_moved: bool = True
    """Whether there may be instances that were born in other lanes; they draw as they did there (decisions/0017)."""


def with_event(setting: Setting, needed: bool, render: Callable[[], str]) -> str:
    """What `render` makes, inside one look-up of the entry data if that is needed."""
    if not needed or setting.event_data:
        return render()
    setting.event_data = "d.data"
    try:
        return f"(SELECT {render()} FROM instance d WHERE d.lane = :lane AND d.instance = {setting.alias}.instance)"
    finally:
        setting.event_data = ""


def joined_event(setting: Setting, needed: bool) -> str:
    """A join that gives every row `alias` its entry data once, for a statement that looks at it in several places."""
    if not needed or setting.event_data:
        return ""
    setting.event_data = "d.data"
    key = f"d.lane = :lane AND d.instance = {setting.alias}.instance"
    return setting.tx.dialect.look_up("instance", "d", key)


def value(setting: Setting, expression: e.Value) -> str:
    """A value as SQL; absent is NULL."""
    return with_event(setting, e.reads_event(expression), lambda: _value(setting, expression))


def condition(setting: Setting, expression: e.Condition) -> str:
    """A condition as SQL; NULL counts as false to whoever uses it."""
    return with_event(setting, e.reads_event(expression), lambda: _condition(setting, expression))


def shown(setting: Setting, expression: e.Expression) -> str:
    """A value as it is, a condition as 0 or 1."""
    if isinstance(expression, e.Value):
        return value(setting, expression)
    return f"CASE WHEN {condition(setting, expression)} THEN 1 ELSE 0 END"


def _member(setting: Setting, stored: str, name: str, kind: e.Kind) -> str:
    dialect, parameter = setting.tx.dialect, setting.binder.bind(setting.tx.dialect.member(name))
    read = dialect.json_integer if kind is e.Kind.INTEGER else dialect.json_text
    return read(stored, parameter)


def _value(setting: Setting, expression: e.Value) -> str:
    bind = setting.binder.bind
    if setting.at_hand and expression in setting.at_hand:
        return setting.at_hand[expression]
    match expression:
        case e.Literal(constant):
            return "NULL" if constant is None else bind(constant)
        case e.Now():
            return ":now"
        case e.Hop():
            return f"{setting.alias}.hop"
        case e.Draw(activity):
            return f"({share(setting, activity)} * 100 / {bind(_RANGE)} + 1)"
        case e.Relative():
            return bind(setting.relative(expression, setting.now))
        case e.Scaled(inner_value, power):
            return _scaled(setting, _value(setting, inner_value), 10**power)
        case e.AsText() | e.Joined() | e.FirstUsable() | e.Truth():
            return _composed(setting, expression)
        case _:
            return _looked_up(setting, expression)


def _composed(setting: Setting, expression: e.AsText | e.Joined | e.FirstUsable | e.Truth) -> str:
    """A value that is made of others."""
    match expression:
        case e.AsText(inner):
            return setting.tx.dialect.text_of(_value(setting, inner))
        case e.Joined(parts):
            return _chained("||", [f"coalesce({_value(setting, part)}, '')" for part in parts])
        case e.FirstUsable():
            return _first_usable(setting, expression)
        case e.Truth(tested):
            return f"(CASE WHEN {_condition(setting, tested)} THEN 1 ELSE 0 END)"


def _chained(word: str, parts: Sequence[str]) -> str:
    if len(parts) <= _CHAIN:
        return f"({f' {word} '.join(parts)})"
    half = len(parts) // 2
    return f"({_chained(word, parts[:half])} {word} {_chained(word, parts[half:])})"


def _scaled(setting: Setting, number: str, factor: int) -> str:
    """A product that stays inside 64 bits; what would leave them is beyond every decimal it is compared with."""
    most, edge, least = (setting.binder.bind(one) for one in (_MOST, _MOST // factor, -_MOST))
    lowest = setting.binder.bind(-(_MOST // factor))
    return (
        f"CASE WHEN {number} > {edge} THEN {most} WHEN {number} < {lowest} THEN {least}"
        f" ELSE {number} * {setting.binder.bind(factor)} END"
    )


def _looked_up(
    setting: Setting,
    expression: e.EventField
    | e.HeardField
    | e.RelatedField
    | e.AttributeField
    | e.ProfileField
    | e.OutputField
    | e.ContactKey
    | e.ContactId
    | e.EntryRow,
) -> str:
    """A value that lies in a table, by a scalar subquery on its key."""
    bind = setting.binder.bind
    match expression:
        case e.EventField(name, kind):
            return _member(setting, setting.event_data, name, kind)
        case e.HeardField():
            return _heard(setting, expression)
        case e.RelatedField(name, kind):
            return _member(setting, f"{setting.related}.data", name, kind)
        case e.AttributeField():
            return _attribute(setting, expression)
        case e.ProfileField(attribute_set, name):
            inner = f"(c.data -> {bind(attribute_set)})"
            member = _member(setting, inner, name, e.Kind.TEXT)
            return f"(SELECT {member} FROM contact c WHERE c.lane = :lane AND c.contact = {setting.alias}.contact)"
        case e.OutputField(activity, name, kind):
            member = _member(setting, "o.data", name, kind)
            return (
                f"(SELECT {member} FROM output o WHERE o.lane = :lane AND o.instance = {setting.alias}.instance"
                f" AND o.activity = {bind(activity)})"
            )
        case e.EntryRow():
            # As a text: what is known to be JSON would become a member of the array in which values are kept.
            return f"({setting.tx.dialect.json_out(setting.event_data)} || '')"
        case e.ContactId():
            return f"({setting.alias}.contact * {contacts.LANE_SPAN} + :lane)"
        case e.ContactKey():
            return f"(SELECT c.key FROM contact c WHERE c.lane = :lane AND c.contact = {setting.alias}.contact)"


def _heard(setting: Setting, field_: e.HeardField) -> str:
    definition, data = setting.heard
    if definition == field_.definition:
        return _member(setting, data, field_.name, field_.kind)
    key = (
        f"FROM heard h WHERE h.lane = :lane AND h.instance = {setting.alias}.instance"
        f" AND h.definition = {setting.binder.bind(field_.definition)}"
    )
    newest = f"(SELECT {_member(setting, 'h.data', field_.name, field_.kind)} {key})"
    if not field_.or_entry:
        return newest
    entry = _member(setting, setting.event_data, field_.name, field_.kind)
    return f"CASE WHEN {found(key)} THEN {newest} ELSE {entry} END"


def _attribute(setting: Setting, field_: e.AttributeField) -> str:
    member = _member(setting, "r.data", field_.name, field_.kind)
    return (
        f"(SELECT {member} FROM row r WHERE r.lane = :lane AND r.extension = {setting.binder.bind(field_.extension)}"
        f" AND r.contact = {setting.alias}.contact ORDER BY r.key LIMIT 1)"
    )


def _first_usable(setting: Setting, expression: e.FirstUsable) -> str:
    """See `expressions.Shape`."""
    if expression.shape is e.Shape.PHONE:
        found = ", ".join([*(_phone(_value(setting, option)) for option in expression.options), "NULL"])
        return f"coalesce({found}, NULL)"
    arms = []
    for option, checked in zip(expression.options, expression.checked, strict=True):
        text = _value(setting, option)
        if checked:
            arms.append(f"WHEN {text} IS NOT NULL THEN {text}")
        else:
            arms.append(f"WHEN trim({text}) LIKE '%_@_%' AND trim({text}) NOT LIKE '% %' THEN trim({text})")
    return f"CASE {' '.join(arms)} END" if arms else "NULL"


def _phone(text: str) -> str:
    """A mobile number without what only makes it readable; NULL if it is none."""
    bare = text
    for sign in " -()":
        bare = f"replace({bare}, '{sign}', '')"
    digits = "CASE WHEN substr(p.x, 1, 1) = '+' THEN substr(p.x, 2) ELSE p.x END"
    return (
        "(SELECT CASE WHEN length(q.d) BETWEEN 7 AND 15 AND ltrim(q.d, '0123456789') = '' THEN q.x END"
        f" FROM (SELECT p.x AS x, {digits} AS d FROM (SELECT {bare} AS x) p) q)"
    )


def _condition(setting: Setting, expression: e.Condition) -> str:
    match expression:
        case e.Always():
            return "TRUE"
        case e.Never():
            return "FALSE"
        case e.AllOf(parts):
            return _chained("AND", [_condition(setting, part) for part in parts]) if parts else "TRUE"
        case e.AnyOf(parts):
            return _chained("OR", [_condition(setting, part) for part in parts]) if parts else "FALSE"
        case e.Not(part):
            return f"NOT coalesce({_condition(setting, part)}, FALSE)"
        case e.Engaged() | e.Deleted() | e.Unsubscribed() | e.IllFormed():
            return _of_facts(setting, expression)
        case e.Quiet(windows):
            return "TRUE" if blackouts.end_of(windows, setting.now) is not None else "FALSE"
        case _:
            return _tested(setting, expression)


def _tested(setting: Setting, expression: e.Compare | e.Holds | e.Absent | e.Related | e.ShareBelow | e.Heard) -> str:
    """A condition that looks at values."""
    match expression:
        case e.Compare(left, comparison, right):
            return f"({_compared(setting, left)} {comparison.value} {_compared(setting, right)})"
        case e.Holds():
            return _holds(setting, expression)
        case e.Absent(inner):
            return f"({_value(setting, inner)} IS NULL)"
        case e.Related(extension, inner_condition):
            return _related(setting, extension, inner_condition)
        case e.ShareBelow(activity, bound):
            return f"({share(setting, activity)} < {setting.binder.bind(bound)})"
        case e.Heard():
            raise TypeError("what released a batch is known before SQL is made (plan.strides)")


def _of_facts(setting: Setting, expression: e.Engaged | e.Deleted | e.Unsubscribed | e.IllFormed) -> str:
    bind, alias = setting.binder.bind, setting.alias
    match expression:
        case e.Engaged():
            hop = "".join(_value(setting, one) for one in e.parts_of(expression) if isinstance(one, e.OutputField))
            return found(facts.engaged(bind, alias, expression, hop))
        case e.Deleted():
            return _wished(setting, facts.deleted(alias))
        case e.Unsubscribed():
            return _wished(setting, facts.unsubscribed(bind, alias, expression))
        case e.IllFormed(inner):
            return facts.ill_formed(setting.tx.dialect, _value(setting, inner))


def _wished(setting: Setting, source: str) -> str:
    """Most contacts have never wished for anything, and then there is nothing to look up."""
    return f"({setting.wishes} AND {found(source)})" if setting.wishes else found(source)


def _compared(setting: Setting, expression: e.Value) -> str:
    text = _value(setting, expression)
    return setting.tx.dialect.fold(text) if expression.kind is e.Kind.TEXT else text


def _holds(setting: Setting, expression: e.Holds) -> str:
    dialect = setting.tx.dialect
    text, part = _compared(setting, expression.text), _compared(setting, expression.part)
    match expression.place:
        case e.Place.ANYWHERE:
            return dialect.contains(text, part)
        case e.Place.START:
            return f"(substr({text}, 1, length({part})) = {part})"
        case e.Place.END:
            tail = f"substr({text}, length({text}) - length({part}) + 1, length({part}))"
            return f"(length({text}) >= length({part}) AND {tail} = {part})"


def _related(setting: Setting, extension: int, inner: e.Condition) -> str:
    outer, setting.related = setting.related, "t"
    try:
        tested = _condition(setting, inner)
    finally:
        setting.related = outer
    return found(
        f"FROM row t WHERE t.lane = :lane AND t.extension = {setting.binder.bind(extension)}"
        f" AND t.contact = {setting.alias}.contact AND {tested}"
    )


def found(source: str) -> str:
    """Whether a row is found, looked up by key for each row of the batch.

    EXISTS would let a planner read everybody's rows into a hash table first (traps of design 2).
    """
    return f"((SELECT 1 {source} LIMIT 1) IS NOT NULL)"


def share(setting: Setting, activity: int) -> str:
    """The law of `ids.share` in integer arithmetic that stays below 2^62 (design 2: no volatile function)."""
    bind, instance = setting.binder.bind, f"{setting.alias}.instance"
    key, modulus = bind(ids.share_key(setting.seed, setting.lane, activity)), bind(_RANGE)
    if setting.has_moved:
        key_of_first = bind(ids.share_key(setting.seed, 1, activity))
        born = f"({key_of_first} + ({guids.lane_of_birth(bind, instance)} - 1) * {bind(ids.LANE_STEP)}) % {modulus}"
        key = f"(CASE WHEN {guids.is_moved(bind, instance)} THEN {born} ELSE {key} END)"
        instance = guids.number_at_birth(bind, instance)
    start = f"({instance} % {modulus} * 48271 + {setting.alias}.hop * 69621 + {key}) % {modulus}"
    first = _fifth_power(start, modulus)
    return _fifth_power(f"({first} + {key}) % {modulus}", modulus)


def _fifth_power(base: str, modulus: str) -> str:
    return (
        f"(SELECT q.s * q.s % {modulus} * q.x % {modulus} FROM"
        f" (SELECT p.x AS x, p.x * p.x % {modulus} AS s FROM (SELECT {base} AS x) p) q)"
    )
