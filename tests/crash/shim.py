import asyncio
from datetime import datetime
from typing import Any
from waystage.api.replies import Reply
from waystage.api.app import Application
from waystage.api import routes
from dataclasses import replace

def shim(built: Any) -> None:
    async def advance(request: Any) -> Reply:
        to = int(datetime.fromisoformat(request.json()["to"]).timestamp() * 1000)
        done = await asyncio.wrap_future(built.engine.advance(to))
        return Reply(body={"mode": "virtual", "now": done.now, "instants": done.instants, "moved": done.moved})
    async def settle(request: Any) -> Reply:
        now = await asyncio.wrap_future(built.engine.settle())
        return Reply(body={"now": now})
    table = {"/waystage/v1/clock/advance": advance, "/waystage/v1/engine/settle": settle}
    rows = tuple(replace(r, function=table[r.path]) if r.path in table else r for r in routes.ROUTES)
    built.app.__init__(built.world, rows)
