"""Journey history as a file: download, estimate, freshness (api.md 9.2 to 9.4, D-54a to D-57)."""

import csv
import gzip
import io
import socket
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.channels.servers import RudeServer
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.recalling import Row, rows
from tests.contract.served import Api, Served
from waystage.api import history_files
from waystage.operations import walk_history

pytestmark = pytest.mark.spec("9.1")

FILES = f"{INTERACTIONS}/journeyhistory"
PIPE = {"x-direct-pipe": "true"}
DEFAULT = [
    *("TransactionTime", "ContactKey", "Status", "DefinitionId", "DefinitionName", "ActivityId", "ActivityName"),
    "ActivityType",
]
EVERY = [
    *DEFAULT,
    *("ClientStatus", "CreatedDate", "DefinitionInstanceId", "EndDate", "EntrySource", "EpochTimeInMilliseconds"),
    *("EventId", "EventName", "Id", "Message", "OutcomeActivityId", "SourceType", "StartDate"),
    *("Result.Status", "Result.Tags", "Result.Messages", "Result.Outcome"),
]


def download(api: Api, body: Any = None, headers: Any = None, **params: str) -> httpx.Response:
    """The answer as it comes; without compression unless asked for."""
    sent = {"accept-encoding": "identity", **PIPE, **(headers or {})}
    return api.http.post(f"{FILES}/download", json=body or {}, params=params, headers=sent)


def taken(api: Api, body: Any = None, **params: str) -> list[list[str]]:
    """The lines of a file."""
    answer = download(api, body, **params)
    assert answer.status_code == 200, answer.text
    return list(
        csv.reader(io.StringIO(answer.content.decode(), newline=""), delimiter="," if "format" not in params else "\t")
    )


def estimate(api: Api, body: Any = None, **params: str) -> dict[str, int]:
    found: dict[str, int] = api.done("POST", f"{FILES}/estimate", body or {}, params=params)
    return found


def refused(answer: httpx.Response) -> tuple[int, int]:
    assert answer.headers["content-type"].startswith("application/json")
    return answer.status_code, answer.json()["errorcode"]


def lived(api: Api, contacts: int = 2) -> None:
    """Contacts that wait for a day before an e-mail, and have got it."""
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [wait("W", "M"), mail("M")], tags=["spring", "a;b"])
    for number in range(contacts):
        fire(api, f"c{number}")
    settle(api)
    api.done("POST", ADVANCE, {"by": "P1D"})


def crowd(api: Api, contacts: int, activities: int = 99) -> None:
    """Contacts that pass many activities at one instant."""
    define_event(api)
    keys = [f"A{number}" for number in range(activities)]
    passed = [
        {
            "key": key,
            "name": key,
            "type": "SOMETHING",
            "outcomes": [{"key": "on", **({"next": after} if after else {})}],
        }
        for key, after in zip(keys, [*keys[1:], None], strict=True)
    ]
    publish(api, passed)
    for number in range(contacts):
        fire(api, f"c{number}")
    settle(api)


def shown(found: list[Row]) -> list[Row]:
    """What of a search a download has."""
    return [row for row in found if row["activityName"] or row["status"] != "Complete"]


def cells(row: Row) -> list[str]:
    """A row of a search as the cells of EVERY."""
    result = row["result"]
    plain = {name[0].upper() + name[1:]: value for name, value in row.items()} | {
        "Result.Status": result["status"],
        "Result.Tags": ";".join(result["tags"]),
        "Result.Messages": ";".join(one["message"] for one in result["messages"]),
        "Result.Outcome": result["outcome"],
    }
    return ["" if plain[name] is None else str(plain[name]) for name in EVERY]


def test_9_2_the_file_has_the_rows_of_the_search_but_those_without_a_place(api: Api) -> None:
    lived(api)
    answer = download(api)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-length" not in answer.headers
    head, *lines = taken(api)
    assert head == DEFAULT
    found = shown(rows(api))
    assert [row["activityType"] for row in found] == ["trigger", "waitactivity"] * 2 + ["emailv2"] * 2
    assert lines == [cells(row)[: len(DEFAULT)] for row in found]
    assert answer.text.endswith("\r\n")
    assert answer.text.count("\r\n") == len(found) + 1


