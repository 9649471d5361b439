"""What tests of history and statistics ask, and the law that every answer has to fulfil together with all others."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.contract.event_bodies import DEFINITIONS
from tests.contract.journeys import INTERACTIONS
from tests.contract.mailing import MESSAGES
from tests.contract.served import Api, Served
from waystage.store import statistics

SEARCH = f"{INTERACTIONS}/journeyhistory/search"
TRACE = f"{INTERACTIONS}/traceevents/search"
HISTORY = "/interaction/v1/history"
TRIGGERS = "/interaction/v1/triggerstats"
GOALS = "/interaction/v1/goalstatistics"
WAITS = "/interaction/v1/waitstatistics"

Row = dict[str, Any]


def rows(api: Api, order: str = "asc", **asked: Any) -> list[Row]:
    """Every row that a filter means, over all pages."""
    found: list[Row] = []
    while True:
        params = {"$orderBy": f"TransactionTime {order}", "$pageSize": 300, "$page": len(found) // 300 + 1}
        page = api.done("POST", SEARCH, asked, params=params)
        found += page["items"]
        if len(found) >= page["count"] or not page["items"]:
            assert len(found) == page["count"]
            return found


def names(found: Iterable[Row]) -> list[tuple[str, str, str, str]]:
    """(activity name or type, status, client status, outcome) of each row."""
    return [
        (row["activityName"] or row["activityType"], row["status"], row["clientStatus"], row["result"]["outcome"])
        for row in found
    ]


def events(api: Api, query: str = "", **more: Any) -> tuple[int, list[Row]]:
    """(total, sources) of a trace search."""
    body = {"size": 1_000, "filter": {"fquery": {"query": {"query_string": {"query": query}}}}, **more}
    answer = json.loads(api.done("POST", TRACE, body))
    return answer["hits"]["total"], [hit["_source"] for hit in answer["hits"]["hits"]]


def of_trigger(api: Api, event_id: str, definition_id: str = "") -> dict[str, int]:
    """The statistics of a trigger by event type."""
    found = api.done("GET", f"{TRIGGERS}/{event_id}" + (f"/{definition_id}" if definition_id else ""))
    return {one["eventType"]: one["count"] for one in found["statuses"]}


def event_id(api: Api, key: str = "signup") -> str:
    return str(api.done("GET", f"{DEFINITIONS}/key:{key}")["id"])


class Law:
    """All that is told of the journeys of one event definition agrees, whoever is asked and in whatever form."""

    def __init__(self, server: Served, api: Api, keys: tuple[str, ...], event: str = "signup") -> None:
        self.server, self.api, self.keys, self.event = server, api, keys, event

    def holds(self) -> None:
        every = rows(self.api)
        assert [row["id"] for row in rows(self.api, "desc")] == [row["id"] for row in every][::-1]
        assert len({row["id"] for row in every}) == len(every)
        assert [row["transactionTime"] for row in every] == sorted(row["transactionTime"] for row in every)
        told = self.api.done("GET", HISTORY, params={"$pageSize": 500})
        assert (told["count"], told["items"]) == (len(every), every[::-1][:500])
        tries: Counter[str] = Counter()
        for key in self.keys:
            for listed in self._versions(key):
                own = [row for row in every if row["definitionId"] == listed["definitionId"]]
                # The first version's definition id is the journey's id, which means all its versions (D-54a).
                alone = listed["definitionId"] != listed["id"]
                found = rows(self.api, definitionIds=[listed["definitionId"]])
                assert [row for row in found if row["definitionId"] == listed["definitionId"]] == own
                assert not alone or found == own
                self._version(listed, own, tries)
        assert of_trigger(self.api, event_id(self.api, self.event)) == dict(tries)
        self._contacts(every)

    def _versions(self, key: str) -> list[Row]:
        params = {"key": key, "mostRecentVersionOnly": "false", "extras": "all"}
        found: list[Row] = self.api.done("GET", INTERACTIONS, params=params)["items"]
        return [one for one in found if not one["lastPublishedDate"].startswith("0001")]

    def _version(self, listed: Row, own: list[Row], tries: Counter[str]) -> None:
        kinds = Counter((row["activityType"], row["status"]) for row in own)
        begun, ended = kinds["startinteractionactivity", "Complete"], kinds["stopinteractionactivity", "Complete"]
        refused = sum(n for (kind, status), n in kinds.items() if kind == "trigger" and status != "Complete")
        waiting = [row for row in own if row["status"] == "Waiting"]
        stats = listed["stats"]
        assert (stats["cumulativePopulation"], stats["currentPopulation"]) == (begun, begun - ended)
        assert kinds["trigger", "Complete"] == begun
        assert stats["metExitCriteria"] == kinds["exitcriteriaactivity", "Complete"]
        assert stats["metGoal"] == kinds["goalcriteriaactivity", "Complete"]
        assert listed["healthStats"]["currentlyInCount"] == begun - ended == len(waiting)
        of_one = {"MetCriteria": begun, "ContactAttempted": begun + refused, "Failed": refused}
        of_one["ContactsWaiting"] = len(waiting)
        assert of_trigger(self.api, event_id(self.api, self.event), listed["definitionId"]) == of_one
        tries.update(of_one)
        self._waits(listed, waiting)
        self._days(listed, own, begun)
        self._counters(listed, own)
        self._messages(listed, own)
        self._passages(own)
        self._trace(listed, own)

    def _waits(self, listed: Row, waiting: list[Row]) -> None:
        params = {"versionNumber": listed["version"]}
        told = self.api.done("GET", f"{WAITS}/{listed['id']}", params=params)
        assert (told["id"], told["version"]) == (listed["id"], listed["version"])
        expected = []
        for activity in listed["activities"]:
            if activity["type"] == "WAIT":
                here = [row["endDate"] for row in waiting if row["activityId"] == activity["id"]]
                next_one = min(here).removesuffix("Z") if here else None
                expected.append((activity["id"], activity["key"], activity["name"], "WAIT", len(here), next_one))
        names = ("activityId", "activityKey", "name", "type", "count", "nextReleaseDate")
        assert [tuple(one[name] for name in names) for one in told["activities"]] == expected

    def _days(self, listed: Row, own: list[Row], begun: int) -> None:
        told = self.api.done("GET", f"{GOALS}/{listed['id']}", params={"versionNumber": listed["version"]})
        days = [day["date"] for day in told["days"]]
        assert days == sorted(days)
        last = told["days"][-1] if told["days"] else {"cumulativePopulation": 0, "metGoal": 0, "goalPerformance": 0}
        assert last["cumulativePopulation"] == begun
        assert (last["metGoal"], last["goalPerformance"]) == (
            listed["stats"]["metGoal"],
            listed["stats"]["goalPerformance"],
        )
        for activity in listed["activities"]:
            by_day = Counter(_day_of(row) for row in _visits(own, activity["id"]))
            counts = {
                day["date"]: one["cumulativePopulationForDay"]
                for day in told["days"]
                for one in day["activities"]
                if one["activityId"] == activity["id"] and one["cumulativePopulationForDay"]
            }
            assert counts == dict(by_day)

    def _counters(self, listed: Row, own: list[Row]) -> None:
        database = self.server.built.database
        found = database.read(
            lambda tx: tx.one("SELECT number FROM version WHERE definition_id = :id", id=listed["definitionId"])
        ).result()
        assert found is not None
        counts = database.read(lambda tx: statistics.activities(tx, found[0])).result()
        for number, activity in enumerate(listed["activities"], start=1):
            through = [row for row in _visits(own, activity["id"]) if row["status"] == "Complete"]
            by_outcome = Counter(row["result"]["outcome"] for row in through)
            known = counts[number].outcomes if number in counts else {}
            keys = [one["key"] for one in activity["outcomes"]]
            assert by_outcome == {keys[int(place)]: n for place, n in known.items() if n}

    def _messages(self, listed: Row, own: list[Row]) -> None:
        for activity in listed["activities"]:
            if activity["type"] == "EMAILV2":
                params = {"journeyKey": listed["key"], "activityKey": activity["key"], "$pageSize": 500}
                told = [
                    one
                    for one in self.api.done("GET", MESSAGES, params=params)["items"]
                    if one["version"] == listed["version"]
                ]
                here = [row for row in own if row["activityId"] == activity["id"]]
                assert len(_visits(own, activity["id"])) == len(told)
                warned = sorted(row["contactKey"] for row in here if row["clientStatus"] == "Warning")
                assert warned == sorted(one["contactKey"] for one in told if one["status"] == "suppressed")
                failed = sorted(row["contactKey"] for row in here if row["status"] == "Failed")
                assert failed == sorted(one["contactKey"] for one in told if one["status"] == "failed")

    def _passages(self, own: list[Row]) -> None:
        passages: dict[str, list[Row]] = {}
        for row in own:
            if row["definitionInstanceId"] is not None:
                passages.setdefault(row["definitionInstanceId"], []).append(row)
        for number, of_one in passages.items():
            kinds = [row["activityType"] for row in of_one]
            assert kinds[:2] == ["startinteractionactivity", "trigger"]
            assert "startinteractionactivity" not in kinds[1:]
            over = "stopinteractionactivity" in kinds
            assert kinds.count("stopinteractionactivity") == over
            assert sum(row["status"] == "Waiting" for row in of_one) == (not over)
            assert len({row["contactKey"] for row in of_one}) == 1
            assert rows(self.api, definitionInstanceIds=[number]) == of_one

    def _contacts(self, every: list[Row]) -> None:
        for key in {row["contactKey"] for row in every}:
            own = [row["id"] for row in every if row["contactKey"] == key]
            assert sorted(row["id"] for row in rows(self.api, contactKeys=[key])) == sorted(own)

    def _trace(self, listed: Row, own: list[Row]) -> None:
        told, found = events(self.api, f"DefinitionId:{listed['definitionId']}")
        kinds = Counter(one["EventType"] for one in found)
        released = sum(row["status"] == "Complete" for row in own if row["activityType"] == "waitactivity")
        assert kinds["WaitDequeued"] == released
        assert told == len(found) == len(own) + released
        assert kinds["ContactAccepted"] == kinds["ContactEvaluated"] == listed["stats"]["cumulativePopulation"]


def _visits(own: list[Row], activity_id: str) -> list[Row]:
    """Rows that stand for a stay at an activity, not for what there is to say about it."""
    return [row for row in own if row["activityId"] == activity_id and row["clientStatus"] not in {"Warning", "Failed"}]


def _day_of(row: Row) -> str:
    return str(row["transactionTime"])[:10] + "T00:00:00"
