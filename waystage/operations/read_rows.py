"""Reading rows of a data extension: filtered, sorted, page by page, and on with a request token (api.md 11.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from waystage.ground.errors import DataExtensionNotFound, RequestTokenNotFound, ValueNotAllowed, WrongFormat
from waystage.ground.ids import new_guid
from waystage.operations.define_data_extension import select
from waystage.plan.expressions import RelatedField
from waystage.plan.row_filters import UnfitValue, UnknownField, condition, field_value, find_field
from waystage.spec import filter_text
from waystage.spec.fields import Field, Schema, Stored
from waystage.spec.filter_text import FilterError
from waystage.store import data_extensions, row_reads, row_tokens
from waystage.store.data_extensions import DataExtension
from waystage.store.row_reads import START, Place, Query
from waystage.store.row_tokens import Token
from waystage.store.sql import Tx

#: Real ms for which a request token can be read on with.
TOKEN_LIFE = 3_600_000
#: Without $orderBy so many rows are sorted by their primary key; more come as they lie, which costs the same anywhere.
MOST_SORTED = 20_000
#: Fields that an order may name.
MOST_ORDERED = 10


class Asked(msgspec.Struct, frozen=True):
    """A query as it was asked; `top` 0 means every row, `fields` () every field."""

    filter: str
    order_by: str
    fields: tuple[str, ...]
    top: int
    size: int


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page: the rows' values, all fields that are shown, and behind which row the next one begins."""

    extension: DataExtension
    token: Token
    asked: Asked
    fields: Sequence[Field]
    rows: Sequence[Mapping[str, Stored]]
    page: int
    behind: Place | None

    @property
    def has_next(self) -> bool:
        """Whether further rows follow."""
        return bool(self.rows) and self.page * self.asked.size < self.token.count


def first(tx: Tx, account: int, selector: Mapping[str, str], asked: Asked, page: int, offset: int) -> RowPage:
    """One page of a new query, with a token that is not stored yet; `offset` of the account in minutes.

    DataExtensionNotFound; WrongFormat and ValueNotAllowed name the parameter and the place.
    """
    extension = select(tx, account, selector)
    query = _query(extension, asked, offset)
    count = row_reads.count(tx, query)
    count = min(count, asked.top) if asked.top else count
    is_sorted = bool(query.order) or (count <= MOST_SORTED and bool(extension.schema.primary_key))
    token = Token(new_guid(), account, extension.number, msgspec.json.encode(asked).decode(), is_sorted, count, 0)
    return _page(tx, extension, token, asked, query, page, (1, START))


def go_on(tx: Tx, account: int, guid: str, page: int, offset: int, real_now: int) -> RowPage:
    """A page of the query of a token; RequestTokenNotFound, DataExtensionNotFound."""
    token = row_tokens.find(tx, account, guid.lower(), real_now)
    if token is None:
        raise RequestTokenNotFound
    extension = data_extensions.find_numbers(tx, account, [token.extension]).get(token.extension)
    if extension is None:
        raise DataExtensionNotFound
    asked = msgspec.json.decode(token.query, type=Asked)
    known = row_tokens.nearest_page(tx, token.guid, page)
    return _page(tx, extension, token, asked, _query(extension, asked, offset), page, known)


def keep(tx: Tx, found: RowPage, real_now: int) -> RowPage:
    """Store the token of a new query, or where the next page of a known one begins."""
    if not found.token.expires:
        found = replace(found, token=replace(found.token, expires=real_now + TOKEN_LIFE))
        row_tokens.add(tx, found.token, real_now)
    if found.behind is not None and found.has_next:
        row_tokens.begin_page(tx, found.token.guid, found.page + 1, found.behind)
    return found


def _page(
    tx: Tx, extension: DataExtension, token: Token, asked: Asked, query: Query, page: int, known: tuple[int, Place]
) -> RowPage:
    skip = (page - 1) * asked.size
    limit = max(0, min(asked.size, token.count - skip))
    rows: list[row_reads.Found] = []
    if limit and token.is_sorted:
        rows = row_reads.in_order(tx, _sorted(extension.schema, query), skip, limit)
    elif limit:
        before, behind = known
        rows = row_reads.as_they_lie(tx, query, behind, (page - before) * asked.size, limit)
    place = rows[-1].place if rows and not token.is_sorted else None
    fields = [find_field(extension.schema, name) for name in asked.fields] or extension.schema.fields
    return RowPage(extension, token, asked, fields, [msgspec.json.decode(row.data) for row in rows], page, place)


def _sorted(schema: Schema, query: Query) -> Query:
    """By the primary key where no order was asked for."""
    return (
        query if query.order else replace(query, order=tuple((field_value(one), False) for one in schema.primary_key))
    )


def _query(extension: DataExtension, asked: Asked, offset: int) -> Query:
    schema = extension.schema
    try:
        made = condition(filter_text.parse(asked.filter), schema, offset)
    except FilterError as error:
        raise WrongFormat(f"$filter: {error}") from error
    except UnfitValue as error:
        raise WrongFormat(f"$filter: {error}") from error
    except UnknownField as error:
        raise ValueNotAllowed(f"$filter: {error}") from error
    for name in asked.fields:
        _named(schema, "$fields", name)
    return Query(extension.number, made, _order(schema, asked.order_by))


def _named(schema: Schema, parameter: str, name: str) -> Field:
    try:
        return find_field(schema, name)
    except UnknownField as error:
        raise ValueNotAllowed(f"{parameter}: {error}") from error


def _order(schema: Schema, text: str) -> tuple[tuple[RelatedField, bool], ...]:
    """`Field`, `Field ASC` and `Field DESC`, separated by commas."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(parts) > MOST_ORDERED:
        raise ValueNotAllowed(f"$orderBy must not name more than {MOST_ORDERED} fields.")
    found = []
    for part in parts:
        name, _, word = part.rpartition(" ")
        if word.lower() not in {"asc", "desc"} or not name.strip():
            name, word = part, "asc"
        found.append((field_value(_named(schema, "$orderBy", name.strip().strip('"[]'))), word.lower() == "desc"))
    return tuple(found)
