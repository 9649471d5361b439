"""GET metrics: the table of `ground.meters` in the text format of Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.ground import clock, meters
from waystage.ground.log import logger
from waystage.ground.meters import METRICS, Histogram, Meters, Metric, Samples
from waystage.operations import figures
from waystage.operations.figures import Instants, Known

#: Seconds that the database has to answer, here and for readiness.
PATIENCE_SECONDS = 5.0

log = logger("api")


async def metrics(request: Request) -> Reply:
    """GET metrics: put together beside the loop that answers requests."""
    stored = await _stored(request)
    body = await asyncio.to_thread(_written, request.world.meters, stored)
    return Reply(body=body, content_type=CONTENT_TYPE_LATEST)


async def _stored(request: Request) -> Mapping[Metric, Samples]:
    """What waits in the database; nothing when it does not answer, for then the other figures matter all the more."""
    world = request.world
    now = Instants(clock.real_now(), world.clock.now())
    known = Known(world.deliveries.channels, world.meters.due_seats(), world.meters.passed())
    try:
        reading = request.read(figures.read, known, now)
        found = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever ails it
        log.error("the database does not answer", error=repr(error))  # noqa: TRY400 - a trace with every probe helps nobody
        return {meters.DATABASE_UP: {(): 0.0}}
    return found | {meters.DATABASE_UP: {(): 1.0}}


def _written(counted: Meters, stored: Mapping[Metric, Samples]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Figures(counted, stored))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Figures(Collector):
    """Reads the figures at the moment they are asked for, so that requests pay next to nothing for them."""

    def __init__(self, counted: Meters, stored: Mapping[Metric, Samples]) -> None:
        self._counted = counted
        self._stored = stored

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            if metric.kind == "histogram":
                yield _histograms(metric, self._counted.histograms(metric))
            else:
                yield _family(metric, self._stored.get(metric) or self._counted.samples(metric))


def _family(metric: Metric, samples: Samples) -> Family:
    made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = made(metric.name.removesuffix("_total"), metric.help, labels=metric.labels)
    for labels, value in sorted(samples.items()):
        family.add_metric(labels, value)
    return family


def _histograms(metric: Metric, found: Mapping[tuple[str, ...], Histogram]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, one in sorted(found.items()):
        counts = accumulate(list(one.counts))
        bounds = [*(f"{step:g}" for step in metric.steps), "+Inf"]
        family.add_metric(labels, list(zip(bounds, map(float, counts), strict=True)), one.total)
    return family
