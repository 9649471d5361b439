"""Posting to other people's services over real sockets."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.crash.process import free_port
from tests.services.service import Service
from waystage.ground.addresses import Address, ForbiddenAddress, is_public, public_only
from waystage.ground.http import Answer, AnswerLost, Client, NotReached, target_of


def played(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 30))


async def _post(client: Client, url: str, **headers: str) -> Answer:
    return await client.post(url, {"Content-Type": "application/json", **headers}, b'{"a": 1}', 5)


async def _once(client: Client, url: str, **headers: str) -> Answer:
    try:
        return await _post(client, url, **headers)
    finally:
        await client.close()


def test_one_connection_carries_many_requests() -> None:
    async def play(service: Service) -> None:
        client = Client()
        for _ in range(5):
            answer = await _post(client, f"{service.address}/ok/x?y=1")
            assert (answer.status, json.loads(answer.body)) == (200, {"token": "t-1"})
            assert answer.headers["content-type"] == "application/json"
        await client.close()

    with Service() as service:
        played(play(service))
        assert [one.path for one in service.asked] == ["/ok/x?y=1"] * 5
        assert {one.headers["host"] for one in service.asked} == {service.address.removeprefix("http://")}
        assert service.connections == 1


def test_requests_at_once_have_connections_of_their_own() -> None:
    async def play(service: Service) -> list[Answer]:
        client = Client()
        answers = await asyncio.gather(*(_post(client, f"{service.address}/ok/x") for _ in range(20)))
        await client.close()
        return list(answers)

    with Service() as service:
        assert [one.status for one in played(play(service))] == [200] * 20


@pytest.mark.parametrize("behaviour", ["garbage", "cut", "drop", "huge"])
def test_an_answer_that_is_none(behaviour: str) -> None:
    async def play(service: Service) -> None:
        with pytest.raises(AnswerLost):
            await _once(Client(), f"{service.address}/{behaviour}/x")

    with Service() as service:
        played(play(service))


def test_nobody_listens() -> None:
    async def play() -> None:
        with pytest.raises(NotReached, match="cannot be reached"):
            await _once(Client(), f"http://127.0.0.1:{free_port()}/")

    played(play())


def test_a_header_cannot_begin_another() -> None:
    async def play() -> None:
        with pytest.raises(ValueError, match="line end"):
            await _once(Client(), "http://127.0.0.1:9/", Evil="a\r\nHost: b")

    played(play())


def test_a_name_that_changes_its_mind_is_called_where_it_was_looked_at() -> None:
    """The connection goes to the addresses that were resolved, whatever the name would lead to now."""

    async def play(service: Service) -> Answer:
        port = int(service.address.rpartition(":")[2])

        async def resolve(host: str, asked: int) -> list[Address]:
            assert (host, asked) == ("nowhere.example", 80)
            return [Address("127.0.0.1", port)]

        return await _once(Client(resolve), "http://nowhere.example/ok/x")

    with Service() as service:
        assert played(play(service)).status == 200
        assert service.asked[0].headers["host"] == "nowhere.example"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "0.0.0.0", "[::ffff:10.0.0.1]"]
)
def test_private_addresses_are_refused(host: str) -> None:
    async def play() -> None:
        with pytest.raises(ForbiddenAddress):
            await _once(Client(public_only), f"http://{host}:9/")

    played(play())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize("url", ["", "ftp://a/", "http://", "https:///x", "a b", "http://a:99999/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is a ValueError
        target_of(url)
