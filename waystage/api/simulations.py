"""POST and GET simulations (contract 21): asked for, run in the background, read when they are over."""

from __future__ import annotations

from waystage.api.replies import Reply, iso_z
from waystage.api.requests import Request, recased
from waystage.ground.errors import SimulationNotFound
from waystage.ground.ids import new_guid
from waystage.operations import ask_simulation, simulations
from waystage.operations.ask_simulation import Asker
from waystage.operations.body_check import as_object, is_guid

_NAMES = (
    "journey", "journeyKey", "version", "seed", "start", "until", "contacts", "eventDefinition", "engagement",
)  # fmt: skip


async def create(request: Request) -> Reply:
    """POST simulations: 201 as soon as it is stored; it runs when those before it are over."""
    world, account, guid = request.world, request.caller.account, new_guid()
    body = recased(as_object(request.json()), _NAMES)
    settings = world.settings
    asker = Asker(account, request.now, settings.utc_offset, settings.test_wait_seconds)
    task = await request.read(ask_simulation.task_of, asker, body)
    made = await request.write(simulations.add, account, guid, task, request.now)
    world.simulations.start(account, guid)
    return Reply(201, {"id": guid, "status": made.status})


async def read(request: Request) -> Reply:
    """GET simulations/{id}: nothing but the id, the seed and the status before it is over."""
    if not is_guid(request.path["id"]):
        raise SimulationNotFound
    shown = await request.read(simulations.read, request.caller.account, request.path["id"].lower())
    return Reply(
        body={
            "id": shown.guid,
            "status": shown.status,
            "seed": shown.asked.seed,
            "start": iso_z(shown.asked.start),
            "until": iso_z(shown.asked.until),
            "contacts": shown.asked.contacts,
            **{name: value for name, value in shown.members().items() if name != "status"},
        }
    )
