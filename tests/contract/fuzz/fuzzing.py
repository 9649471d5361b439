"""Requests that are made up from the OpenAPI document, sent, and every answer held to the document."""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from structlog.testing import capture_logs

from tests.contract.conformance.place import ours
from tests.contract.fuzz.known import Known, owner_of
from tests.contract.law import DOCUMENT, LAW
from tests.contract.served import Served
from tests.journeys.hostile import BODIES

#: What may be answered with a status of 500 and more: what is not built yet, and waiting that is over.
ALLOWED = {501, 504}
#: A scene is played to pieces after so many requests: journeys are stopped, things deleted.
LASTING = 400
#: So many requests of each kind an operation gets in one round, of a short run and of a long one.
FEWEST, MOST = 2, 4
#: Of so many requests one has a body that is no JSON, one no token.
HOSTILE, NOBODY = 25, 60
#: Operations that would end the run: what the token stands for must stay.
SKIPPED = {"/waystage/v1/clients/{clientId}"}
#: Where a password is hashed on purpose slowly, a few requests are enough.
FEW = {"/v2/token": 3, "/waystage/v1/clients": 2}

INTERACTIONS = "/interaction/v1/interactions"
#: Members under which a thing is made.
NAMING = ("key", "name", "eventDefinitionKey", "customerKey")

#: Files of some of the rows that a scene has.
FILES = (
    ("text/csv", b"ContactKey,Points\nann,1\nbob,x\n"),
    ("text/csv", b"Id,Who,Points\n1,ann,2\n2,,\n"),
    ("text/csv", b'ContactKey\nann\n\n"b\nob"\n'),
    ("text/csv", b"ContactKey,Email Addresses.Email Address\nann,ann@example.com\nbob,\xff\n"),
    ("text/tab-separated-values", b"Id\tWho\n3\tann\n"),
    ("application/x-ndjson", b'{"Id": "4", "Who": "ann"}\n{"ContactKey": "ann", "Points": 7}\n[]\nnull\n{"a": NaN}\n'),
    ("application/vnd.apache.parquet", b"PAR1 is none"),
    ("text/csv", b""),
)

#: SOAP messages, whole and not.
_ASKED = "<RetrieveRequestMsg><RetrieveRequest><ObjectType>{}</ObjectType><Properties>Name</Properties>{}"
_TESTED = "<Filter><Property>CustomerKey</Property><SimpleOperator>{}</SimpleOperator><Value>o</Value></Filter>"
MESSAGES = tuple(
    f"<Envelope><Body>{message}</Body></Envelope>".encode()
    for message in (
        *(
            _ASKED.format(kind, _TESTED.format(operator)) + "</RetrieveRequest></RetrieveRequestMsg>"
            for kind in ("DataExtension", "DataExtensionField", "DataFolder", "AccountUser", "List")
            for operator in ("equals", "between", "like", "IN", "none")
        ),
        *(
            f'<{verb}Request><Objects type="{kind}"><CustomerKey>orders</CustomerKey>{inside}</Objects></{verb}Request>'
            for verb in ("Create", "Update", "Delete")
            for kind in ("DataExtension", "DataFolder")
            for inside in ("<Name>o</Name>", "<Name>n</Name><Fields><Field/></Fields>", "<ParentFolder/>")
        ),
        "<RetrieveRequestMsg><RetrieveRequest/></RetrieveRequestMsg>",
        "<ExecuteRequestMsg/>",
    )
)
#: How SOAP says that a token does not hold: of faults only this one is a 500 (clients.md 5).
EXPIRED = "<faultstring>Token Expired</faultstring>"

Operation = APIOperation[Any, Any, Any, Any]
Made = Case[Any]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the document."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    return tuple(found.ok() for found in schema.get_all_operations() if isinstance(found, Ok))


@cache
def strategy(operation: Operation, mode: GenerationMode) -> SearchStrategy[Made]:
    """How cases of an operation are drawn; kept, for it is made slowly."""
    return operation.as_strategy(generation_mode=mode)


