"""POST lint: findings about a journey's body (contract 22, our own resources)."""

from __future__ import annotations

from waystage.api.replies import Reply, collection
from waystage.api.requests import Request
from waystage.operations import lint_document
from waystage.spec.problems import Problem


async def lint(request: Request) -> Reply:
    """Everything that publishing would report and more, in one page; nothing is stored."""
    world, account, body = request.world, request.caller.account, request.json()
    offset = world.settings.utc_offset
    found = await request.read(lint_document.find, world.kinds, account, body, request.now, offset)
    return Reply(body=collection([_finding(one) for one in found], len(found), 1, max(1, len(found))))


def _finding(one: Problem) -> dict[str, str]:
    about = {} if one.activity_key is None else {"activityKey": one.activity_key}
    return {"code": one.code, "severity": one.severity, **about, "message": one.message, "path": one.path}
