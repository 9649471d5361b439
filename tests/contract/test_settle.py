"""Waiting until nothing is runnable (contract, "Our own resources", 23, 41)."""

from typing import Any

import pytest

from tests.channels.servers import HANG, MailServer, RudeServer
from tests.contract.mailing import SETTLE, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served


def test_what_was_answered_before_is_done_afterwards(api: Api) -> None:
    define_event(api)
    publish(api, [mail("M", "W"), wait("W")])
    for number in range(50):
        fire(api, f"c{number}")
    assert settle(api) == {"mode": "virtual", "now": "2026-01-01T00:00:00Z"}
    assert len(messages(api, pageSize=500)) == 50


@pytest.mark.parametrize("clock", ["system", "scaled:100"])
def test_any_clock_can_be_waited_for(sqlite_url: str, clock: str) -> None:
    with Served(sqlite_url, WAYSTAGE_CLOCK=clock) as server:
        api = server.client()
        define_event(api)
        publish(
            api,
            [
                mail("M"),
            ],
        )
        fire(api, "ann")
        settle(api)
        assert len(messages(api)) == 1
        api.http.close()


def test_every_effect_is_handed_over(database_url: str) -> None:
    with MailServer() as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="text")
        publish(api, [mail("M")])
        for number in range(30):
            fire(api, f"c{number}")
        settle(api)
        assert len(mails.letters) == 30
        api.http.close()


def test_it_gives_up_after_the_time_allowed_while_the_work_goes_on(sqlite_url: str) -> None:
    """And the program ends although somebody waits for the mail server still."""
    with (
        RudeServer(lambda verb, n: HANG if (verb, n) == ("TEXT", 1) else None) as mails,
        Served(sqlite_url, WAYSTAGE_SMTP_URL=mails.url) as server,
    ):
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="text")
        publish(api, [mail("M")])
        fire(api, "ann")
        answer = api("POST", SETTLE, {"timeoutSeconds": 0.2})
        assert (answer.status_code, answer.json()["errorcode"]) == (504, 504)
        assert messages(api)[0]["status"] == "queued"
        api.http.close()


@pytest.mark.parametrize(
    ("value", "code"),
    [("5", 10001), (True, 10001), ([], 10001), (0, 10005), (-1, 10005), (1e9, 10005)],
)
def test_a_bad_time_limit_is_refused(light: Api, value: Any, code: int) -> None:
    answer = light("POST", SETTLE, {"timeoutSeconds": value})
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code)
    assert "timeoutSeconds" in answer.json()["message"]


def test_readers_may_wait(light_server: Served) -> None:
    reader = light_server.client(scope="journeys_read")
    assert reader("POST", SETTLE).status_code == 200
    assert reader("POST", SETTLE, {"TIMEOUTSECONDS": None}).status_code == 200
    reader.http.close()
