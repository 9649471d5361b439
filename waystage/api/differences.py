"""GET journeys/{key}/diff: two versions side by side, for programs and for people (contract, our own resources)."""

from __future__ import annotations

from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.ground.errors import ValueNotAllowed
from waystage.operations import compare_versions
from waystage.spec.differences import Part

#: The first is given where nobody asks for another.
FORMATS = ("json", "text")
TEXT = "text/plain"


async def compare(request: Request) -> Reply:
    """What was added, removed, re-routed and re-configured between `from` and `to`; `text` says the same in lines."""
    before, after = request.query.integer("from"), request.query.integer("to")
    key = request.path["key"]
    form = (request.query.text("format") or "").lower() or ("text" if _takes_text_only(request) else FORMATS[0])
    if form not in FORMATS:
        raise ValueNotAllowed(f"format must be one of {', '.join(FORMATS)}.")
    compared = await request.read(compare_versions.compare, request.caller.account, key, before, after)
    found = compared.found
    if form == "text":
        return Reply(body="".join(f"{line}\n" for line in found.lines()), content_type=f"{TEXT}; charset=utf-8")
    return Reply(
        body={
            "journeyKey": compared.after.key,
            "from": compared.before.version,
            "to": compared.after.version,
            "added": [_part(one) for one in found.added],
            "removed": [_part(one) for one in found.removed],
            "rerouted": [
                {"activityKey": one.activity_key, "outcome": one.outcome, "from": one.before, "to": one.after}
                for one in found.rerouted
            ],
            "reconfigured": [
                {"part": one.part, "key": one.key, "path": one.path, "from": one.before, "to": one.after}
                for one in found.reconfigured
            ],
            "text": found.lines(),
        }
    )


def _takes_text_only(request: Request) -> bool:
    return request.header("accept").partition(";")[0].strip().lower() == TEXT


def _part(one: Part) -> dict[str, str]:
    return {"part": one.part, "key": one.key, "type": one.type, "name": one.name}
