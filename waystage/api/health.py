"""Liveness, readiness and metrics, without a token (contract, "Our own resources")."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.world import World
from waystage.ground import clock
from waystage.ground.log import logger
from waystage.operations import readiness
from waystage.operations.readiness import Backlog

UNAVAILABLE = 503
PATIENCE_SECONDS = 5.0
#: An engine that is further behind should not get more work.
MOST_LAG_SECONDS = 60.0

log = logger("api")


async def alive(request: Request) -> Reply:
    """GET healthz: the process answers."""
    return Reply(body={"status": "alive", "clock": request.world.clock.mode})


async def ready(request: Request) -> Reply:
    """GET readyz: 200, or 503 with what is missing."""
    schema = await _schema(request)
    engine = request.world.engine
    lag = engine.lag()
    fit = schema == "current" and engine.is_alive and lag <= MOST_LAG_SECONDS
    body = {
        "status": "ready" if fit else "not ready",
        "schema": schema,
        "engine": "running" if engine.is_alive else "not running",
        "engineLagSeconds": round(lag, 3),
    }
    return Reply(body=body) if fit else Reply(UNAVAILABLE, body)


async def _schema(request: Request) -> str:
    try:
        current = await asyncio.wait_for(request.read(readiness.schema_is_current), PATIENCE_SECONDS)
    except Exception:
        log.exception("the database does not answer")
        return "database unavailable"
    return "current" if current else "not migrated"


async def metrics(request: Request) -> Reply:
    """GET metrics: the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Figures(request.world, await _backlog(request)))
    return Reply(body=generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


async def _backlog(request: Request) -> Backlog | None:
    """What waits in the database; nothing when it does not answer, for then the other figures matter all the more."""
    channels = request.world.deliveries.channels
    try:
        reading = request.read(readiness.backlog, channels, clock.real_now())
        return await asyncio.wait_for(reading, PATIENCE_SECONDS)
    except Exception:
        log.exception("the database does not answer")
        return None


class _Figures(Collector):
    """Reads the figures at the moment they are asked for, so that requests pay nothing for them."""

    def __init__(self, world: World, backlog: Backlog | None) -> None:
        self._world = world
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "waystage_engine_lag_seconds", "How far the engine is behind what is due", value=self._world.engine.lag()
        )
        if self._backlog is not None:
            age, queued = self._backlog
            yield GaugeMetricFamily("waystage_inbox_oldest_seconds", "Age of the oldest event not taken in", value=age)
            waiting = GaugeMetricFamily("waystage_outbox_queued", "Messages not handed over yet", labels=["channel"])
            for channel, count in sorted(queued.items()):
                waiting.add_metric([channel], count)
            yield waiting
        sends = CounterMetricFamily("waystage_sends", "Attempts to send by result", labels=["channel", "result"])
        for (channel, result), count in sorted(self._world.deliveries.results.items()):
            sends.add_metric([channel, result], count)
        yield sends
        answers = CounterMetricFamily("waystage_http_responses", "Answers by status", labels=["status"])
        for status, count in sorted(self._world.answered.items()):
            answers.add_metric([str(status)], count)
        yield answers
