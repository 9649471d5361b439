"""What leads back from a message to us: pixel, links, unsubscribe page, feedback of providers (design 8.15).

Everything here is a pure function of the message and the key, so that a message has the same bytes on every attempt.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waystage.ground.signed_links import LONGEST_TARGET, LinkKind, LinkSigner, SignedLink
from waystage.plan.effects import Mail

#: Where the public routes begin.
PREFIX: Final = "/waystage/v1/track"
_PATHS: Final = {
    LinkKind.OPEN: "open",
    LinkKind.CLICK: "click",
    LinkKind.UNSUBSCRIBE: "unsubscribe",
    LinkKind.FEEDBACK: "feedback",
}
#: Links hold for 180 days from the instant of the send, in ms of journey time.
LIFE: Final = 180 * 24 * 3_600_000
_SIGNS: Final = re.compile(r"[\x00-\x20\x7f-\x9f]")
_SCHEME: Final = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
#: The address of a link in html; within one tag, so that it takes time in proportion to the text.
_HREF: Final = re.compile(
    r"""(<a\s(?:[^<>]*?\s)?href\s*=\s*)("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.IGNORECASE
)  # fmt: skip
_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)
_NOBODY: Final = Mail()


def may_lead_to(target: str) -> bool:
    """Whether a link may lead there: an absolute web address, not too long, without blanks or control characters."""
    return (
        len(target.encode("utf-8", "replace")) <= LONGEST_TARGET
        and _SCHEME.match(target) is not None
        and _SIGNS.search(target) is None
    )


@dataclass(frozen=True, slots=True)
class Tracker:
    """Makes the links of messages; `public_url` is the address under which people reach this server."""

    public_url: str
    signer: LinkSigner

    def url(self, kind: LinkKind, request_id: str, at: int, target: str = "") -> str:
        """A public address about a message that was written at `at` (ms)."""
        token = self.signer.write(SignedLink(kind, request_id, at + LIFE, target))
        return f"{self.public_url}{PREFIX}/{_PATHS[kind]}/{token}"

    def late(self, request_id: str, at: int) -> Mapping[str, str]:
        """The values of plan.values.LATE_LINKS."""
        return {"unsubscribe": self.url(LinkKind.UNSUBSCRIBE, request_id, at)}

    def headers(self, request_id: str, at: int) -> tuple[tuple[str, str], ...]:
        """What lets mail programs unsubscribe with one click (RFC 2369, RFC 8058)."""
        url = self.url(LinkKind.UNSUBSCRIBE, request_id, at)
        return (("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))

    def followed(self, body: str, mail: Mail | None, request_id: str, at: int, *, leaves: bool) -> str:
        """An html body with its links and a pixel leading through us, as far as the message wants it."""
        wishes = mail or _NOBODY
        if wishes.clicks or (wishes.clicks is None and leaves):
            body = _HREF.sub(lambda found: found[1] + self._link(found[2], request_id, at), body)
        if wishes.opens or (wishes.opens is None and leaves):
            body = _with_pixel(body, self.url(LinkKind.OPEN, request_id, at))
        return body

    def _link(self, written: str, request_id: str, at: int) -> str:
        quote = written[0] if written[0] in "\"'" else ""
        target = html.unescape(written.strip("\"'")).strip()
        if not may_lead_to(target) or target.startswith(f"{self.public_url}{PREFIX}/"):
            return written
        quote = quote or '"'
        return f"{quote}{self.url(LinkKind.CLICK, request_id, at, target)}{quote}"


def _with_pixel(body: str, url: str) -> str:
    pixel = f'<img src="{url}" width="1" height="1" alt="" style="display:block;border:0">'
    place = max((found.start() for found in _END.finditer(body)), default=len(body))
    return f"{body[:place]}{pixel}{body[place:]}"
