"""Everything that handlers reach beyond their request; put together once by the program's start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from waystage.api.tokens import Tokens
from waystage.ground.meters import Meters
from waystage.operations.background import Claims
from waystage.operations.fire_event import AcceptedEvent, EventForms
from waystage.operations.running_imports import RunningImports

if TYPE_CHECKING:
    from waystage.engine.running.loop import Advanced
    from waystage.engine.sending.tracking import Tracker
    from waystage.ground.clock import Clock
    from waystage.ground.ids import InboxNumbers
    from waystage.ground.sealing import Sealer
    from waystage.ground.settings import Settings
    from waystage.operations.note_engagement import Engagement
    from waystage.plan.compile import Kinds
    from waystage.store.database import Database

T = TypeVar("T")


class Engine(Protocol):
    """The engine, as handlers see it."""

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs and does not stumble."""
        ...

    def lag(self) -> float:
        """Give by how many real seconds the engine is behind what is due; 0 when at rest."""
        ...

    def notify(self, lanes: Iterable[int] | None = None) -> None:
        """Tell that the inbox of these lanes, or of every lane, has something."""
        ...

    def settle(self) -> Future[int]:
        """Come to rest at the present instant with every effect handed over; gives that instant."""
        ...

    def rest(self) -> Future[None]:
        """Come to rest at the present instant, whether or not effects are handed over."""
        ...

    def advance(self, target: int) -> Future[Advanced]:
        """Move the virtual clock from due instant to due instant."""
        ...


class Deliveries(Protocol):
    """The sender of effects, as the metrics see it."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Give the channels that have a way out."""
        ...

    @property
    def results(self) -> Mapping[tuple[str, str], int]:
        """Give how many attempts ended how since the start, by (channel, result)."""
        ...


class Publisher(Protocol):
    """Who runs publish and validate jobs."""

    def start(self, job_id: str) -> object:
        """Run a job soon."""
        ...


class Loader(Protocol):
    """Who writes rows after the answer."""

    def start(self, guid: str) -> object:
        """Carry out a request soon."""
        ...


class Simulations(Protocol):
    """Who runs simulations."""

    def start(self, account: int, guid: str) -> object:
        """Run a simulation when those before it are over."""
        ...


class Inbox(Protocol):
    """Where accepted events go."""

    def append(self, event: AcceptedEvent) -> Awaitable[str]:
        """Store an event; gives its id once it is committed."""
        ...


@dataclass(slots=True)
class World:
    """The one store, clock and engine of this process, its settings, and what it has seen of tokens and event forms."""

    database: Database
    settings: Settings
    clock: Clock
    engine: Engine
    inbox: Inbox
    publisher: Publisher
    loader: Loader
    simulations: Simulations
    numbers: InboxNumbers
    deliveries: Deliveries
    kinds: Kinds
    sealer: Sealer
    claims: Claims
    """What this process may work on, where others could."""
    tracker: Tracker
    tokens: Tokens = field(default_factory=Tokens)
    event_forms: EventForms = field(default_factory=EventForms)
    rehearsals: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="rehearse"))
    """Where trigger tests run, one after the other."""
    imports: RunningImports = field(default_factory=RunningImports)
    """The imports that this process runs."""
    noted: set[Engagement] = field(default_factory=set)
    """What the public links of messages have told of late."""
    advancing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the clock is moved, so that two moves by a duration add up."""

    @property
    def meters(self) -> Meters:
        """Give what this process has counted."""
        return self.database.meters
