"""Following the signed links of a message: what a token says, as long as it holds (design 8.15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.ground.errors import MissingValue
from waystage.ground.signed_links import LinkKind, LinkSigner, SignedLink
from waystage.operations.body_check import BodyCheck
from waystage.operations.note_engagement import CLICK, TYPES, Engagement
from waystage.plan.engagement import bare

_LONGEST_URL = 2_000


def read(signer: LinkSigner, kind: LinkKind, token: str, now: int) -> SignedLink | None:
    """The link of a token of this kind that has not expired at `now`; None for any other text."""
    link = signer.read(token)
    return link if link is not None and link.kind is kind and now < link.expires else None


def read_feedback(link: SignedLink, body: Mapping[str, Any]) -> Engagement:
    """What a provider tells about its message; ValidationErrors."""
    check = BodyCheck(body)
    kind = check.choice("type", TYPES)
    if body.get("type") is None:
        check.refuse(MissingValue("type is required."))
    url = check.text("url", longest=_LONGEST_URL) or ""
    check.settle()
    return Engagement(link.request_id, kind or "", bare(url) if kind == CLICK else "")
