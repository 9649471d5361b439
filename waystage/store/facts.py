"""What conditions ask about facts that are noted beside contact data, as SQL (journey-spec 3.7, 8.8).

Sources are FROM and WHERE of at most a few rows, found by their key for the instance `alias`.
"""

from __future__ import annotations

from collections.abc import Callable

from waystage.plan import expressions as e
from waystage.store.dialects.base import Dialect
from waystage.store.unsubscribes import EVERY_CHANNEL

Bind = Callable[[int | str], str]


def engaged(bind: Bind, alias: str, fact: e.Engaged, hop: str) -> str:
    """What somebody did with a message of this passage; `hop` is that of its newest send, or empty."""
    kinds = ", ".join(bind(kind) for kind in fact.kinds)
    source = (
        f"FROM engagement g WHERE g.lane = :lane AND g.instance = {alias}.instance"
        f" AND g.activity = {bind(fact.activity)} AND g.kind IN ({kinds})"
    )
    if hop:
        source += f" AND g.hop = {hop}"
    if fact.links:
        source += f" AND g.link IN ({', '.join(bind(link) for link in fact.links)})"
    return source


def deleted(alias: str) -> str:
    """That the contact is deleted, from the table that holds little else and not from that of all contacts."""
    return f"FROM unsubscribed u WHERE u.lane = :lane AND u.contact = {alias}.contact AND u.channel = '{EVERY_CHANNEL}'"


def unsubscribed(bind: Bind, alias: str, wish: e.Unsubscribed) -> str:
    """That the contact wants nothing more from one of these lists."""
    lists = ", ".join(bind(one) for one in wish.lists)
    return (
        f"FROM unsubscribed u WHERE u.lane = :lane AND u.contact = {alias}.contact"
        f" AND u.channel = {bind(wish.channel)} AND u.list_id IN ({lists})"
    )


def wished(alias: str) -> str:
    """That anything at all is noted of the contact that `deleted` or `unsubscribed` would find."""
    return f"FROM unsubscribed u WHERE u.lane = :lane AND u.contact = {alias}.contact"


#: Hyphens at the ends of labels behind the @, where they may not stand (RFC 5321 4.1.2); nearly all stand before it.
_HYPHENS = "a.t LIKE '%-' OR (a.t LIKE '%@%-%' AND (a.t LIKE '%@-%' OR a.t LIKE '%@%.-%' OR a.t LIKE '%@%-.%'))"
_HYPHEN = "'-'"
_LONGEST = 254


def ill_formed(dialect: Dialect, text: str) -> str:
    """Whether an address is one that nobody can have: dots at ends, a second @, too long, nobody's.

    Most addresses are fine, so what finds the most with one look comes first, and rare signs are looked for once. The
    LIMIT keeps a planner from folding the text anew for every test.
    """
    dots = dialect.contains("'.' || replace(a.t, '@', '.') || '.'", "'..'")
    tests = [dots, "a.t LIKE '%@%@%'", f"({dialect.contains('a.t', _HYPHEN)} AND ({_HYPHENS}))"]
    tests += [f"a.t LIKE '{name}@%'" for name in e.NOBODYS]
    folded = f"(SELECT {dialect.fold(text)} AS t LIMIT 1) a"
    return f"(SELECT length(a.t) > {_LONGEST} OR {' OR '.join(tests)} FROM {folded})"
