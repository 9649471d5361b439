"""The journey of the benchmark as jobs of procrastinate, a job queue on PostgreSQL: each step defers the next.

Runs as a process of its own (`python -m waystage.bench.rival_queue <database> <contacts>`) and writes one JSON line.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
from procrastinate import App, PsycopgConnector

from waystage.bench import documents
from waystage.bench.cores import spent
from waystage.ground import clock

#: Jobs that the worker runs at once, and connections that it may open.
_CONCURRENCY = 20
app = App(connector=PsycopgConnector(conninfo=sys.argv[1] if len(sys.argv) > 1 else "", max_size=_CONCURRENCY))
sent: list[int] = []


@app.task
async def enter(number: int) -> None:
    """Take the event in, and let the contact wait."""
    await wake.configure(schedule_in={"seconds": 0}).defer_async(data=documents.event_data(number))


@app.task
async def wake(data: dict[str, Any]) -> None:
    """The wait is over: decide."""
    gold = data["Score"] > 50 and data["Tier"] == "gold"
    await send.defer_async(address=data["EmailAddress"], email=1 if gold else 2)


@app.task
async def send(address: str, email: int) -> None:
    """Note the message; with that the contact has left."""
    sent.append(email)


async def run(contacts: int) -> dict[str, float]:
    """Defer the first job of every contact together, and work until nothing is left."""
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        started, before = clock.stopwatch(), spent()
        await enter.batch_defer_async(*({"number": number} for number in range(contacts)))
        await app.run_worker_async(concurrency=_CONCURRENCY, wait=False, install_signal_handlers=False)
        seconds, cpu = clock.stopwatch() - started, spent() - before
    return {"seconds": seconds, "cpu": cpu, "sent": len(sent), "gold": sent.count(1)}


def main() -> None:
    """Run and write what came of it."""
    sys.stdout.write(msgspec.json.encode(asyncio.run(run(int(sys.argv[2])))).decode())


if __name__ == "__main__":
    main()
