"""Message content: which values it needs, and the message that its form and the bound values give.

Contract 24: an unknown or absent value gives an empty text, values are escaped in html only, and never expanded twice.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from waystage.plan import expressions as e
from waystage.plan.effects import Form, Mail, Parameter
from waystage.plan.values import LATE, LATE_LINKS, Bound, Resolver, UnknownName
from waystage.spec import bindings
from waystage.spec import fields as wire
from waystage.spec.fields import Field, FieldType
from waystage.spec.moments import wire_date

Stored = int | str | None

#: Copies of one message go to so many people at most.
MOST_COPIES = 50
_BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_PLAIN = Mail()


@dataclass(frozen=True, slots=True)
class Texts:
    """Subject and bodies before personalisation, or a message after it."""

    subject: str
    html: str
    text: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a message's texts ask for: parameters with their values, and what was not understood."""

    parameters: tuple[Parameter, ...]
    values: tuple[e.Value, ...]
    unknown: tuple[str, ...]


def bind(resolver: Resolver, texts: Texts, *more: str) -> Bindings:
    """Find the value of every expression in the texts, each once."""
    unreadable: dict[str, str] = {}
    found = bind_paths(resolver, _paths((texts.subject, texts.html, texts.text, *more), unreadable))
    return Bindings(found.parameters, found.values, (*unreadable.values(), *found.unknown))


def bind_paths(resolver: Resolver, paths: Iterable[bindings.Path]) -> Bindings:
    """Find the value of every expression, each once."""
    found: dict[str, Bound] = {}
    unknown: dict[str, str] = {}
    for path in paths:
        if path.original in found or _late_name(path):
            continue
        try:
            found[path.original] = resolver.path(path)
        except UnknownName as error:
            unknown[path.original] = str(error)
    parameters = tuple(Parameter(original, _format(bound)) for original, bound in found.items())
    return Bindings(parameters, tuple(bound.value for bound in found.values()), tuple(unknown.values()))


def _paths(texts: Iterable[str], unknown: dict[str, str]) -> list[bindings.Path]:
    paths: list[bindings.Path] = []
    for text in texts:
        try:
            paths.extend(bindings.parse_content(text).paths)
        except bindings.BindingError as error:
            unknown[text] = str(error)
    return paths


def _late_name(path: bindings.Path) -> str | None:
    if path.root == bindings.PERSONALISATION:
        return LATE_LINKS.get(path.segments[0].casefold())
    return LATE.get(".".join((path.root, *path.segments)))


def _format(bound: Bound) -> str:
    if bound.row is not None:
        fields = {one.name: (one.type.value, one.scale) for one in bound.row.fields}
        return f"row:{msgspec.json.encode(fields).decode()}"
    if bound.field is None:
        return "text" if bound.value.kind is e.Kind.TEXT else ("date" if isinstance(bound.value, e.Now) else "integer")
    return _format_of(bound.field)


def _format_of(field: Field) -> str:
    match field.type:
        case FieldType.DECIMAL:
            return f"decimal:{field.scale}"
        case FieldType.DATE:
            return "date"
        case FieldType.BOOLEAN:
            return "boolean"
        case FieldType.NUMBER:
            return "integer"
        case _:
            return "text"


def render(form: Form, values: Sequence[Stored], late: Mapping[str, str]) -> Texts:
    """The message that these bound values give; `late` holds the values of plan.values.LATE by their names."""
    told = {
        parameter.original: written(parameter.format, value, form.offset_minutes)
        for parameter, value in zip(form.parameters, values, strict=True)
    }
    body = _filled(form.html, told, late, html.escape)
    mail = form.mail or _PLAIN
    if mail.preheader and body:
        body = _with_preheader(body, html.escape(_filled(mail.preheader, told, late, str)))
    return Texts(
        _filled(form.subject, told, late, _one_line),
        body,
        _filled(form.text, told, late, str),
        _addresses(_filled(text, told, late, str) for text in mail.cc),
        _addresses(_filled(text, told, late, str) for text in mail.bcc),
    )


def _with_preheader(body: str, text: str) -> str:
    """The line that mail programs show beside the subject: first in the body, and not to be seen in it."""
    hidden = f'<div style="display:none;max-height:0;overflow:hidden;opacity:0">{text}</div>'
    begin = _BODY.search(body)
    place = begin.end() if begin else 0
    return f"{body[:place]}{hidden}{body[place:]}"


def _addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """What looks like addresses in texts that hold any number of them, each once."""
    found = (one for text in texts for one in split_addresses(text) if looks_like_address(one))
    return tuple(dict.fromkeys(found))[:MOST_COPIES]


def split_addresses(text: str) -> list[str]:
    """Addresses with commas or semicolons between them."""
    return [one.strip() for one in text.replace(";", ",").split(",") if one.strip()]


def looks_like_address(text: str) -> bool:
    """Whether something stands on both sides of one @, and no blank in it."""
    before, _, after = text.partition("@")
    return bool(before and after) and "@" not in after and not any(map(str.isspace, text))


def _one_line(text: str) -> str:
    """A subject is one header line: a value with line breaks must not begin another (header injection)."""
    return " ".join(text.split())


@lru_cache(maxsize=512)
def _template(text: str) -> bindings.Template:
    try:
        return bindings.parse_content(text)
    except bindings.BindingError:
        return bindings.Template((text,) if text else ())


def _filled(text: str, written: Mapping[str, str], late: Mapping[str, str], escape: Callable[[str], str]) -> str:
    pieces = []
    for part in _template(text).parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        name = _late_name(part)
        pieces.append(escape(late.get(name, "") if name else written.get(part.original, "")))
    return "".join(pieces)


def written(form: str, value: Stored, offset_minutes: int) -> str:
    """A stored value in the form of its parameter (see Parameter)."""
    if value is None:
        return ""
    kind, _, scale = form.partition(":")
    if kind == "row" and isinstance(value, str):
        return _row(msgspec.json.decode(scale), msgspec.json.decode(value), offset_minutes)
    if kind == "date" and isinstance(value, int):
        return wire_date(value, offset_minutes)
    if kind == "boolean":
        return "True" if value else "False"
    if kind == "decimal" and isinstance(value, int):
        return _decimal(value, int(scale))
    return str(value)


def _row(types: Mapping[str, tuple[str, int]], stored: Mapping[str, Stored], offset_minutes: int) -> str:
    """A whole row as JSON text, its fields in the order of their schema."""
    fields = {name: Field(name, FieldType(kind), scale=scale) for name, (kind, scale) in types.items()}
    shown = {name: wire.render(one, stored.get(name), offset_minutes) for name, one in fields.items()}
    return msgspec.json.encode(shown).decode()


def _decimal(value: int, scale: int) -> str:
    if scale == 0:
        return str(value)
    whole, part = divmod(abs(value), 10**scale)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{scale}}"