def test_9_2_all_columns_in_the_order_asked_for(api: Api) -> None:
    lived(api)
    assert taken(api, columns=",".join(EVERY)) == [EVERY, *map(cells, shown(rows(api)))]
    head, first, *_ = taken(api, columns="result.tags, CONTACTKEY,Id,contactkey", format="TSV")
    assert head == ["Result.Tags", "ContactKey", "Id"]
    assert first[:2] == ["spring;a;b", "c0"]
    assert taken(api, columns="")[0] == DEFAULT


def test_9_2_dates_are_utc_with_z(database_url: str) -> None:
    with Served(database_url, WAYSTAGE_UTC_OFFSET="-06:00") as server:
        api = server.client()
        lived(api, 1)
        names = "TransactionTime,CreatedDate,StartDate,EndDate,EpochTimeInMilliseconds"
        wait_row = taken(api, {"activityTypes": ["waitactivity"]}, columns=names)[1]
        assert wait_row == [*["2026-01-01T00:00:00Z"] * 3, "2026-01-02T00:00:00Z", "1767225600000"]
        assert len(taken(api, {"start": "2026-01-02T00:00:00"})) == 2
        assert len(taken(api, {"start": "2026-01-01T18:00:00-06:00"})) == 2
        assert len(taken(api, {"end": "2026-01-01T23:59:59.999Z"})) == 3
        api.http.close()


def test_9_2_filters_are_those_of_the_search(api: Api) -> None:
    lived(api, 3)
    bodies: tuple[dict[str, Any], ...] = (
        {"contactKeys": ["c1"]},
        {"activityTypes": ["EMAILV2"]},
        {"statuses": ["complete"], "contactKeys": ["c0", "c2"]},
        {"tags": ["spring"]},
        {"tags": ["autumn"]},
        {"definitionIds": ["00000000-0000-0000-0000-000000000000"]},
    )
    for body in bodies:
        assert taken(api, body, columns=",".join(EVERY))[1:] == [cells(row) for row in shown(rows(api, **body))]
    assert refused(download(api, {"statuses": "Complete"})) == (400, 10001)
    assert refused(download(api, {"start": "yesterday"})) == (400, 10003)


def test_9_2_an_empty_history_is_a_file_with_names_only(api: Api) -> None:
    assert taken(api) == [DEFAULT]
    assert estimate(api) == {
        "rowCount": 0,
        "fileSizeBytes": len(",".join(DEFAULT)) + 2,
        "compressedFileSizeBytes": len(zipped(api)),
    }


def zipped(api: Api, body: Any = None, **params: str) -> bytes:
    """The compressed bytes as they travel."""
    sent = {"accept-encoding": "br;q=1, GZIP;q=0.5", **PIPE}
    with api.http.stream("POST", f"{FILES}/download", json=body or {}, params=params, headers=sent) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        return b"".join(answer.iter_raw())


def test_9_2_values_stay_as_they_are(api: Api) -> None:
    define_event(api)
    name = "So, \"he\" said\r\n=cmd|' /C'!A0\t😀"
    asset(api, subjectline="Hi", text="text")
    publish(api, [mail("M") | {"name": name}])
    fire(api, "=1+1")
    fire(api, "@é, x", Mail="x@example.com")
    settle(api)
    forms: tuple[dict[str, str], ...] = ({}, {"format": "tsv"})
    for form in forms:
        lines = taken(api, {"activityTypes": ["emailv2"]}, columns="ContactKey,ActivityName", **form)
        assert sorted(lines[1:]) == [["=1+1", name], ["@é, x", name]]


def test_9_2_the_direct_pipe_is_required_here_and_nowhere_else(api: Api) -> None:
    assert refused(api.http.post(f"{FILES}/download", json={})) == (400, 10002)
    assert refused(download(api, headers={"x-direct-pipe": "no"})) == (400, 10005)
    assert download(api, headers={"x-direct-pipe": "TRUE"}).status_code == 200
    assert estimate(api)["rowCount"] == 0


