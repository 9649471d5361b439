"""The public addresses in messages: pixel, links, unsubscribe page, feedback of providers (design 8.15, threat model).

Nobody who follows them has a token of the API: what they mean is signed. They tell nothing about a message or contact.
"""

from __future__ import annotations

import base64

from waystage.api.docs_page import HTML, STYLE
from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.ground.errors import LinkNotValid
from waystage.ground.signed_links import LinkKind, SignedLink
from waystage.operations import follow_link, note_engagement
from waystage.operations.body_check import as_object
from waystage.operations.note_engagement import CLICK, OPEN, UNSUBSCRIBE, Engagement
from waystage.plan.engagement import bare

GIF = "image/gif"
#: One transparent dot.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
FOUND, GONE = 302, 404
#: Facts that are remembered in order not to be stored again.
MOST_NOTED = 10_000
#: The unsubscribe page posts to itself; everything else that pages may not do it may not either.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)  # fmt: skip


async def opened(request: Request) -> Reply:
    """GET track/open/{token}: the pixel, whatever the token is worth."""
    link = _link(request, LinkKind.OPEN)
    if link is not None:
        await _note(request, Engagement(link.request_id, OPEN, ""))
    return Reply(body=PIXEL, content_type=GIF)


async def clicked(request: Request) -> Reply:
    """GET track/click/{token}: on to the address that is signed, and to no other."""
    link = _link(request, LinkKind.CLICK)
    if link is None or not link.target:
        return _gone()
    await _note(request, Engagement(link.request_id, CLICK, bare(link.target)))
    headers = (("location", _in_ascii(link.target)),)
    return Reply(FOUND, _page("You are being led on."), headers, HTML)


async def ask(request: Request) -> Reply:
    """GET track/unsubscribe/{token}: a page with a button; merely looking at it, as scanners do, changes nothing."""
    if _link(request, LinkKind.UNSUBSCRIBE) is None:
        return _gone()
    button = "<form method=post><button type=submit>Unsubscribe</button></form>"
    page = _page("Do you want to get no more messages from this list?", button)
    return Reply(body=page, headers=(("content-security-policy", _POLICY),), content_type=HTML)


async def unsubscribe(request: Request) -> Reply:
    """POST track/unsubscribe/{token}: done, by the button or by the mail program (RFC 8058); the body tells nothing."""
    link = _link(request, LinkKind.UNSUBSCRIBE)
    if link is None:
        return _gone()
    await _note(request, Engagement(link.request_id, UNSUBSCRIBE, ""))
    return Reply(body=_page("You will get no more messages from this list."), content_type=HTML)


async def feedback(request: Request) -> Reply:
    """POST track/feedback/{token}: what a provider has to tell about a message; LinkNotValid."""
    link = _link(request, LinkKind.FEEDBACK)
    if link is None:
        raise LinkNotValid
    told = follow_link.read_feedback(link, recased(as_object(request.json()), ("type", "url")))
    await _note(request, told)
    return Reply(202, {"status": "Accepted"})


def _link(request: Request, kind: LinkKind) -> SignedLink | None:
    return follow_link.read(request.world.tracker.signer, kind, request.path["token"], request.now)


async def _note(request: Request, told: Engagement) -> None:
    """Store a fact, unless nobody has looked, or the same was noted a moment ago: a link may be followed in floods."""
    noted = request.world.noted
    if request.verb == "HEAD" or (told in noted and told.kind != UNSUBSCRIBE):
        return
    await request.write(note_engagement.note_followed, told, request.now)
    if len(noted) >= MOST_NOTED:
        noted.clear()
    noted.add(told)


def _gone() -> Reply:
    return Reply(GONE, _page("This link does not hold, or not any more."), content_type=HTML)


def _page(text: str, more: str = "") -> str:
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<meta name=robots content=noindex><title>Waystage</title><style>{STYLE}</style><p>{text}</p>{more}</html>"
    )


def _in_ascii(target: str) -> str:
    """An address as a header can carry it (RFC 3986: what is beyond ASCII is percent-encoded)."""
    return "".join(one if one.isascii() else "".join(f"%{byte:02X}" for byte in one.encode()) for one in target)
