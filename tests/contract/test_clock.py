"""The clock resource (contract, "Our own resources", 32; design 8.22)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.channels.servers import MailServer
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served

CLOCK = "/waystage/v1/clock"


def test_a_virtual_clock_stands_until_it_is_moved(api: Api) -> None:
    assert api.done("GET", CLOCK) == {"mode": "virtual", "now": "2026-01-01T00:00:00Z"}
    moved = api.done("POST", ADVANCE, {"by": "P3DT2H"})
    assert moved == {"mode": "virtual", "now": "2026-01-04T02:00:00Z", "instants": 0, "moved": 0}
    assert api.done("POST", ADVANCE, {"TO": "2026-02-01T00:00:00.250+01:00"})["now"] == "2026-01-31T23:00:00.25Z"
    assert api.done("POST", ADVANCE, {"by": "P1M"})["now"] == "2026-02-28T23:00:00.25Z"
    assert api.done("POST", ADVANCE, {"by": "PT0S", "to": None})["now"] == "2026-02-28T23:00:00.25Z"
    assert api.done("GET", CLOCK)["now"] == "2026-02-28T23:00:00.25Z"


REFUSED: list[tuple[Any, int, str]] = [
    ({}, 10002, "by"),
    ({"by": None}, 10002, "by"),
    ({"by": "P1D", "to": "2026-03-01T00:00:00Z"}, 10005, "by and to"),
    ({"by": 5}, 10001, "by"),
    ({"to": ["2026-03-01"]}, 10001, "to"),
    ({"by": "3 days"}, 10003, "by"),
    ({"by": "-P1D"}, 10003, "by"),
    ({"by": ""}, 10003, "by"),
    ({"by": "P999999999Y"}, 10003, "by"),
    ({"by": "P9000Y"}, 10003, "by"),
    ({"to": "tomorrow"}, 10003, "to"),
    ({"to": "2026-02-30"}, 10003, "to"),
    ({"to": "2025-12-31T23:59:59Z"}, 10005, "to"),
    ([], 10001, ""),
]


@pytest.mark.parametrize(("body", "code", "named"), REFUSED)
def test_bad_moves_are_refused_and_move_nothing(light: Api, body: Any, code: int, named: str) -> None:
    answer = light("POST", ADVANCE, body)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code), answer.text
    assert named in answer.json()["message"]
    assert light.done("GET", CLOCK)["now"] == "2026-01-01T00:00:00Z"


def test_only_administrators_move_it_and_only_if_it_is_virtual(light_server: Served, sqlite_url: str) -> None:
    reader = light_server.client(scope="journeys_read")
    assert reader("GET", CLOCK).status_code == 200
    assert reader("POST", ADVANCE, {"by": "P1D"}).json()["errorcode"] == 20002
    reader.http.close()


@pytest.mark.parametrize(("clock", "mode"), [("system", "system"), ("scaled:1000", "scaled")])
def test_other_clocks_cannot_be_moved(sqlite_url: str, clock: str, mode: str) -> None:
    with Served(sqlite_url, WAYSTAGE_CLOCK=clock) as server:
        api = server.client()
        assert api.done("GET", CLOCK)["mode"] == mode
        answer = api("POST", ADVANCE, {"by": "P1D"})
        assert (answer.status_code, answer.json()["errorcode"]) == (409, 30001)
        assert api("POST", ADVANCE, {"by": 1}).status_code == 400
        api.http.close()


def test_it_answers_when_everything_due_is_done_and_handed_over(database_url: str) -> None:
    with MailServer() as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="text")
        publish(api, [wait("W1", "M1"), mail("M1", "W2"), wait("W2", "M2", 2), mail("M2")])
        for number in range(5):
            fire(api, f"c{number}")
        settle(api)
        moved = api.done("POST", ADVANCE, {"by": "P2D"})
        assert (moved["now"], moved["instants"], moved["moved"]) == ("2026-01-03T00:00:00Z", 1, 5)
        assert len(mails.letters) == 5
        assert {one["status"] for one in messages(api)} == {"sent"}
        moved = api.done("POST", ADVANCE, {"to": "2026-12-01"})
        assert (moved["instants"], moved["moved"], len(mails.letters)) == (1, 5, 10)
        assert {one["sentDate"] for one in messages(api, activityKey="M2")} == {"2026-01-04T00:00:00"}
        api.http.close()


def test_moves_at_the_same_time_add_up(light_server: Served, light: Api) -> None:
    clients = [light_server.client() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda api: [api.done("POST", ADVANCE, {"by": "PT1H"}) for _ in range(3)], clients))
    assert light.done("GET", CLOCK)["now"] == "2026-01-01T12:00:00Z"
    for api in clients:
        api.http.close()


def test_a_restart_goes_on_from_the_stored_instant(database_url: str) -> None:
    with Served(database_url) as server:
        api = server.client()
        api.done("POST", ADVANCE, {"by": "P1D"})
        api.http.close()
    with Served(database_url, WAYSTAGE_CLOCK="virtual:2030-01-01T00:00:00Z") as server:
        api = server.client()
        assert api.done("GET", CLOCK)["now"] == "2026-01-02T00:00:00Z"
        api.http.close()