def test_9_2_unknown_columns_and_formats(api: Api) -> None:
    for path in ("download", "estimate"):
        for params in ({"columns": "Id,Nonsense"}, {"format": "xlsx"}):
            answer = api.http.post(f"{FILES}/{path}", json={}, params=params, headers=PIPE)
            assert refused(answer) == (400, 10005)
            assert next(iter(params)) in answer.json()["message"]


def test_9_2_compression_follows_accept_encoding(api: Api) -> None:
    lived(api)
    plain = download(api).content
    assert gzip.decompress(zipped(api)) == plain
    for header, is_packed in (("*", True), ("gzip;q=0, *", False), ("deflate", False), ("gzip;q=zero", False)):
        answer = download(api, headers={"accept-encoding": header})
        assert answer.content == plain
        assert ("content-encoding" in answer.headers) is is_packed
        assert answer.headers["vary"] == "accept-encoding"


def test_9_3_an_estimate_agrees_with_the_download(api: Api) -> None:
    lived(api, 5)
    forms: tuple[dict[str, str], ...] = ({}, {"format": "tsv", "columns": ",".join(EVERY)})
    for params in forms:
        for body in ({}, {"activityTypes": ["trigger"]}):
            lines, content = taken(api, body, **params), download(api, body, **params).content
            assert estimate(api, body, **params) == {
                "rowCount": len(lines) - 1,
                "fileSizeBytes": len(content),
                "compressedFileSizeBytes": len(zipped(api, body, **params)),
            }


def test_9_4_freshness_under_both_paths(light: Api) -> None:
    for part in ("interactions", "interaction"):
        assert light.done("GET", f"/interaction/v1/{part}/journeyhistory/freshness") == {"freshness": 0}


def test_9_2_another_business_unit_has_another_history(api: Api, server: Served) -> None:
    lived(api)
    asked = {"name": "other", "accountId": 77, "scopes": ["journeys_read"]}
    made = api.done("POST", "/waystage/v1/clients", asked)
    other = server.client(made["clientId"], made["clientSecret"])
    assert taken(other) == [DEFAULT]
    assert estimate(other)["rowCount"] == 0
    other.http.close()


def eventful(api: Api) -> None:
    """A history with everything in it: goals, refusals, warnings, failures, exits and a stopped version."""
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    goal = {"key": "GOAL", "name": "Goal", "type": "Event", "metaData": {}, "configurationArguments": {
        "criteria": '<FilterDefinition><ConditionSet Operator="AND"><Condition Key="Event.signup.Paid"'
        ' Operator="Equal"><Value><![CDATA[true]]></Value></Condition></ConditionSet></FilterDefinition>'}}  # fmt: skip
    publish(api, [wait("W", "M"), mail("M", "V"), wait("V")], entryMode="SingleEntryAcrossAllVersions", goals=[goal])
    publish(api, [wait("S")], "stopped")
    for number in range(9):
        fire(api, f"c{number}", Mail="" if number == 3 else f"c{number}@example.com", Paid=number % 4 == 1)
    fire(api, "c5")
    settle(api)
    api.done("POST", ADVANCE, {"by": "P1D"})
    api.done("POST", f"{INTERACTIONS}/stop/key:stopped?versionNumber=1")
    fire(api, "c6")
    fire(api, "late")
    settle(api)
    api.done("POST", ADVANCE, {"by": "PT12H"})


