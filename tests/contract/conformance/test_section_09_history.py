"""Journey history: search, files, estimate, freshness (api.md 9, D-54a to D-57)."""

import csv
import io
import re
from typing import Any

import pytest

from tests.contract.conformance.bodies import HISTORY, J
from tests.contract.conformance.cases import Case, Expected, Hold, cases, ok, refused, wrong
from tests.contract.conformance.shapes import GUID, TEXT, UTC_DATE, Only, collection, containing, either, pattern
from tests.contract.conformance.stage import Stage

SEARCH = f"{HISTORY}/search"
MINE = {"definitionIds": ["<inside.definitionId>"]}
ROW = {
    "id": TEXT, "transactionTime": UTC_DATE, "contactKey": "<fresh>", "eventId": either(str, None),
    "eventName": either(str, None), "definitionId": "<inside.definitionId>", "definitionName": "<inside.name>",
    "definitionInstanceId": either(GUID, None), "activityId": either(GUID, "", None), "activityName": either(str, None),
    "activityType": TEXT, "status": TEXT, "clientStatus": either(str, None), "message": either(str, None),
    "outcomeActivityId": either(GUID, "", None),
    "result": either({"status": either(str, None), "outcome": either(str, None), "tags": list, "messages": list}, None),
}  # fmt: skip
FOUND = ok(200, collection(ROW))
NOTHING = ok(200, {"count": 0, "items": ()})


@cases(
    Case("9.1 everything", f"POST {SEARCH}", ok(200, {"page": 1, "pageSize": 100, "items": list}), body={}),
    Case("9.1 a version", f"POST {SEARCH}", FOUND, body=MINE),
    Case("9.1 a contact", f"POST {SEARCH}", FOUND, body=MINE | {"contactKeys": ["<fresh>"]}),
    Case("9.1 another contact", f"POST {SEARCH}", NOTHING, body=MINE | {"contactKeys": ["<other>"]}),
    Case("9.1 a type", f"POST {SEARCH}", ok(200, {"items": [{"activityType": "waitactivity"}]}),
        body=MINE | {"activityTypes": ["waitactivity"]}),
    Case("9.1 a status", f"POST {SEARCH}", ok(200, {"items": [{"status": "Complete"}]}),
        body=MINE | {"statuses": ["Complete"]}),
    Case("9.1 null is no time", f"POST {SEARCH}", FOUND, body=MINE | {"start": None, "end": None}),
    Case("9.1 clientStatuses, tags and extras", f"POST {SEARCH}", ok(),
        body={"clientStatuses": ["AllActivityMembership"], "tags": ["x"], "extras": "all"}),
    Case("9.1 a page", f"POST {SEARCH}?$page=2&$pageSize=1", ok(200, {"page": 2, "pageSize": 1, "items": (ROW,)}),
        body=MINE),
    Case("9.1 wrong types", f"POST {SEARCH}", wrong(10001, "definitionIds"), body={"definitionIds": "x"}),
    Case("D-54a a zone-less time is UTC", f"POST {SEARCH}", NOTHING, body=MINE | {"end": "2001-01-01T00:00:00"}),
    Case("D-54a a time with a zone", f"POST {SEARCH}", FOUND,
        body=MINE | {"start": "2001-01-01T00:00:00+02:00", "end": "2999-01-01T00:00:00Z"}),
    Case("D-54a a journey's id matches all versions", f"POST {SEARCH}", FOUND,
        body={"definitionIds": ["<inside.id>"], "contactKeys": ["<fresh>"]}),
    Case("D-54a a time that cannot be read", f"POST {SEARCH}", wrong(10003, "start"), body={"start": "soon"}),
)  # fmt: skip
def test_9_1_search(case: Case, hold: Hold) -> None:
    hold(case)


