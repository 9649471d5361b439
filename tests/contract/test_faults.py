"""Faults of the server itself: the envelope outside, the reason in the log only (api.md 1.8)."""

import asyncio

import httpx
from structlog.testing import capture_logs

from tests.contract.served import Served
from waystage.api.app import Application
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import Route
from waystage.api.shapes.call import Call
from waystage.api.shapes.server import SERVER


async def boom(request: Request) -> Reply:
    raise KeyError("a secret detail")


async def get(app: Application, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://door") as http:
        return await http.get(path)


def test_an_unknown_exception_is_a_500_without_its_text(light_server: Served) -> None:
    app = Application(light_server.built.world, (Route("GET", "/boom", boom, Call(SERVER), scope=None),))
    with capture_logs() as lines:
        answer = asyncio.run(get(app, "/boom"))
    assert answer.status_code == 500
    assert answer.json() == {"message": "Internal server error.", "errorcode": 500, "documentation": ""}
    assert [(line["event"], line["route"], line["log_level"]) for line in lines] == [
        ("request failed", "/boom", "error")
    ]
