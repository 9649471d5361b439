"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: business unit, API client, granted scopes, and the number that stands for the user."""

    account: int
    client_id: str
    scopes: frozenset[str]
    user_id: int
