"""The only place that chooses implementations: settings in, a ready application out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from waystage.activities import registry as activities
from waystage.api.app import Application
from waystage.api.routes import ROUTES
from waystage.api.world import World
from waystage.channels import registry as channels
from waystage.engine.deliver import Deliverer
from waystage.engine.loop import Engine
from waystage.engine.plans import Plans
from waystage.engine.timekeeping import clock_for
from waystage.ground import clock
from waystage.ground.ids import InboxNumbers
from waystage.ground.sealing import Sealer
from waystage.ground.settings import Settings
from waystage.operations import clients
from waystage.operations.intake import Intake
from waystage.operations.jobs import Publisher
from waystage.operations.load_jobs import RowLoader
from waystage.plan.compile import Kinds
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.triggers import registry as triggers


@dataclass(slots=True)
class Built:
    """A ready application, its world, and how to let go of both."""

    app: Application
    world: World
    database: Database
    engine: Engine
    deliverer: Deliverer

    def close(self) -> None:
        """Finish the batches at hand and what waits, then close the database.

        The deliverer first: whoever waits for the outbox to be empty, the engine's thread may, is told that it ends.
        """
        self.deliverer.stop()
        self.engine.stop()
        self.world.imports.close()
        self.database.close()


def installed_kinds(test_wait_seconds: int = 10) -> Kinds:
    """Every activity type and trigger of this installation; in test mode waits last so many seconds (contract 26)."""
    not_built = activities.NOT_BUILT | triggers.NOT_BUILT
    return Kinds(activities.load(), triggers.load(), not_built, test_wait_seconds)


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
    deliverer = Deliverer(database, time, ways_out)
    publisher = Publisher(database, engine, plans, numbers, time)
    loader = RowLoader(database, engine, numbers, time, settings.utc_offset)
    world = World(
        database=database,
        settings=settings,
        clock=time,
        engine=engine,
        inbox=Intake(database, numbers, engine.notify),
        publisher=publisher,
        loader=loader,
        numbers=numbers,
        deliveries=deliverer,
        kinds=plans.kinds,
        sealer=Sealer(settings.secret_key, database.key_file),
    )
    engine.start(deliverer)
    deliverer.start()
    publisher.resume()
    loader.resume()
    return Built(Application(world, ROUTES), world, database, engine, deliverer)


def _make_sure_of_a_client(database: Database, settings: Settings) -> None:
    account, now = settings.account_id, clock.real_now()
    client_id, secret = settings.client_id, settings.client_secret
    if client_id is not None and secret is not None:
        database.write(lambda tx: clients.ensure(tx, client_id, secret, account, now)).result()
        return
    made = database.write(lambda tx: clients.first_client(tx, account, now)).result()
    if made is not None:
        sys.stderr.write(f"The first API client was made; this is shown only now.\nid: {made[0]}\nsecret: {made[1]}\n")
