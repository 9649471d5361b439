"""Life-cycle calls of custom activities: asked at publication, told when a version ends (journey-spec 6.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import jwt
import msgspec

from waystage.engine.sending.signing_keys import NoKey, SigningKeys
from waystage.ground import log, tracing
from waystage.ground.addresses import ForbiddenAddress
from waystage.ground.http import AnswerLost, Client, NotReached
from waystage.ground.lanes import lane_numbers
from waystage.plan.calls import execute_of, headers_of, is_address, url_of
from waystage.spec.document import Activity, parse
from waystage.store import farewells
from waystage.store.database import Database
from waystage.store.farewells import Farewell
from waystage.store.versions import Version

#: The calls of a publication in their order; the last ones come when all others were answered with 200.
CHECKS: Final = ("save", "validate")
PUBLISH: Final = "publish"
_TYPES: Final = frozenset({"REST", "RESTDECISION"})
#: Seconds for an answer where the endpoint states none; more than the longest is not waited for.
_SECONDS, _MOST_SECONDS = 10.0, 100.0
#: Versions whose end is told together.
_SLICE: Final = 20


@dataclass(frozen=True, slots=True)
class LifeCycleCall:
    """One call to the service of one activity; `key` names the signing key where it `signs`."""

    account: int
    activity: Activity
    word: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    signs: bool
    key: str
    seconds: float


def calls_of(version: Version, word: str) -> list[LifeCycleCall]:
    """The calls of one kind that a version's activities want; in test mode only those for it (journey-spec 8.10)."""
    journey = parse(version.document)
    name = f"test{word.capitalize()}" if journey.is_test else word
    found = []
    for activity in journey.activities:
        asked = activity.configuration.get(name) if activity.type_folded in _TYPES else None
        if isinstance(asked, Mapping) and is_address(url_of(asked)):
            found.append(_call(version, activity, word, asked))
    return found


def _call(version: Version, activity: Activity, word: str, asked: Mapping[str, Any]) -> LifeCycleCall:
    own, shared = asked.get("customerKey"), execute_of(activity).get("customerKey")
    try:
        headers = headers_of(asked)
    except ValueError:
        headers = {}
    timeout = asked.get("timeout")
    seconds = timeout / 1000 if isinstance(timeout, int) and timeout > 0 else _SECONDS
    body = {
        "activityObjectID": activity.id,
        "interactionId": version.definition_id,
        "originalDefinitionId": version.guid,
        "interactionKey": version.key,
        "interactionVersion": str(version.version),
        "isPublished": version.status != "Draft",
    }
    key = next((one for one in (own, shared) if isinstance(one, str) and one), "")
    signs = asked.get("useJwt") in (True, "true", "True")
    return LifeCycleCall(
        version.account, activity, word, url_of(asked), headers, body, signs, key, min(seconds, _MOST_SECONDS)
    )


class LifeCycle:
    """Makes these calls on the deliverer's loop. See `engine.sending.errands.Errand`."""

    def __init__(self, database: Database, client: Client, keys: SigningKeys) -> None:
        self.results: Mapping[tuple[str, str], int] = {}
        self._database = database
        self._client = client
        self._keys = keys
        self._telling: asyncio.Task[None] | None = None

    async def ask(self, call: LifeCycleCall) -> str:
        """Make one call; empty if it was answered with 200, else what went wrong. There is no second attempt."""
        try:
            headers, body = await self._request(call)
            with tracing.span("life-cycle call", "client"):
                answer = await self._client.post(call.url, {**headers, **tracing.headers()}, body, call.seconds)
        except (NoKey, ForbiddenAddress, NotReached, AnswerLost, ValueError) as error:
            return f"{error}"
        return "" if answer.status == 200 else f"it was answered with {answer.status}, not 200"

    async def ask_all(self, calls: Sequence[LifeCycleCall]) -> list[str]:
        """As `ask`, all at once; what came of each."""
        return list(await asyncio.gather(*map(self.ask, calls)))

    async def _request(self, call: LifeCycleCall) -> tuple[dict[str, str], bytes]:
        if not call.signs:
            return {**call.headers, "Content-Type": "application/json"}, msgspec.json.encode(call.body)
        secret = await self._keys.secret(call.account, call.key)
        signed = jwt.encode(dict(call.body), secret, algorithm="HS256").encode()
        return {**call.headers, "Content-Type": "application/jwt"}, signed

    # -- versions that have ended -------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether nobody is still to be told."""
        return self._telling is None

    async def begin(self, heads: Mapping[int, int], news: Callable[[], None]) -> None:
        """Tell the services of versions that have ended; of several processes the one with the first lane does."""
        if self._telling is None and heads and min(lane_numbers(self._database.lanes)) in heads:
            owed = await asyncio.wrap_future(self._database.read(partial(farewells.owed, limit=_SLICE)))
            if owed:
                self._telling = asyncio.create_task(self._tell(owed))
                self._telling.add_done_callback(partial(self._told, news))

    async def _tell(self, owed: Iterable[Farewell]) -> None:
        """What comes of it is logged; the version has ended all the same."""
        numbers = [one.number for one in owed]
        calls = [call for one in owed for call in calls_of(one.version, one.word)]
        for call, trouble in zip(calls, await self.ask_all(calls), strict=True):
            if trouble:
                log.logger("life-cycle").warning(
                    "a custom activity was not told", word=call.word, activity=call.activity.key, why=trouble
                )
        await asyncio.wrap_future(self._database.write(lambda tx: farewells.settle(tx, numbers), awaited=False))

    def _told(self, news: Callable[[], None], task: asyncio.Task[None]) -> None:
        self._telling = None
        error = None if task.cancelled() else task.exception()
        if error is None:
            news()
        else:
            log.logger("life-cycle").error("versions that ended were not told of", error=repr(error))

    async def let_go(self, lanes: Collection[int]) -> None:
        """What is under way comes to its end: whoever is told twice is told the same."""

    async def end(self, seconds: float) -> None:
        """Let what is under way come to its end for so long; the rest is told after the next start."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling], timeout=seconds)
