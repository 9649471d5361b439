"""Made data: values that fit a field and spread over what criteria compare it with, drawn by a seed (contract 21).

Whose values they are stands in `made_contacts`. No address made here can be reached: `.invalid` is reserved for that
(RFC 2606), and the numbers are of those set aside for fiction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from waystage.ground import ids
from waystage.plan.expressions import Relative, Shape
from waystage.spec import moments
from waystage.spec.fields import Field, FieldType, Stored

_DAY = 86_400_000
#: The first and the last day of the calendar that dates are written in, in ms.
_FIRST_DATE, _LAST_DATE = -62_135_510_400_000, 253_402_128_000_000
#: Different values of a field that nothing is compared with.
_TEXTS = 7
_NUMBERS = 100
_LOCALES = ("en-US", "de-DE", "fr-FR")

#: Gives the stored value of contact number n (from 1) with a key.
Maker = Callable[[int, str], Stored]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a field should be seen with: values in stored form, relative dates, none at all, addresses."""

    values: Sequence[int | str] = ()
    relative: Sequence[Relative] = ()
    absent: bool = False
    address: Shape | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """For whom data is made: the seed, and the time (ms) over which dates spread; `offset` in minutes."""

    seed: str
    start: int
    until: int
    offset: int


def maker(field: Field, place: str, wishes: Wishes, frame: Frame) -> Maker:
    """Makes values of one field; `place` names it among all fields, so that each draws by itself."""
    drawn = ids.draw_key(frame.seed, place)
    is_text = field.type in {FieldType.TEXT, FieldType.PHONE}
    if is_text and wishes.address is Shape.PHONE:
        return lambda number, key: f"+1555{number:07}"
    if field.type is FieldType.EMAIL or (is_text and wishes.address is Shape.EMAIL):
        return _addresses(field)
    if field.is_primary_key:
        return _unique(field)
    if field.type is FieldType.DATE and not wishes.values:
        return _dates(drawn, wishes, frame)
    choices = _choices(field, wishes, frame)
    many = len(choices)
    return lambda number, key: choices[ids.draw(drawn, number) % many]


def _addresses(field: Field) -> Maker:
    """Of each contact its own; as short as the field must have it."""
    short = field.length is not None and field.length < 34
    return lambda number, key: f"s{number}@x.invalid" if short else f"simulated-{number:06}@example.invalid"


def _unique(field: Field) -> Maker:
    if field.type in {FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE}:
        return lambda number, key: number
    if field.length is None or field.length >= 16:
        return lambda number, key: f"simulated-{number:06}"
    return lambda number, key: str(number)[-(field.length or 1) :]


def _dates(key: int, wishes: Wishes, frame: Frame) -> Maker:
    """Days, from their begin, spread over the time that is simulated, and around those that criteria count from now."""
    zone, shift = moments.fixed_zone(frame.offset), frame.offset * 60_000
    meant = [moments.relative(frame.start, one.amount, moments.unit_of(one.unit), zone) for one in wishes.relative]
    near = [one + by for one in meant for by in (-_DAY, 0, _DAY)]
    low, high = min([frame.start, *near]), max([frame.until, *near])
    first = (low + shift) // _DAY
    days = (high + shift) // _DAY - first + 1

    def made(number: int, _: str) -> Stored:
        drawn = ids.draw(key, number)
        if near and drawn % 2:
            return near[drawn // 2 % len(near)]
        return (first + drawn // 2 % days) * _DAY - shift

    return made


def _choices(field: Field, wishes: Wishes, frame: Frame) -> list[Stored]:
    """Every value that is wished for and fits, those beside it, and others; none at all where that is wished for."""
    found: list[Stored] = list(dict.fromkeys(one for one in _candidates(field, wishes, frame) if _fits(field, one)))
    if wishes.absent and field.is_nullable:
        found.append(None)
    if not found and not field.is_nullable:
        return ["x"[: field.length] if isinstance(_example(field), str) else 0]
    return found or [None]


def _example(field: Field) -> Stored:
    return 0 if field.type in {FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE, FieldType.BOOLEAN} else ""


def _candidates(field: Field, wishes: Wishes, frame: Frame) -> Iterable[Stored]:
    match field.type:
        case FieldType.BOOLEAN:
            return (0, 1)
        case FieldType.NUMBER | FieldType.DECIMAL | FieldType.DATE:
            step = _DAY if field.type is FieldType.DATE else 10**field.scale
            wished = [one for one in wishes.values if isinstance(one, int)]
            beside = [one + by for one in wished for by in (-step, 0, step)]
            return beside or [one * step for one in range(1, _NUMBERS + 1)]
        case FieldType.PHONE:
            return [*_texts(wishes), *(f"+1555010{number:04}" for number in range(100, 200))]
        case FieldType.LOCALE:
            return [*_texts(wishes), *_LOCALES]
        case _:
            others = 1 if wishes.values else _TEXTS
            return [*_texts(wishes), *(f"Simulated {number}" for number in range(1, others + 1)), "x"[: field.length]]


def _texts(wishes: Wishes) -> list[str]:
    return [one for one in wishes.values if isinstance(one, str)]


def _fits(field: Field, value: Stored) -> bool:
    if isinstance(value, str):
        return (field.length is None or len(value) <= field.length) and (value != "" or field.type is FieldType.TEXT)
    if field.type is FieldType.DATE and value is not None:
        return _FIRST_DATE <= value <= _LAST_DATE
    if field.type is FieldType.DECIMAL and isinstance(value, int):
        most: int = 10 ** (field.length or 18)
        return abs(value) < most
    return value is not None and -(2**63) <= value < 2**63
