"""Asking why over HTTP: what the tests of explanations share."""

from typing import Any

from tests.contract.mailing import ADVANCE
from tests.contract.served import Api

W = "/waystage/v1"


def explained(api: Api, contact: str = "ann", key: str = "welcome", **query: Any) -> Any:
    """The explanation of one contact."""
    params = {name.replace("page", "$page"): value for name, value in query.items()}
    return api.done("GET", f"{W}/journeys/{key}/contacts/{contact}", params=params)


def the_passage(api: Api, contact: str = "ann", key: str = "welcome") -> Any:
    """The only passage of a contact."""
    (passage,) = explained(api, contact, key)["passages"]
    return passage


def visits(passage: Any) -> list[tuple[str, str | None]]:
    """Activity and outcome of each visit."""
    return [(one["activityKey"], one["outcome"]) for one in passage["visits"]]


def why(passage: Any, activity: str) -> list[list[Any]]:
    """The reasons of the last visit to an activity, as lists of their members in order."""
    visit = [one for one in passage["visits"] if one["activityKey"] == activity][-1]
    return [list(one.values()) for one in visit["why"]]


def advance(api: Api, by: str) -> None:
    api.done("POST", ADVANCE, {"by": by})