@pytest.mark.parametrize("facts", [1, 2, 7])
def test_9_2_slices_of_any_size_give_the_same_file(
    database_url: str, monkeypatch: pytest.MonkeyPatch, facts: int
) -> None:
    def manners(verb: str, n: int) -> str | None:
        return "550 no such user" if (verb, n) in {("RCPT", 2), ("RCPT", 5)} else None

    with RudeServer(manners) as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        eventful(api)
        statuses = {row["status"] for row in rows(api)} | {row["clientStatus"] for row in rows(api)}
        assert {"Failed", "Warning", "Waiting", "CurrentlyWaitingInSameInteraction", "Complete"} <= statuses
        assert {"goalcriteriaactivity", "stopinteractionactivity"} <= {row["activityType"] for row in rows(api)}
        monkeypatch.setattr(walk_history, "MOST_FACTS", facts)
        bodies: list[dict[str, Any]] = [
            {},
            {"contactKeys": ["c1", "c5", "c3"]},
            {"statuses": ["Failed", "Waiting"]},
            {"tags": ["none"]},
        ]
        for body in bodies:
            expected = [cells(row) for row in shown(rows(api, **body))]
            assert taken(api, body, columns=",".join(EVERY))[1:] == expected
            assert estimate(api, body)["rowCount"] == len(expected)
        api.http.close()


class Counted(walk_history.Slice):
    """Slices, counted."""

    made = 0

    def __init__(self, *args: Any) -> None:
        Counted.made += 1
        super().__init__(*args)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    monkeypatch.setattr(Counted, "made", 0)
    monkeypatch.setattr(history_files, "Slice", Counted)
    return Counted


def test_9_2_a_long_file_comes_in_parts_and_waits_for_whoever_reads(
    light: Api, light_server: Served, counted: type[Counted]
) -> None:
    crowd(light, 300)
    told = estimate(light, columns=",".join(EVERY))
    assert told["rowCount"] == 300 * 100
    slices = counted.made
    assert slices > 10
    counted.made = 0
    path = f"{FILES}/download?columns={','.join(EVERY)}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nx-direct-pipe: true\r\nContent-Length: 0\r\nConnection: close\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        client.connect(("127.0.0.1", int(light_server.address.rpartition(":")[2])))
        client.sendall(f"{head}Authorization: {light.http.headers['authorization']}\r\n\r\n".encode())
        assert client.recv(200).startswith(b"HTTP/1.1 200")
        # Others are served and get all of theirs, while of this one no more is read than what is under way.
        assert fetched(light, told["fileSizeBytes"]) == told["rowCount"]
        assert fetched(light, told["fileSizeBytes"]) == told["rowCount"]
        under_way = counted.made - 2 * slices
        assert 1 <= under_way < slices
    # It is gone, so nothing more is read for it.
    assert fetched(light, told["fileSizeBytes"]) == told["rowCount"]
    assert counted.made - 3 * slices <= under_way + 1 < slices


def fetched(api: Api, size: int) -> int:
    """Rows of a file with every column that is read part by part."""
    params = {"columns": ",".join(EVERY)}
    sent = {"accept-encoding": "identity", **PIPE}
    lines = got = 0
    with api.http.stream("POST", f"{FILES}/download", json={}, params=params, headers=sent) as answer:
        for part in answer.iter_raw():
            lines, got = lines + part.count(b"\n"), got + len(part)
    assert got == size
    return lines - 1


def errors(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """What went wrong; how slow the answers were is the machine's."""
    return [line["event"] for line in lines if line["log_level"] == "error"]


def test_9_2_a_fault_on_the_way_cuts_the_connection(light: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(Counted):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            if Counted.made == 3:
                raise ConnectionError("the database went away")

    crowd(light, 60)
    monkeypatch.setattr(history_files, "Slice", Breaking)
    for accepted in ("identity", "gzip"):
        monkeypatch.setattr(Counted, "made", 0)
        with capture_logs() as lines, pytest.raises(httpx.RemoteProtocolError):
            download(light, headers={"accept-encoding": accepted}, columns=",".join(EVERY))
        assert errors(lines) == ["a reply broke off"]
    monkeypatch.setattr(Counted, "made", 2)
    with capture_logs() as lines:
        answer = download(light)
    assert errors(lines) == ["request failed"]
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/json; charset=utf-8")
    monkeypatch.setattr(Counted, "made", 3)
    assert len(taken(light)) == 60 * 100 + 1
