"""Journey bodies for tests."""

from typing import Any

from tests.contract.served import Api

INTERACTIONS = "/interaction/v1/interactions"


def minimal(key: str = "welcome", **more: Any) -> dict[str, Any]:
    """The least that a POST needs."""
    return {"key": key, "name": f"Journey {key}", "workflowApiVersion": 1.0, **more}


def made(api: Api, key: str = "welcome", **more: Any) -> dict[str, Any]:
    """A journey that was just created."""
    journey: dict[str, Any] = api.done("POST", INTERACTIONS, minimal(key, **more))
    return journey


def change(journey: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of an update of this version."""
    kept = {name: journey[name] for name in ("key", "name", "workflowApiVersion", "version", "modifiedDate")}
    return kept | more
