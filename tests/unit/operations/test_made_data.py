"""Made data fits its field, and holds what criteria compare with (contract 21)."""

import itertools
from typing import Any

import pytest

from waystage.ground import ids
from waystage.operations.made_contacts import naming
from waystage.operations.made_data import Frame, Wishes, maker
from waystage.plan.expressions import Relative, Shape
from waystage.spec import moments
from waystage.spec.fields import Field, FieldType, convert, is_email, render

FRAME = Frame("7", 1_767_225_600_000, 1_798_761_600_000, 60)
DAY = 86_400_000
KEY, DRAWN = 4089929893780094660, (3370696510501028810, 12437056081702695890)
GUID = "11eff855-79c8-84b3-8040-72336516c6cb"
FIELDS = [
    *(Field("f", kind, length) for kind in (FieldType.TEXT, FieldType.PHONE) for length in (None, 1, 3, 12, 100)),
    *(Field("f", FieldType.LOCALE, length, is_nullable=False) for length in (None, 1, 5)),
    *(Field("f", FieldType.DECIMAL, length, scale) for length, scale in ((18, 2), (1, 0), (2, 2), (None, 3))),
    *(Field("f", FieldType.TEXT, length, is_primary_key=True, is_nullable=False) for length in (None, 6, 20)),
    Field("f", FieldType.NUMBER),
    Field("f", FieldType.DATE),
    Field("f", FieldType.BOOLEAN, is_nullable=False),
    Field("f", FieldType.EMAIL, 254),
    Field("f", FieldType.EMAIL, 20),
]
WISHES = [
    Wishes(),
    Wishes(["gold", "a much longer one than fits", ""], absent=True),
    Wishes([5, 0, 2**62, -3, FRAME.start], [Relative(-14, "days")]),
    Wishes(address=Shape.EMAIL),
]


def made(field: Field, wishes: Wishes, count: int = 200) -> list[object]:
    make = maker(field, "place", wishes, FRAME)
    return [make(number, f"simulated-{number:06}") for number in range(1, count + 1)]


def pairs() -> list[Any]:
    """Every field with everything that is wished for it; no address is shorter than 15 characters."""
    found = itertools.product(FIELDS, WISHES)
    fitting = [(field, one) for field, one in found if not one.address or field.length is None or field.length >= 15]
    return [pytest.param(field, wishes, id=f"{field} {wishes}") for field, wishes in fitting]


@pytest.mark.parametrize(("field", "wishes"), pairs())
def test_every_value_fits_its_field(field: Field, wishes: Wishes) -> None:
    for value in made(field, wishes):
        assert value is None or isinstance(value, int | str)
        assert convert(field, render(field, value, FRAME.offset), FRAME.offset) == value


def test_what_is_wished_for_is_there_with_what_lies_beside_it() -> None:
    assert {"gold", None} <= set(made(Field("f", FieldType.TEXT, 10), WISHES[1]))
    assert {4, 5, 6} <= set(made(Field("f", FieldType.NUMBER), WISHES[2]))
    ago = made(Field("f", FieldType.DATE), Wishes(relative=[Relative(-14, "days")]))
    meant = moments.relative(FRAME.start, -14, moments.Unit.DAYS, moments.fixed_zone(FRAME.offset))
    assert {meant - DAY, meant, meant + DAY} <= set(ago)


def test_addresses_are_unique_and_reach_nobody() -> None:
    for field in (Field("f", FieldType.EMAIL, 254), Field("f", FieldType.EMAIL, 20)):
        found = [str(one) for one in made(field, Wishes())]
        assert len(set(found)) == len(found)
        assert all(is_email(one) and one.endswith(".invalid") for one in found)


def test_dates_are_days_of_the_zone_within_the_time() -> None:
    for value in made(Field("f", FieldType.DATE), Wishes()):
        assert isinstance(value, int)
        assert (value + FRAME.offset * 60_000) % DAY == 0
        assert FRAME.start - DAY < value <= FRAME.until


@pytest.mark.parametrize("kind", [one for one in FieldType if one not in {FieldType.DATE, FieldType.BOOLEAN}])
def test_keys_fit_the_field_that_holds_them(kind: FieldType) -> None:
    assert convert(Field("Key", kind), naming(Field("Key", kind))(7)) is not None


def test_draws_are_the_same_everywhere() -> None:
    key = ids.draw_key("7", "open", 3)
    assert [key, ids.draw(key, 1), ids.draw(key, 2)] == [KEY, *DRAWN]
    assert ids.guid_from("simulation", "7") == GUID
    assert GUID[14] == "8"
    assert GUID[19] in "89ab"
