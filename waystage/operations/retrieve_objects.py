"""SOAP Retrieve: objects of one type that pass a filter, a page at a time (clients.md 5, "SOAP details").

Nothing is kept between two pages: the id of an answer that has more behind it says all of what was asked, and where to
go on. It is worth nothing to anybody else, for whatever it says is looked up as the caller's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from waystage.ground.errors import Forbidden, ValueNotAllowed
from waystage.ground.ids import new_guid
from waystage.operations.object_types import ObjectType, find
from waystage.spec.row_tests import Filter, FilterError, Kind, Row, prepared
from waystage.store.sql import Tx

PAGE: Final = 2_500
OK: Final = "OK"
MORE: Final = "MoreDataAvailable"


class Retrieval(msgspec.Struct, frozen=True):
    """What is asked for: `after` is the place of the last row that was given, -1 at the beginning."""

    account: int
    type: str
    properties: tuple[str, ...] = ()
    filter: Filter | None = None
    size: int = PAGE
    after: int = -1


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A page: the names of the properties to show, in order, and the rows; `request_id` goes on if there is more."""

    type: ObjectType
    names: Sequence[str]
    rows: Sequence[Row]
    status: str
    request_id: str

    def kind(self, name: str) -> Kind:
        """What a property holds."""
        return self.type.properties[name]


def retrieve(tx: Tx, asked: Retrieval, scopes: frozenset[str], offset: int) -> Retrieved:
    """One page; `offset` is the account's zone in minutes. Forbidden, ValueNotAllowed."""
    wanted = find(asked.type)
    if wanted.scope not in scopes:
        raise Forbidden
    if wanted.source is None:
        return Retrieved(wanted, (), (), OK, new_guid())
    try:
        passes = None if asked.filter is None else prepared(asked.filter, wanted.properties, offset)
    except FilterError as error:
        raise ValueNotAllowed(f"{wanted.name}: {error}") from error
    rows = wanted.source(tx, asked.account, asked.after)
    found = list(islice((one for one in rows if passes is None or passes(one[1])), asked.size + 1))
    names = _names(wanted, asked.properties)
    shown = [row for _, row in found[: asked.size]]
    if len(found) <= asked.size:
        return Retrieved(wanted, names, shown, OK, new_guid())
    on = msgspec.structs.replace(asked, after=found[asked.size - 1][0])
    return Retrieved(wanted, names, shown, MORE, _written(on))


def going_on(request_id: str, account: int) -> Retrieval:
    """What an answer's id says to go on with; ValueNotAllowed for any other text, and somebody else's."""
    try:
        raw = base64.b64decode(request_id.encode("ascii"), altchars=b"-_", validate=True)
        asked = _DECODER.decode(raw)
    except (binascii.Error, UnicodeError, msgspec.MsgspecError, RecursionError) as error:
        raise ValueNotAllowed("ContinueRequest must be the RequestID of an answer with MoreDataAvailable.") from error
    if asked.account != account or not 1 <= asked.size <= PAGE or abs(asked.after) >= 2**63:
        raise ValueNotAllowed("ContinueRequest must be the RequestID of an answer that the caller got.")
    return asked


def _written(asked: Retrieval) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(asked)).decode()


def _names(wanted: ObjectType, properties: Sequence[str]) -> list[str]:
    """The properties as we spell them, each once; a name of a group stands for all in it, an unknown one for none."""
    if not properties:
        return list(wanted.properties)
    found: dict[str, None] = {}
    for asked in properties:
        folded = asked.strip().casefold()
        for name in wanted.properties:
            if name.casefold() == folded or name.casefold().startswith(f"{folded}."):
                found[name] = None
    return list(found)


_DECODER: Final = msgspec.json.Decoder(Retrieval)
