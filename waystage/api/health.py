"""Liveness and readiness, without a token (contract, "Our own resources")."""

from __future__ import annotations

import asyncio

from waystage.api.metrics import PATIENCE_SECONDS
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.ground.log import logger
from waystage.operations import readiness

UNAVAILABLE = 503
#: A newer program may have migrated the database: migrations only add, so older processes go on meanwhile.
SERVED = frozenset({"current", "newer"})
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
    fit = schema in SERVED and engine.is_alive and lag <= MOST_LAG_SECONDS
    body = {
        "status": "ready" if fit else "not ready",
        "schema": schema,
        "engine": "running" if engine.is_alive else "not running",
        "engineLagSeconds": round(lag, 3),
    }
    return Reply(body=body) if fit else Reply(UNAVAILABLE, body)


async def _schema(request: Request) -> str:
    try:
        return await asyncio.wait_for(request.read(readiness.schema_state), PATIENCE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever ails it
        log.error("the database does not answer", error=repr(error))  # noqa: TRY400 - a trace with every probe helps nobody
        return "database unavailable"