class Fuzz:
    """A run against one server; `faults` are what it found, each once for an operation."""

    def __init__(self, served: Served, seed: int = 0) -> None:
        self._served = served
        self._seed = seed
        self._place = ours(served)
        self._known = Known()
        self._http = httpx.Client(base_url=served.address, headers=dict(self._place.api.http.headers), timeout=120)
        self._bodies = list(BODIES.values())
        self.sent = self._staged = self._round = 0
        self.statuses: Counter[int] = Counter()
        self.accepted: Counter[str] = Counter()
        self.faults: dict[str, str] = {}

    def run(self, requests: int) -> None:
        """Send at least so many requests, spread over all operations, and note whatever is wrong."""
        wanted = [one for one in operations() if one.path not in SKIPPED]
        with self._watched(), self._http, closing(self._place):
            count = min(MOST, max(FEWEST, requests // (len(wanted) * len(MODES))))
            while self.sent < requests:
                self._round += 1
                for operation in wanted:
                    self._try(operation, min(count, FEW.get(operation.path, count)))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Nothing may be logged as a fault meanwhile."""
        with capture_logs() as lines:
            yield
        for line in lines:
            if line["log_level"] in {"error", "critical"}:
                self.faults.setdefault(f"log: {line['event']}", str(line)[:4000])

    def _try(self, operation: Operation, count: int) -> None:
        if self.sent >= self._staged:
            self._begin_scene()
        for mode in MODES:
            drawn(operation, mode, count, self._seed + self._round, self._send)

    def _begin_scene(self) -> None:
        """Other things to play with, and a token that lives as long."""
        token = self._place.token()
        for http in (self._http, self._place.api.http):
            http.headers["Authorization"] = f"Bearer {token}"
        self._known.stage(self._place)
        self._staged = self.sent + LASTING

    def _send(self, case: Made) -> None:
        self.sent += 1
        request = self._request(case)
        try:
            answer = self._http.send(request)
        except httpx.HTTPError as error:
            self._fault(case, f"no answer: {error!r}", request)
            return
        self.statuses[answer.status_code] += 1
        for fault in self._wrong(answer):
            self._fault(case, fault, request, answer)
        self.accepted[f"{case.method.upper()} {case.operation.path}"] += answer.is_success
        if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
            self._known.learn(case.operation.path, answer.json())

    def _wrong(self, answer: httpx.Response) -> list[str]:
        if answer.status_code >= 500 and answer.status_code not in ALLOWED and EXPIRED not in answer.text:
            return [f"{answer.status_code}"]
        return [fault for fault in LAW.broken_by(answer) if not fault.startswith("the accepted body")]

    def _fault(self, case: Made, fault: str, request: httpx.Request, answer: httpx.Response | None = None) -> None:
        said = f"\n  {answer.status_code} {answer.text[:1000]}" if answer is not None else ""
        asked = f"{request.method} {request.url}\n  {dict(request.headers)}\n  {request.content[:3000]!r}{said}"
        self.faults.setdefault(f"{case.method} {case.operation.path}: {fault[:300]}", asked)

    def _choose(self, label: str) -> Callable[[int], int]:
        """Numbers that are the same in every run with the same seed."""
        state = zlib.crc32(f"{self._seed} {self.sent} {label}".encode())

        def choose(most: int) -> int:
            nonlocal state
            state = zlib.crc32(state.to_bytes(4, "big"))
            return (state >> 8) % most

        return choose

    def _request(self, case: Made) -> httpx.Request:
        """The case as it was made up, or, four times out of five, with names that exist."""
        path, choose = case.operation.path, self._choose("names")
        if choose(5):
            case.path_parameters = self._known.path(path, dict(case.path_parameters or {}), choose)
            names = (one.name for one in case.operation.query)
            case.query = self._known.query(path, dict(case.query or {}), names, choose)
            if isinstance(case.body, dict | list):
                case.body = self._known.body(path, self._mixed(case, choose), choose)
            if case.method.upper() == "PUT" and path.startswith(INTERACTIONS) and isinstance(case.body, dict):
                self._update(case, case.body, choose)
        sent = case.as_transport_kwargs(base_url=self._served.address)
        query = sent["params"] if isinstance(sent["params"], str) else urlencode(sent["params"] or {}, doseq=True)
        headers = {name: case.headers[name] for name in ("x-direct-pipe",) if name in (case.headers or {})}
        headers = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
        content, media = _content(sent)
        if owner_of(path) == "import" and content is not None and choose(3):
            media, content = FILES[choose(len(FILES))]
        elif path == "/Service.asmx" and choose(3):
            content = MESSAGES[choose(len(MESSAGES))]
        elif content is not None and not choose(HOSTILE):
            content = self._bodies[choose(len(self._bodies))]
        if not choose(NOBODY):
            headers["Authorization"] = b"Bearer nobody"
        url = f"{sent['url']}?{query}" if query else sent["url"]
        media_header = {"content-type": media.encode()} if content is not None else {}
        return self._http.build_request(case.method, url, headers=headers | media_header, content=content)

    def _mixed(self, case: Made, choose: Callable[[int], int]) -> Any:
        """The documented example with some members of what was made up; or all of that."""
        content = DOCUMENT["paths"][case.operation.path][case.method.lower()].get("requestBody", {}).get("content", {})
        example = next((one.get("example") for one in content.values()), None)
        if not isinstance(example, dict) or not isinstance(case.body, dict) or not choose(3):
            return case.body
        fresh = {name: f"{example[name]}-{self.sent}" for name in NAMING if name in example and choose(4)}
        return example | fresh | {name: value for name, value in case.body.items() if not choose(4)}

    def _update(self, case: Made, body: dict[str, Any], choose: Callable[[int], int]) -> None:
        """Mean one journey in path and body."""
        stored = self._known.journey(choose)
        case.body = stored | {name: value for name, value in body.items() if name not in stored}
        for name in case.path_parameters or {}:
            case.path_parameters[name] = quote(str(stored.get(name, "x")), safe="")


def _content(sent: dict[str, Any]) -> tuple[bytes | None, str]:
    """The body and its media type."""
    media = sent["headers"].get("Content-Type", "application/json")
    if "json" in sent:
        return json.dumps(sent["json"]).encode(), media
    data = sent.get("data")
    if data is None:
        return None, media
    if isinstance(data, dict):
        return urlencode(data, doseq=True).encode(), media
    return data if isinstance(data, bytes) else str(data).encode(), media


def drawn(operation: Operation, mode: GenerationMode, count: int, number: int, use: Callable[[Made], None]) -> None:
    """Draw so many cases; without a body, a query or a path that must not be any text nothing can be wrong."""
    bodies = [one for one in operation.body if one.definition.get("schema") != {"type": "string"}]
    if mode is GenerationMode.NEGATIVE and not (bodies or operation.query or _has_narrow_path(operation)):
        return

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy(operation, mode))
    def each(case: Made) -> None:
        use(case)

    each()


def _has_narrow_path(operation: Operation) -> bool:
    schemas = [one.definition.get("schema", {}) for one in operation.path_parameters]
    return any(set(schema) - {"type"} or schema.get("type") != "string" for schema in schemas)
