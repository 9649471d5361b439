"""Headers of every answer that keep browsers and caches from doing more with it than was meant (threat model)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from waystage.ground.settings import Settings

Header = tuple[bytes, bytes]

#: Pages bring their few styles with them and load nothing; no page may frame them.
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
#: Answers hold people's data: no cache on the way keeps them.
_NO_STORE: Header = (b"cache-control", b"no-store")
#: A year; only where the address that is announced is an encrypted one.
_STRICT: Header = (b"strict-transport-security", b"max-age=31536000")


def security_headers(settings: Settings) -> tuple[Header, ...]:
    """Give the headers that every answer gets."""
    strict = (_STRICT,) if settings.public_url.startswith("https://") else ()
    return (*_ALWAYS, _NO_STORE, *strict)
