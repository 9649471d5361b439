"""The script that every crash test plays over HTTP; whatever dies under it is started again and the script goes on."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.crash import bodies
from tests.crash.process import CLIENT, PATIENCE_SECONDS, Program
from tests.invariants.events import Ledger

J = "/interaction/v1"
_PAUSE_SECONDS = 0.01
_SENDERS = 8


class Gone(Exception):
    """The server died under a request, so nobody knows what became of it."""


@dataclass
class Script:
    """Plays the script against a program; `before_request` is told the number of each request."""

    program: Program
    contacts: int = 30
    before_request: Callable[[int], None] = lambda number: None
    ledger: Ledger = field(default_factory=Ledger)
    requests: int = 0
    restarts: int = 0
    lost: int = 0
    """How often an answer never came."""

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.program.address, timeout=PATIENCE_SECONDS)
        self._told = threading.Lock()
        self._published: set[str] = set()

    def play(self) -> None:
        """From an empty database to the end of every passage."""
        with self._http:
            self.prepare()
            people = [f"contact-{number}" for number in range(self.contacts)]
            third = self.contacts // 3
            self._fire(people[:third])
            self._ensure(lambda: self._advance("2026-01-01T12:00:00Z"))
            self._fire(people[third : 2 * third])
            self._ensure(lambda: self._advance("2026-01-02T06:00:00Z"))
            self._ensure(self._stop)
            self._ensure(lambda: self._turn("pause", "Paused", {"RetainContactInjectionWhileJourneyPaused": True}))
            self._fire(people[2 * third :])
            self._ensure(lambda: self._advance("2026-01-03T12:00:00Z"))
            self._ensure(lambda: self._turn("resume", "Published"))
            self._ensure(lambda: self._advance("2026-01-08T00:00:00Z"))
            self._fire(people[::2], order=True)
            self._ensure(lambda: self._advance("2026-01-20T00:00:00Z"))
            self._ensure(lambda: self._done("POST", "/waystage/v1/engine/settle", {}))

    def prepare(self) -> None:
        """Both journeys are published."""
        self._ensure(self._sign_in)
        self._ensure(self._define)
        for key in (bodies.WALKED, bodies.HALTED):
            self._ensure(lambda key=key: self._publish(key))  # type: ignore[misc]

    def fire(self, contacts: Sequence[str]) -> None:
        """One event for each is answered."""
        self._fire(contacts)

    def finish(self) -> None:
        """Let everybody who is inside come to the end."""
        try:
            self._ensure(self._sign_in)
            self._ensure(lambda: self._advance("2026-01-20T00:00:00Z"))
            self._ensure(lambda: self._done("POST", "/waystage/v1/engine/settle", {}))
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # -- the steps, each of which may be taken again --------------------------------------------------------------

    def _sign_in(self) -> None:
        body = {"grant_type": "client_credentials", "client_id": CLIENT[0], "client_secret": CLIENT[1]}
        token = self._done("POST", "/v2/token", body)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def _define(self) -> None:
        for asset in bodies.assets():
            self._made("/asset/v1/content/assets", asset)
        self._made(f"{J}/eventDefinitions", bodies.order_definition())
        self._made(f"{J}/eventDefinitions", bodies.event_definition())
        definition = self._done("GET", f"{J}/eventDefinitions/key:{bodies.EVENT}")
        self._made(f"{J}/interactions", bodies.walked(definition["dataExtensionId"], self.program.service))
        self._made(f"{J}/interactions", bodies.halted())

    def _publish(self, key: str) -> None:
        """A publication that was answered 200 must come about without being asked for again."""
        for _ in range(round(PATIENCE_SECONDS / _PAUSE_SECONDS)):
            status = self._done("GET", f"{J}/interactions/key:{key}")["status"]
            if status == "Published":
                return
            assert status == "Draft", status
            if key not in self._published:
                answer = self._ask("POST", f"{J}/interactions/publishAsync/key:{key}?versionNumber=1")
                # A job whose answer was lost may end between the two calls, and the version is a Draft no more.
                assert answer.status_code in ({200, 409, 400} if self.lost else {200}), answer.text
                self._published.add(key)
            if self.program.ended(_PAUSE_SECONDS):
                raise Gone
        raise AssertionError(f"journey {key} is never published")

    def _fire(self, contacts: Sequence[str], *, order: bool = False) -> None:
        """Post one event for each, several at a time; those that were not answered are posted again."""
        waiting = list(contacts)
        while waiting:
            with ThreadPoolExecutor(_SENDERS) as senders:
                fired = list(senders.map(self._order_one if order else self._fire_one, waiting))
            waiting = [contact for contact, answered in zip(waiting, fired, strict=True) if not answered]
            if waiting:
                self.lost += 1
                self._revive()

    def _fire_one(self, contact: str) -> bool:
        with self._told:
            self.ledger.posted[bodies.EVENT, contact] += 1
        try:
            answer = self._ask("POST", f"{J}/events", bodies.event(contact))
        except Gone:
            return False
        assert answer.status_code == 201, answer.text
        with self._told:
            self.ledger.answered[bodies.EVENT, contact].append(answer.json()["eventInstanceId"])
        return True

    def _order_one(self, contact: str) -> bool:
        """An order that comes twice finds nobody the second time, so nobody has to count them."""
        try:
            answer = self._ask("POST", f"{J}/events", bodies.order(contact))
        except Gone:
            return False
        assert answer.status_code == 201, answer.text
        return True

    def _turn(self, call: str, status: str, body: dict[str, Any] | None = None) -> None:
        """Pause or resume the walked journey, unless a try before this one has."""
        if self._done("GET", f"{J}/interactions/key:{bodies.WALKED}")["status"] != status:
            self._done("POST", f"{J}/interactions/{call}/key:{bodies.WALKED}?versionNumber=1", body or {})

    def _advance(self, to: str) -> None:
        self._done("POST", "/waystage/v1/clock/advance", {"to": to})

    def _stop(self) -> None:
        if self._done("GET", f"{J}/interactions/key:{bodies.HALTED}")["status"] != "Stopped":
            self._done("POST", f"{J}/interactions/stop/key:{bodies.HALTED}?versionNumber=1")

    # -- requests -------------------------------------------------------------------------------------------------

    def _ensure(self, step: Callable[[], Any]) -> None:
        while True:
            try:
                step()
            except Gone:
                self.lost += 1
                self._revive()
            else:
                return

    def _revive(self) -> None:
        self.restarts += 1
        self.program.restart()

    def _made(self, path: str, body: dict[str, Any]) -> None:
        """Create something, unless a try before this one has."""
        answer = self._ask("POST", path, body)
        assert answer.is_success or answer.status_code == 409 or self.lost, answer.text
        assert answer.status_code < 500, answer.text

    def _done(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self._ask(verb, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def _ask(self, verb: str, path: str, body: Any = None) -> httpx.Response:
        with self._told:
            self.requests += 1
            number = self.requests
        self.before_request(number)
        try:
            return self._http.request(verb, path, json=body)
        except httpx.TransportError as error:
            if not self.program.ended(PATIENCE_SECONDS):
                raise
            raise Gone from error
