"""Statistics and statuses of journeys over HTTP (api.md 4.6, 5.1 to 5.4)."""

from __future__ import annotations

from waystage.api.interactions import selector, version_number
from waystage.api.publication import SELECTION_REQUIRED
from waystage.api.replies import Reply, tidy_number, wire_date
from waystage.api.requests import Request
from waystage.ground.errors import ValueNotAllowed
from waystage.operations import clear_goal, read_statistics, version_status
from waystage.operations.read_statistics import GoalDay, WaitCount
from waystage.store import daily


def _today(request: Request) -> int:
    return daily.day_of(request.now, request.world.settings.utc_offset)


async def trigger(request: Request) -> Reply:
    """GET triggerstats/{eventDefinitionID}, and of one version: the last 30 days."""
    path = request.path
    counts = await request.read(
        read_statistics.trigger,
        request.caller.account,
        path["eventDefinitionID"],
        path.get("definitionId"),
        _today(request),
    )
    rows = (
        ("MetCriteria", "success", counts.met),
        ("ContactAttempted", "information", counts.attempted),
        ("Failed", "failure", counts.failed),
        ("ContactsWaiting", "information", counts.waiting),
    )
    return Reply(body={"statuses": [{"eventType": word, "category": kind, "count": n} for word, kind, n in rows]})


async def goals(request: Request) -> Reply:
    """GET goalstatistics/{id}: a version day by day (D-39)."""
    version, days = await request.read(
        read_statistics.goals, request.caller.account, selector(request), version_number(request)
    )
    offset = request.world.settings.utc_offset
    return Reply(body={"id": version.guid, "version": version.version, "days": [_day(one, offset) for one in days]})


def _day(day: GoalDay, offset: int) -> dict[str, object]:
    activities = [
        {
            "activityId": one.activity.id,
            "activityKey": one.activity.key,
            "activityType": one.activity.type,
            "cumulativePopulationForDay": one.reached,
            "metGoalForDay": one.met_goal,
        }
        for one in day.activities
    ]
    return {
        "date": wire_date(daily.start_of(day.day, offset), offset),
        "activities": activities,
        "cumulativePopulation": day.cumulative,
        "metGoal": day.met_goal,
        "metExitCriteria": day.met_exit,
        "goalPerformance": tidy_number(day.performance),
    }


async def clear(request: Request) -> Reply:
    """POST goalstatistics/clear/{id}: the goal reads zero from now on (D-40)."""
    await request.write(
        clear_goal.clear, request.caller.account, selector(request), version_number(request), _today(request)
    )
    return Reply(body={})


async def waits(request: Request) -> Reply:
    """GET waitstatistics/{id}: how many wait where (D-41)."""
    version, found = await request.read(
        read_statistics.waits,
        request.world.kinds,
        request.caller.account,
        selector(request),
        version_number(request),
    )
    offset = request.world.settings.utc_offset
    return Reply(
        body={"id": version.guid, "version": version.version, "activities": [_wait(one, offset) for one in found]}
    )


def _wait(wait: WaitCount, offset: int) -> dict[str, object]:
    return {
        "activityId": wait.activity.id,
        "activityKey": wait.activity.key,
        "name": wait.activity.name,
        "type": wait.activity.type,
        "count": wait.count,
        "nextReleaseDate": None if wait.next_release is None else wire_date(wait.next_release, offset),
    }


async def status(request: Request) -> Reply:
    """GET interactions/status/...: the status of one version or of all."""
    number, every = version_number(request), request.query.flag("allVersions")
    if number is None and not every:
        raise ValueNotAllowed(SELECTION_REQUIRED)
    found = await request.read(
        version_status.statuses, request.caller.account, selector(request), None if every else number
    )
    return Reply(body=[{"id": one.guid, "status": one.status, "versionNumber": one.version} for one in found])


async def summary(request: Request) -> Reply:
    """GET interactions/{id}/summary: activities of the newest version by type."""
    guid, counts = await request.read(version_status.summary, request.caller.account, selector(request))
    return Reply(body={"id": guid, "activities": [{"type": type_, "count": n} for type_, n in counts.items()]})
