"""How a case reads: one call, what it is answered with, and what is true afterwards.

    Case("D-34 without versionNumber", f"POST {I}/publishAsync/<draft.id>", refused(400, 10005, "versionNumber"))

The name begins with the decision or the section that it comes from. The call is the verb and the path. Whatever stands
in angle brackets is made for this one case when it is first named, under keys of its own (`stage.py`): `<draft.id>` is
the id of a new journey, `<nobody>` a GUID of nothing. A property whose value is `...` is left out of the body. `again`
is what the same call is answered with when it is repeated; a GET with `eventually` is repeated until the answer is as
expected. `then` are further cases on the same stage, in which `<answer.…>` is what the call before them was answered
with. Headers that are None are not sent, or must not be there. A case with `settings` gets a server of its own.

Bodies are held against shapes (`shapes.py`). Every answer is JSON that parses, but a 304 and files (contract 11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.contract.conformance.shapes import ANYTHING, TEXT, Only, containing, differences, either
from tests.contract.conformance.stage import Stage

Headers = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """What an answer must be."""

    status: int
    body: Any = ANYTHING
    headers: Headers = field(default_factory=dict)

    def check(self, stage: Stage, request: httpx.Request) -> None:
        """Send the request and fail with everything that is different; `stage` gets the body as its `answer`."""
        shape = stage.fill(self.body)
        answer = stage.api.http.send(request)
        said = f"{request.method} {request.url}: {answer.status_code} {answer.text[:2000]}"
        assert answer.status_code == self.status, said
        for name, of_header in self.headers.items():
            got = answer.headers.get(name)
            assert got is None if of_header is None else not differences(of_header, got), f"{name}: {got}; {said}"
        stage.answer = body = _body(answer)
        assert not (wrong := differences(shape, body)), "\n".join([*wrong, said])


def _body(answer: httpx.Response) -> Any:
    if answer.status_code == 304 or answer.request.method == "HEAD":
        assert answer.content == b""
        return None
    if answer.headers["content-type"].startswith(("text/csv", "text/tab-separated-values")):
        return answer.text
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    return answer.json()


@dataclass(frozen=True)
class Case:
    """One row of a section."""

    name: str
    call: str
    expected: Expected
    body: Any = ...
    raw: bytes | None = None
    headers: Headers = field(default_factory=dict)
    again: Expected | None = None
    eventually: bool = False
    then: tuple["Case", ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def hold(self, stage: Stage) -> None:
        """Make the call and check the answer; then the rest of the case."""
        if self.eventually:
            stage.until(self.call.removeprefix("GET "), self.expected.body)
        self.expected.check(stage, self._request(stage))
        if self.again is not None:
            self.again.check(stage, self._request(stage))
        for following in self.then:
            following.hold(stage)

    def _request(self, stage: Stage) -> httpx.Request:
        verb, path = stage.fill(self.call).split(" ", 1)
        content: dict[str, Any] = {} if self.body is ... else {"json": stage.fill(self.body)}
        if self.raw is not None:
            content = {"content": self.raw}
        request = stage.api.http.build_request(verb, f"{stage.address}{path}", **content)
        for name, value in self.headers.items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = stage.fill(value)
        return request


Hold = Callable[[Case], None]


def cases(*rows: Case) -> pytest.MarkDecorator:
    """Run a test with each row."""
    return pytest.mark.parametrize("case", rows, ids=[row.name.replace(" ", "-") for row in rows])


def ok(status: int = 200, body: Any = ANYTHING, **headers: Any) -> Expected:
    """A success."""
    return Expected(status, body, headers)


def refused(status: int, code: int, *says: str, **headers: Any) -> Expected:
    """The flat envelope E1; `says` are pieces of its message."""
    body = Only(message=containing(*says) if says else TEXT, errorcode=code, documentation=str)
    return Expected(status, body, headers)


def listed(*codes: int, says: str = "", top: int = 10006) -> Expected:
    """The aggregate envelope E2 with these codes, in any order; `says` is a piece of one of the messages."""
    items = Only(message=TEXT, errorcode=int, documentation="")

    def those(value: Any) -> bool:
        found = [row["errorcode"] for row in value]
        told = any(says.lower() in row["message"].lower() for row in value)
        return sorted(found) == sorted(codes) and told and not differences([items], value)

    those.__name__ = f"list of {codes} that says {says!r}"
    return Expected(400, Only(message=TEXT, errorcode=top, documentation="", validationErrors=those))


def malformed(*codes: int, says: str = "") -> Expected:
    """The envelope that the update of a journey has for its form (D-28)."""
    return listed(*codes, says=says, top=400)


def wrong(code: int, *says: str) -> Expected:
    """A 400 with this code, flat or as an item of the aggregate: where the specification gives no envelope."""
    item = {"message": containing(*says) if says else TEXT, "errorcode": code}
    return Expected(400, either(item, {"errorcode": 10006, "validationErrors": containing(item)}))


MISSING = refused(404, 30003)
MISSING_JOURNEY = Expected(404, Only(message="Interaction not found.", errorcode=30003, documentation=""))
NO_CHANGE = Expected(304, ANYTHING, {"content-type": None, "content-length": None})
ACCEPTED = Only(status="Accepted")
