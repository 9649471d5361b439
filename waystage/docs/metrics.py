"""docs/reference/metrics.md from the table of metrics."""

from __future__ import annotations

from collections.abc import Iterable

from waystage.docs import markdown
from waystage.ground.meters import METRICS, OF_THE_SYSTEM, Metric

OPENING = (
    "`GET /metrics` of `waystage serve` and `waystage api`, and of `waystage worker` where `WAYSTAGE_HEALTH_PORT` is"
    " set; no token. A histogram has `_bucket`, `_sum` and `_count`. Figures of the process are its own, to be summed"
    " over all processes; figures of the database are the same from each, so take their maximum. Counters begin at 0"
    " with the process."
)
COLUMNS = ("Metric", "Kind", "Labels", "What")


def page() -> str:
    """The page."""
    return markdown.page(
        "Metrics",
        "waystage/ground/meters.py",
        OPENING,
        "## Of the process",
        _table(one for one in METRICS if one.about == "process"),
        "## Of the database",
        _table(one for one in METRICS if one.about == "database"),
        "## Of the process, as the system has it",
        _table(OF_THE_SYSTEM),
    )


def _table(metrics: Iterable[Metric]) -> str:
    rows = [(markdown.code(one.name), one.kind, markdown.codes(one.labels), f"{one.help}.") for one in metrics]
    return markdown.table(COLUMNS, rows)