PIPE = {"x-direct-pipe": "true", "accept-encoding": "identity"}
DOWNLOAD = f"{HISTORY}/download"
DEFAULT = "TransactionTime,ContactKey,Status,DefinitionId,DefinitionName,ActivityId,ActivityName,ActivityType"
EVERY = (
    f"{DEFAULT},ClientStatus,CreatedDate,DefinitionInstanceId,EndDate,EntrySource,EpochTimeInMilliseconds,EventId,"
    "EventName,Id,Message,OutcomeActivityId,SourceType,StartDate,Result.Status,Result.Tags,Result.Messages,"
    "Result.Outcome"
)


def _file(first: str, media: str = "text/csv") -> Expected:
    """A file with this line first; at least one more comes after it."""
    shape = pattern(f"file that begins with {first}", f"{re.escape(first)}\r\n(.+\r\n)+")
    return Expected(200, shape, {"content-type": containing(media)})


@cases(
    Case("D-55 the default columns", f"POST {DOWNLOAD}", _file(DEFAULT), body=MINE, headers=PIPE),
    Case("D-55 every column", f"POST {DOWNLOAD}?columns={EVERY}", _file(EVERY), body=MINE, headers=PIPE),
    Case("D-55 the order asked for", f"POST {DOWNLOAD}?columns=Status,ContactKey", _file("Status,ContactKey"),
        body=MINE, headers=PIPE),
    Case("D-55 tabs", f"POST {DOWNLOAD}?format=tsv&columns=Status,Id", _file("Status\tId", "text/tab-separated-values"),
        body=MINE, headers=PIPE),
    Case("D-55 without x-direct-pipe", f"POST {DOWNLOAD}", refused(400, 10002, "x-direct-pipe"), body=MINE),
    Case("D-55 an unknown column", f"POST {DOWNLOAD}?columns=Colour", refused(400, 10005, "Colour"), body={},
        headers=PIPE),
    Case("D-55 an unknown format", f"POST {DOWNLOAD}?format=xml", refused(400, 10005, "format"), body={}, headers=PIPE),
    Case("D-55 gzip", f"POST {DOWNLOAD}", ok(200, **{"content-encoding": "gzip"}), body=MINE,
        headers=PIPE | {"accept-encoding": "gzip"}),
    Case("D-56 the estimate", f"POST {HISTORY}/estimate",
        ok(200, Only(rowCount=int, fileSizeBytes=int, compressedFileSizeBytes=int)), body=MINE),
    Case("D-56 an unknown column", f"POST {HISTORY}/estimate?columns=Colour", refused(400, 10005), body={}),
    Case("D-57 freshness", f"GET {HISTORY}/freshness", ok(200, Only(freshness=int))),
    Case("D-57 the older path", f"GET {J}/interaction/journeyhistory/freshness", ok(200, Only(freshness=int))),
)  # fmt: skip
def test_9_2_files(case: Case, hold: Hold) -> None:
    hold(case)


def _download(stage: Stage, query: str = "", **body: Any) -> str:
    answer = stage.api.http.post(f"{DOWNLOAD}{query}", json=stage.fill(MINE | body), headers=PIPE)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_9_2_d_55_the_file_has_the_rows_of_the_search_in_utc(stage: Stage) -> None:
    rows = stage.done("POST", SEARCH, MINE)["items"]
    lines = list(csv.DictReader(io.StringIO(_download(stage, "?columns=Id,TransactionTime,ContactKey"), newline="")))
    assert {line["Id"] for line in lines} <= {row["id"] for row in rows}
    times = {row["id"]: row["transactionTime"] for row in rows}
    assert all(line["TransactionTime"] == times[line["Id"]] for line in lines)
    assert {line["ContactKey"] for line in lines} == {stage.fresh}


def test_9_3_d_56_the_estimate_is_that_of_the_file(stage: Stage) -> None:
    text = _download(stage)
    told = stage.done("POST", f"{HISTORY}/estimate", MINE)
    assert told["rowCount"] == text.count("\r\n") - 1
    assert told["fileSizeBytes"] == pytest.approx(len(text.encode()), rel=0.5)
