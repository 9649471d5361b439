"""The only place that chooses implementations: settings in, a ready application out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from waystage.api.app import Application
from waystage.api.routes import HEALTH, ROUTES
from waystage.api.world import World
from waystage.channels import registry as channels
from waystage.engine import watching
from waystage.engine.plans import Plans
from waystage.engine.retention import Keep
from waystage.engine.running.everywhere import Everywhere
from waystage.engine.running.loop import Engine
from waystage.engine.running.tenure import correct_clock, this_process
from waystage.engine.running.timekeeping import clock_for
from waystage.engine.sending.caller import Caller
from waystage.engine.sending.deliver import Deliverer
from waystage.engine.sending.life_cycle_calls import LifeCycle
from waystage.engine.sending.signing_keys import SigningKeys
from waystage.engine.sending.tracking import Tracker
from waystage.ground import clock, tracing
from waystage.ground.addresses import anywhere, public_only
from waystage.ground.http import Client
from waystage.ground.ids import InboxNumbers, new_bytes
from waystage.ground.sealing import Sealer
from waystage.ground.settings import Settings
from waystage.ground.signed_links import LinkSigner
from waystage.installed import installed_kinds
from waystage.operations import clients
from waystage.operations.background import Claims, Resuming
from waystage.operations.intake import Intake
from waystage.operations.jobs import Publisher
from waystage.operations.load_jobs import RowLoader
from waystage.operations.simulation_runs import Simulations
from waystage.store import link_keys
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.processes import API, SERVE, WORKER

_LINK_KEY_BYTES = 32
#: A process that runs one simulation; -P keeps the present folder out of where modules are looked for.
SIMULATOR = (sys.executable, "-P", "-m", "waystage.simulator")


@dataclass(slots=True)
class Built:
    """A ready application, its world, and how to let go of both."""

    app: Application
    world: World
    database: Database
    mover: Engine | None
    """What moves contacts in this process; None in one that only answers."""
    everywhere: Everywhere
    deliverer: Deliverer
    publisher: Publisher
    simulations: Simulations
    resuming: Resuming

    @property
    def engine(self) -> Engine:
        """What moves contacts in this process; LookupError in one that only answers."""
        if self.mover is None:
            raise LookupError("this process moves no contacts")
        return self.mover

    def close(self) -> None:
        """Finish the batches at hand and what waits, then close the database.

        The deliverer first: whoever waits for the outbox to be empty, the engine's thread may, is told that it ends.
        """
        self.resuming.close()
        self.deliverer.stop()
        self.publisher.close()
        self.simulations.close()
        if self.mover is not None:
            self.mover.stop()
        self.everywhere.close()
        self.world.imports.close()
        self.database.close()
        tracing.end()


class OneProcessOnly(RuntimeError):
    """A role was asked for that needs a database which several processes may share."""


def build(settings: Settings, role: str = SERVE) -> Built:
    """Open the database, bring it up to date, make sure of a client, wire the application and start the engine.

    `role` is serve, api (no contacts are moved) or worker (no background work of the API). OneProcessOnly, AlreadyRun,
    OtherClock.
    """
    database = Database(settings.database_url)
    try:
        _check_role(database, role)
        return _wire(database, settings, role)
    except BaseException:
        database.close()
        raise


def _check_role(database: Database, role: str) -> None:
    if role != SERVE and not database.dialect.many_processes:
        raise OneProcessOnly(f"waystage {role} needs PostgreSQL: an SQLite file is run by one process, waystage serve")


def _wire(database: Database, settings: Settings, role: str) -> Built:
    migrate(database, settings.lanes)
    correct_clock(database)
    process = this_process(role)
    time = clock_for(database, settings.clock, process)
    if role != WORKER:
        _make_sure_of_a_client(database, settings)
    numbers = InboxNumbers(clock.real_now)
    ways_out = channels.ways_out(settings)
    plans = Plans(installed_kinds(settings.test_wait_seconds), settings.utc_offset, frozenset(ways_out), numbers)
    engine = None if role == API else Engine(database, time, plans, _keep(settings), process)
    everywhere = Everywhere(database, time, process, engine)
    sealer = Sealer(settings.secret_key, database.key_file)
    client = Client(anywhere if settings.allow_private_urls else public_only)
    keys = SigningKeys(database, sealer)
    life_cycle = LifeCycle(database, client, keys)
    caller = Caller(database, client, keys, numbers, everywhere.notify, owner=process.name)
    errands = (caller, life_cycle)
    tracker = Tracker(settings.public_url, LinkSigner(_link_key(database)))
    deliverer = Deliverer(database, time, ways_out, tracker=tracker, errands=errands, rates=settings.channel_rates)
    claims = Claims(database, process.name)
    publisher = Publisher(database, everywhere, plans, numbers, time, deliverer, life_cycle, claims)
    loader = RowLoader(database, everywhere, numbers, time, settings.utc_offset, claims)
    simulations = Simulations(database, time, SIMULATOR, claims)
    resuming = Resuming(publisher.resume, loader.resume, simulations.resume)
    world = World(
        database=database,
        settings=settings,
        clock=time,
        engine=everywhere,
        inbox=Intake(database, numbers, everywhere.notify),
        publisher=publisher,
        loader=loader,
        simulations=simulations,
        numbers=numbers,
        deliveries=deliverer,
        kinds=plans.kinds,
        tracker=tracker,
        sealer=sealer,
        claims=claims,
    )
    watching.begin(database.meters, time, everywhere, deliverer, caller.breakers, role)
    if engine is not None:
        engine.start(deliverer)
    deliverer.start()
    everywhere.start()
    if role != WORKER:
        resuming.start(again=database.dialect.many_processes)
    app = Application(world, HEALTH if role == WORKER else ROUTES)
    return Built(app, world, database, engine, everywhere, deliverer, publisher, simulations, resuming)


def _keep(settings: Settings) -> Keep:
    return Keep(settings.history_days, settings.message_days, settings.audit_days, settings.request_days)


def _link_key(database: Database) -> bytes:
    """The key of public links; whoever comes first draws it, and it is the same in every process."""
    drawn = new_bytes(_LINK_KEY_BYTES)
    return database.write(lambda tx: link_keys.ensure(tx, drawn)).result()


def _make_sure_of_a_client(database: Database, settings: Settings) -> None:
    account, now = settings.account_id, clock.real_now()
    client_id, secret = settings.client_id, settings.client_secret
    if client_id is not None and secret is not None:
        database.write(lambda tx: clients.ensure(tx, client_id, secret, account, now)).result()
        return
    made = database.write(lambda tx: clients.first_client(tx, account, now)).result()
    if made is not None:
        sys.stderr.write(f"The first API client was made; this is shown only now.\nid: {made[0]}\nsecret: {made[1]}\n")
