"""GET metrics over HTTP: exactly the table, and figures that follow what happens."""

from collections.abc import Iterator, Mapping

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.calling import rest, run, served
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.bootstrap import build
from waystage.ground.meters import LANES_HELD, METRICS, OF_THE_SYSTEM, PROCESS_INFO
from waystage.ground.settings import load

Sample = tuple[str, frozenset[tuple[str, str]]]


class Figures:
    """What was read once."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.values: Mapping[Sample, float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self.values[name, frozenset(labels.items())]


def figures(address: str) -> Figures:
    return Figures(httpx.get(f"{address}/metrics").text)


def test_exactly_the_table_is_shown(light_server: Served) -> None:
    light_server.client()
    found = figures(light_server.address).families
    shown = {
        (family.name + ("_total" if family.type == "counter" else ""), family.type, family.documentation)
        for family in found.values()
        if family.name.startswith("waystage")
    }
    assert shown == {(one.name, one.kind, one.help) for one in METRICS}
    system = {name for name in found if not name.startswith("waystage")}
    assert system >= {one.name.removesuffix("_total") for one in OF_THE_SYSTEM}
    for one in METRICS:
        for sample in found[one.name.removesuffix("_total")].samples:
            assert set(sample.labels) - {"le"} == set(one.labels), sample


def test_requests_are_counted_by_route_and_status(light_server: Served) -> None:
    with httpx.Client(base_url=light_server.address) as http:
        for path in ("/healthz", "/HEALTHZ/", "/waystage/v1/journeys/Ann/contacts/ann@example.com", "/nothing/here"):
            http.get(path)
        http.head("/healthz")
        http.request("PROPFIND", "/healthz")
        http.request("PROPFIND", "/pot")
        http.post("/healthz")
    found = figures(light_server.address)
    counted = {name: value for name, value in found.values.items() if name[0] == "waystage_requests_total"}
    assert {tuple(sorted(labels)): value for (_, labels), value in counted.items()} == {
        (("route", "/healthz"), ("status", "200"), ("verb", "GET")): 2,
        (("route", "/healthz"), ("status", "200"), ("verb", "HEAD")): 1,
        (("route", "/waystage/v1/journeys/{key}/contacts/{contactKey}"), ("status", "401"), ("verb", "GET")): 1,
        (("route", "(none)"), ("status", "404"), ("verb", "GET")): 1,
        (("route", "(none)"), ("status", "405"), ("verb", "OTHER")): 1,
        (("route", "(none)"), ("status", "404"), ("verb", "OTHER")): 1,
        (("route", "(none)"), ("status", "405"), ("verb", "POST")): 1,
    }
    assert found("waystage_request_seconds_count", route="/healthz", verb="GET") == 2
    assert found("waystage_requests_open") == 1  # the one that asks


def test_batches_lanes_and_messages(server: Served, api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [wait("W", "M"), mail("M")])
    for name in ("ann", "bob"):
        fire(api, name)
    settle(api)
    before = figures(server.address)
    api.done("POST", ADVANCE, {"by": "P1D"})
    after = figures(server.address)
    lanes = after("waystage_lanes_held")
    assert after("waystage_lane_changes_total", change="taken") == lanes > 0
    assert after("waystage_lanes_without_owner") == 0
    assert after("waystage_lane_lag_seconds", lane="1") == after("waystage_engine_lag_seconds") == 0
    assert before("waystage_batch_contacts_sum") < after("waystage_batch_contacts_sum")
    assert before("waystage_batch_seconds_count") < after("waystage_batch_seconds_count")
    assert after("waystage_messages_written_total") == 2
    assert after("waystage_commit_seconds_count") > 0
    assert after("waystage_commit_writes_sum") >= after("waystage_commit_writes_count")
    assert (after("waystage_inbox_rows"), after("waystage_due_contacts"), after("waystage_database_up")) == (0, 0, 1)
    assert after("waystage_processes", role="serve") == 1


def test_calls_and_hosts_that_rest(sqlite_url: str) -> None:
    with served(sqlite_url) as (server, api, service):
        run(api, rest(service), "ann", "bob")
        run(api, rest(service, "s500"), "eve", key="second")
        found = figures(server.address)
        assert found("waystage_calls_total", result="answered") == 3  # eve is in both
        assert found("waystage_calls_total", result="failed") == 1
        assert found("waystage_call_seconds_count") >= 3
        assert found("waystage_pending_calls") == 0
        host = service.address.removeprefix("http://")
        assert found("waystage_breaker_open", host=host) == 0


def test_what_waits_is_seen_while_nobody_moves_it(sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        api = server.client()
        define_event(api)
        publish(api, [wait("W")])
        settle(api)
        assert server.built.engine is not None
        server.built.engine.stop()
        for name in ("ann", "bob", "eve"):
            fire(api, name)
        found = figures(server.address)
        assert found("waystage_inbox_rows") == 3
        assert 0 <= found("waystage_inbox_oldest_seconds") < 60
        assert found("waystage_lanes_without_owner") == 1


def test_a_database_that_does_not_answer_hides_no_other_figure(sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        server.built.database.write(lambda tx: tx.run("DROP TABLE retry")).result()
        found = figures(server.address)
        assert (found("waystage_database_up"), found("waystage_requests_open")) == (0, 1)
        assert "waystage_inbox_rows" not in {name for name, _ in found.values}


def test_every_process_has_its_part(postgresql_url: str) -> None:
    environ = {"WAYSTAGE_DATABASE_URL": postgresql_url, "WAYSTAGE_LANES": "4"}
    for role, lanes in (("worker", 4.0), ("api", 0.0)):
        built = build(load(environ), role)
        try:
            meters = built.world.meters
            assert [labels[0] for labels in meters.samples(PROCESS_INFO)] == [role]
            assert meters.samples(LANES_HELD) == {(): lanes}
        finally:
            built.close()


def test_a_request_that_nobody_is_left_to_hear_is_counted(light: Api, light_server: Served) -> None:
    """No answer and no fault: the client has gone."""
    with (
        httpx.Client(base_url=light_server.address, headers=light.http.headers) as http,
        pytest.raises(httpx.WriteError),
    ):
        http.post(INTERACTIONS, content=_broken_off())
    for _ in range(1000):
        counted = figures(light_server.address).values
        if ("waystage_requests_total", _GONE) in counted:
            break
    assert counted["waystage_requests_total", _GONE] == 1


_GONE = frozenset({("route", INTERACTIONS), ("verb", "POST"), ("status", "499")})


def _broken_off() -> Iterator[bytes]:
    yield b'{"key": '
    raise httpx.WriteError("the client goes away")
