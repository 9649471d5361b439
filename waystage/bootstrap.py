"""The only place that chooses implementations: settings in, a ready application out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from waystage.api.app import Application
from waystage.api.routes import ROUTES
from waystage.api.world import World
from waystage.channels import registry as channels
from waystage.engine.caller import Caller
from waystage.engine.deliver import Deliverer
from waystage.engine.life_cycle_calls import LifeCycle
from waystage.engine.loop import Engine
from waystage.engine.plans import Plans
from waystage.engine.signing_keys import SigningKeys
from waystage.engine.timekeeping import clock_for
from waystage.engine.tracking import Tracker
from waystage.ground import clock
from waystage.ground.addresses import anywhere, public_only
from waystage.ground.http import Client
from waystage.ground.ids import InboxNumbers, new_bytes
from waystage.ground.sealing import Sealer
from waystage.ground.settings import Settings
from waystage.ground.signed_links import LinkSigner
from waystage.installed import installed_kinds
from waystage.operations import clients
from waystage.operations.intake import Intake
from waystage.operations.jobs import Publisher
from waystage.operations.load_jobs import RowLoader
from waystage.operations.simulation_runs import Simulations
from waystage.store import link_keys
from waystage.store.database import Database
from waystage.store.migrate import migrate

_LINK_KEY_BYTES = 32
#: A process that runs one simulation; -P keeps the present folder out of where modules are looked for.
SIMULATOR = (sys.executable, "-P", "-m", "waystage.simulator")


@dataclass(slots=True)
class Built:
    """A ready application, its world, and how to let go of both."""

    app: Application
    world: World
    database: Database
    engine: Engine
    deliverer: Deliverer
    publisher: Publisher
    simulations: Simulations

    def close(self) -> None:
        """Finish the batches at hand and what waits, then close the database.

        The deliverer first: whoever waits for the outbox to be empty, the engine's thread may, is told that it ends.
        """
        self.deliverer.stop()
        self.publisher.close()
        self.simulations.close()
        self.engine.stop()
        self.world.imports.close()
        self.database.close()


def build(settings: Settings) -> Built:
    """Open the database, bring it up to date, make sure of a client, wire the application and start the engine."""
    database = Database(settings.database_url)
    try:
        return _wire(database, settings)
    except BaseException:
        database.close()
        raise


def _wire(database: Database, settings: Settings) -> Built:
    migrate(database, settings.lanes)
    _make_sure_of_a_client(database, settings)
    time = clock_for(database, settings.clock)
    numbers = InboxNumbers(clock.real_now)
    ways_out = channels.ways_out(settings)
    plans = Plans(installed_kinds(settings.test_wait_seconds), settings.utc_offset, frozenset(ways_out), numbers)
    engine = Engine(database, time, plans, settings.history_days)
    sealer = Sealer(settings.secret_key, database.key_file)
    client = Client(anywhere if settings.allow_private_urls else public_only)
    keys = SigningKeys(database, sealer)
    life_cycle = LifeCycle(database, client, keys)
    errands = (Caller(database, client, keys, numbers, engine.notify), life_cycle)
    tracker = Tracker(settings.public_url, LinkSigner(_link_key(database)))
    deliverer = Deliverer(database, time, ways_out, tracker=tracker, errands=errands, rates=settings.channel_rates)
    publisher = Publisher(database, engine, plans, numbers, time, deliverer, life_cycle)
    loader = RowLoader(database, engine, numbers, time, settings.utc_offset)
    simulations = Simulations(database, time, SIMULATOR)
    world = World(
        database=database,
        settings=settings,
        clock=time,
        engine=engine,
        inbox=Intake(database, numbers, engine.notify),
        publisher=publisher,
        loader=loader,
        simulations=simulations,
        numbers=numbers,
        deliveries=deliverer,
        kinds=plans.kinds,
        tracker=tracker,
        sealer=sealer,
    )
    engine.start(deliverer)
    deliverer.start()
    publisher.resume()
    loader.resume()
    simulations.resume()
    return Built(Application(world, ROUTES), world, database, engine, deliverer, publisher, simulations)


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
