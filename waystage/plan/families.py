"""How the members of a family are found: one declaration per file of its folder, and plug-ins (anchors A.2)."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoints, entry_points
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def declared(folder: ModuleType, declaration: str, besides: Collection[str] = ()) -> Iterator[Any]:
    """The value named `declaration` of every module of a folder and of every plug-in of the group `folder.__name__`.

    The registry itself, private modules and those in `besides` declare nothing.
    """
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name not in {"registry", *besides} and not module.name.startswith("_"):
            yield getattr(import_module(f"{folder.__name__}.{module.name}"), declaration)
    for point in _plug_ins().select(group=folder.__name__):
        yield point.load()


@cache
def _plug_ins() -> EntryPoints:
    """Of every installed distribution; looking through them takes a tenth of a second, so it is done once."""
    return entry_points()  # type: ignore[return-value]  # Python 3.11 has a type of its own for it, which selects too


def by_name(members: Iterable[T], names: Callable[[T], Iterable[str]]) -> dict[str, T]:
    """Members by their folded names; raises ValueError where two claim one name."""
    named: dict[str, T] = {}
    for member in members:
        for name in names(member):
            if named.setdefault(name.casefold(), member) is not member:
                raise ValueError(f"two members claim the name {name}")
    return named
