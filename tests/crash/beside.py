"""A thread with an event loop, on which the world around the product lives: its hosts, its network, its callers."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
#: Turns of the loop within which whatever is ready has happened.
_TURNS = 5


class Beside:
    """Runs coroutines for callers that have no loop."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="beside", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Do something there and wait for it; TimeoutError."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def close(self) -> None:
        """End whatever still runs."""
        self.run(_end_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _end_others() -> None:
    await _turns()  # whoever has just connected begins, and only what has begun ends in order
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await _turns()  # what was closed is told so


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
