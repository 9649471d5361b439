"""Publishing, validating and stopping journey versions over HTTP (api.md 4.1 to 4.4)."""

from __future__ import annotations

from typing import Any, Literal

from waystage.api.interactions import selector, version_number
from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.ground.errors import ValueNotAllowed
from waystage.operations import pause_version, publish_version, read_job, stop_version
from waystage.operations.body_check import as_object

INTERACTIONS = "/interaction/v1/interactions"
VERSION_REQUIRED = "The query parameter versionNumber is required."
SELECTION_REQUIRED = "AllVersions=true or VersionNumber required."


async def publish(request: Request) -> Reply:
    """POST interactions/publishAsync/...: starts a job; its result is read at `statusUrl` (D-34)."""
    job = await request.write(
        publish_version.request_publish,
        request.caller.account,
        selector(request),
        _required_version(request),
        request.now,
    )
    request.world.publisher.start(job)
    return _accepted("publishStatus", job)


async def validate(request: Request) -> Reply:
    """POST interactions/validateAsync/...: as publish, but nothing changes."""
    job = await request.write(
        publish_version.request_validate,
        request.caller.account,
        selector(request),
        _required_version(request),
        request.now,
    )
    request.world.publisher.start(job)
    return _accepted("validateStatus", job)


async def status(request: Request) -> Reply:
    """GET interactions/publishStatus/{id} and validateStatus/{id} (D-35)."""
    return Reply(body=await request.read(read_job.read, request.caller.account, request.path["id"]))


async def stop(request: Request) -> Reply:
    """POST interactions/stop/... and stopAsync/...: at once and for good (D-36, D-38)."""
    chosen = _selected_version(request)
    account, now = request.caller.account, request.now
    await request.write(stop_version.stop, account, selector(request), chosen, request.world.numbers, now)
    request.world.engine.notify()
    return Reply(body={"status": "Accepted"})


async def pause(request: Request) -> Reply:
    """POST interactions/pause/...: contacts stay where they are until the version is resumed (D-37, D-38)."""
    body = _optional_body(request)
    chosen = _selected_version(request)
    wishes = pause_version.read(recased(body, pause_version.NAMES))
    account, now = request.caller.account, request.now
    await request.write(pause_version.pause, account, selector(request), chosen, wishes, request.world.numbers, now)
    request.world.engine.notify()
    return Reply(202, {"status": "Accepted"})


async def resume(request: Request) -> Reply:
    """POST interactions/resume/...: what was due goes on at once (api.md 4.5)."""
    chosen = _selected_version(request)
    account, now = request.caller.account, request.now
    await request.write(pause_version.resume, account, selector(request), chosen, request.world.numbers, now)
    request.world.engine.notify()
    return Reply(202, {"status": "Accepted"})


def _selected_version(request: Request) -> int | None:
    """The version that is asked for, None for every one; ValueNotAllowed without either."""
    number, every = version_number(request), request.query.flag("allVersions")
    if number is None and not every:
        raise ValueNotAllowed(SELECTION_REQUIRED)
    return None if every else number


def _optional_body(request: Request) -> dict[str, Any]:
    return as_object(request.json()) if request.body.strip() else {}


def _required_version(request: Request) -> int:
    number = version_number(request)
    if number is None:
        raise ValueNotAllowed(VERSION_REQUIRED)
    return number


def _accepted(kind: Literal["publishStatus", "validateStatus"], job: str) -> Reply:
    """Answer with the handle of a job; the address is relative to the server (clients.md 4)."""
    return Reply(body={"statusUrl": f"{INTERACTIONS}/{kind}/{job}", "statusId": job})
