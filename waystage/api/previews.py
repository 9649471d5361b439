"""POST previews: what a message of a journey would say, without sending it (contract 24)."""

from __future__ import annotations

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.operations import preview_message
from waystage.operations.body_check import as_object

_NAMES = ("journeyKey", "versionNumber", "activityKey", "contactKey", "data")


async def preview(request: Request) -> Reply:
    """200 with the texts; nothing is stored and nobody is written to."""
    asked = preview_message.read(recased(as_object(request.json()), _NAMES))
    world = request.world
    found = await request.read(
        preview_message.preview, world.kinds, request.caller.account, asked, request.now, world.settings.utc_offset
    )
    return Reply(
        body={
            "channel": found.channel,
            "to": found.to,
            "cc": found.texts.cc,
            "bcc": found.texts.bcc,
            "subject": found.texts.subject,
            "html": found.texts.html,
            "text": found.texts.text,
            "reason": found.reason,
            "unknown": found.unknown,
        }
    )
