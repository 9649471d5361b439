"""What each resource takes and gives: schemas and refusals as data, one module a family; the route table names them."""

from waystage.api.shapes import (
    administration,
    contacts,
    content,
    control,
    data_extensions,
    event_definitions,
    events,
    history,
    identity,
    imports,
    journeys,
    leaving,
    running,
    server,
    statistics,
)

__all__ = [
    "administration",
    "contacts",
    "content",
    "control",
    "data_extensions",
    "event_definitions",
    "events",
    "history",
    "identity",
    "imports",
    "journeys",
    "leaving",
    "running",
    "server",
    "statistics",
]
