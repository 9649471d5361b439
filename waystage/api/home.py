"""GET /: a small page of links until the UI comes (contract, "The two commands")."""

from __future__ import annotations

from waystage.api.docs_page import HTML, STYLE
from waystage.api.replies import Reply
from waystage.api.requests import Request

LINKS = (
    ("/docs", "API documentation"),
    ("/openapi.json", "OpenAPI document"),
    ("/healthz", "Health"),
    ("/readyz", "Readiness"),
    ("/metrics", "Metrics"),
    ("/waystage/v1/messages", "Messages (needs a token)"),
)


async def home(request: Request) -> Reply:
    """Answer the page of links."""
    items = "".join(f"<li><a href={address}>{text}</a></li>" for address, text in LINKS)
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Waystage</title><style>{STYLE}</style><h1>Waystage</h1>"
        f"<p>The clock is <b>{request.world.clock.mode}</b>.</p><ul>{items}</ul></html>"
    )
    return Reply(body=page, content_type=HTML)
