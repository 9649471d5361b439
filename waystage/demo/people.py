"""Made-up contacts and what they do: a fixed sequence, so that two demos tell the same story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waystage.ground import ids

FIRST_NAMES = (
    "Ada", "Bruno", "Carla", "Dario", "Elif", "Farid", "Greta", "Hana", "Ivo", "Jana", "Kemal", "Lena", "Milo", "Nora",
    "Oskar", "Pia", "Quentin", "Rosa", "Samir", "Tilda", "Umar", "Vera", "Wanda", "Yara",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Baum", "Costa", "Dorn", "Ebert", "Falk", "Gomez", "Haas", "Iversen", "Jung", "Kaya", "Lind", "Moser",
    "Novak", "Olsen", "Petit", "Quast", "Ricci", "Silva", "Thoma", "Ullmann", "Vogel", "Weiss", "Zander",
)  # fmt: skip
#: Of a hundred events so many are sign-ups, and so many more get the campaign; the others are orders.
SIGN_UPS, CAMPAIGNS = 40, 70
#: Orders come from one of the last so many people.
CIRCLE = 40
LARGEST_ORDER = 160


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up contact."""

    key: str
    first_name: str
    email: str


def person(number: int) -> Person:
    """The person with this number."""
    first = FIRST_NAMES[_draw(number, 1, len(FIRST_NAMES))]
    last = LAST_NAMES[_draw(number, 2, len(LAST_NAMES))]
    name = f"{first}.{last}".lower()
    return Person(f"{name}-{number}", first, f"{name}{number}@example.com")


def event(number: int) -> dict[str, Any]:
    """The body of the event with this number, counted from 1."""
    kind = _draw(number, 3, 100)
    if kind < SIGN_UPS:
        return _body("demo-signup", person(number))
    if kind < CAMPAIGNS:
        return _body("demo-spring-campaign", person(number))
    buyer = person(max(1, number - _draw(number, 4, CIRCLE)))
    amount = 5 + _draw(number, 5, LARGEST_ORDER) + _draw(number, 6, 100) / 100
    return _body("demo-order", buyer, OrderNumber=f"B-{number}", Amount=round(amount, 2))


def _body(definition: str, who: Person, **more: object) -> dict[str, Any]:
    data = {"ContactKey": who.key, "EmailAddress": who.email, "FirstName": who.first_name, **more}
    return {"ContactKey": who.key, "EventDefinitionKey": definition, "Data": data}


def _draw(number: int, purpose: int, below: int) -> int:
    """A whole number from 0 to `below` - 1, the same on every run."""
    return ids.share(number, purpose, 1) * below // ids.SHARE_RANGE
