"""Custom activities: what is called for each contact, and the ways out that its answer chooses (journey-spec 6).

The call is written where the contact arrives, the contact rests until the answer is there, and a route compares what
the answer has chosen (design 8.16).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from waystage.plan import content, waits
from waystage.plan.effects import Call, CallForm, CallOutput
from waystage.plan.expressions import Always, Compare, Comparison, Condition, Kind, Literal, OutputField, ShareBelow
from waystage.plan.kinds import Site
from waystage.plan.moves import Arm, Emit, Park, Reason, Reply, Route, Step
from waystage.spec import bindings, problems
from waystage.spec.document import Activity
from waystage.spec.field_types import FieldType, field_type_of

#: Under this name a reply keeps the place of the outcome that it has chosen, or -1; no out argument is named so.
CHOSEN = "#outcome"
#: Least, default and most of what `execute` may ask for (journey-spec 6.3, 11); times in ms.
LIMITS = {
    "timeout": (1_000, 60_000, 100_000),
    "retryCount": (0, 0, 5),
    "retryDelay": (0, 1_000, 10_000),
    "concurrentRequests": (1, 1, 50),
}
#: ids.SHARE_RANGE; a law of shares that this floor must know without reaching down to where they are drawn.
_SHARE_RANGE = 2_147_483_647
_LONGEST_URL = 2_000
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,4000}")
#: Headers that say how the request is framed are the caller's own.
_OURS = frozenset({"connection", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"})


def step(activity: Activity, site: Site, *, must_branch: bool = False) -> Step:
    """Call, rest until the answer is there, take the way that it chooses; a final failure ends the passage.

    Where nothing may reach outside (a simulation) nobody is called: the first way is taken, or one by lot.
    """
    branches = _branches(activity, site, must_branch=must_branch)
    form = _form(activity, site, branches)
    number = site.number_of(activity.key) or 0
    if not site.calls:
        return (_by_lot(number, [place for _, place in branches]),)
    if form is None:
        return (Route.to(),)
    call, values = form
    places = [place for _, place in branches] or [0]
    arms = tuple(Arm(place, _chosen(number, place)) for place in places)
    return (Emit(Call(call, values)), Park(Reply()), Route(arms, otherwise=Reason.ERROR))


def _chosen(number: int, place: int) -> Condition:
    return Compare(OutputField(number, CHOSEN, Kind.INTEGER), Comparison.EQUAL, Literal(place))


def _by_lot(number: int, places: list[int]) -> Route:
    """Equal shares of the outcomes."""
    if not places:
        return Route.to()
    bounds = [_SHARE_RANGE * (nth + 1) // len(places) for nth in range(len(places) - 1)]
    arms = [Arm(place, ShareBelow(number, bound)) for place, bound in zip(places, bounds, strict=False)]
    return Route((*arms, Arm(places[-1], Always())))


def outputs_of(activity: Activity) -> dict[str, FieldType]:
    """The declared out arguments with their types, as later activities may read them (journey-spec 6.3)."""
    return {one.name: FieldType(one.type) for one in _outputs(activity)}


def execute_of(activity: Activity) -> Mapping[str, Any]:
    """The call that is made for every contact; the configuration may name `method` or `uri` instead of `url`."""
    found = activity.arguments.get("execute")
    return found if isinstance(found, Mapping) else {}


def url_of(call: Mapping[str, Any]) -> str:
    """The address of a call, under the names that journeys use for it (journey-spec 6.1)."""
    named = (call.get(name) for name in ("url", "uri", "method"))
    return next((one.strip() for one in named if isinstance(one, str) and "://" in one), "")


def is_address(url: str) -> bool:
    """Whether a text can be called: http or https, a host, no blanks."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    fits = len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
    return fits and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def headers_of(call: Mapping[str, Any]) -> dict[str, str]:
    """Additional headers: an object, or text with `Name: value` lines; ValueError names what cannot be sent."""
    found: dict[str, str] = {}
    for given in (call.get("header"), call.get("headers")):
        found |= _lines(given) if isinstance(given, str) else _object(given)
    for name, value in found.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the header {name[:100]!r} cannot be sent")
    return {name: value for name, value in found.items() if name.lower() not in _OURS}


def _object(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    return {str(name): str(value) for name, value in given.items() if isinstance(value, str | int | float)}


def _lines(text: str) -> dict[str, str]:
    try:
        read = msgspec.json.decode(text) if text.lstrip().startswith("{") else None
    except msgspec.DecodeError:
        read = None
    if isinstance(read, dict):
        return _object(read)
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _branches(activity: Activity, site: Site, *, must_branch: bool) -> list[tuple[str, int]]:
    """Each `branchResult` with the place of its outcome; a type REST that names them is a split too."""
    found: dict[str, int] = {}
    for place, outcome in enumerate(activity.outcomes):
        result = outcome.arguments.get("branchResult")
        if isinstance(result, str) and result:
            if result in found:
                _problem(activity, site, f"two outcomes have the branchResult {result!r}.")
            found.setdefault(result, place)
        elif must_branch:
            _problem(activity, site, f"outcome {place + 1} needs arguments.branchResult.")
    if must_branch and not activity.outcomes:
        _problem(activity, site, "it has no outcomes.")
    return list(found.items())


def _form(activity: Activity, site: Site, branches: list[tuple[str, int]]) -> tuple[CallForm, tuple[Any, ...]] | None:
    """The frozen form and its values; None, with the problems noted, if it cannot be called."""
    execute = _execute(activity, site)
    url = url_of(execute)
    if not is_address(url):
        _problem(activity, site, f"arguments.execute.url must be an http or https address, not {url!r}.")
        return None
    try:
        headers = headers_of(execute)
    except ValueError as error:
        _problem(activity, site, f"arguments.execute.headers: {error}.")
        headers = {}
    if not url_of(_configured(activity, "publish")):
        _problem(activity, site, "configurationArguments.publish.url is missing; every custom activity needs it.")
    given = {name: execute.get(name) or [] for name in ("inArguments", "outArguments")}
    bound = content.bind_paths(site.resolver, _paths(activity, site, given))
    for message in bound.unknown:
        site.problem(problems.EXPRESSION, f"Custom activity {activity.key}: {message}")
    numbers = {name: _limited(activity, site, execute, name) for name in LIMITS}
    key = execute.get("customerKey")
    return CallForm(
        activity.id, url, tuple(headers.items()), msgspec.json.encode(given).decode(), bound.parameters, site.offset,
        execute.get("useJwt") in (True, "true", "True"), key if isinstance(key, str) else "",
        numbers["timeout"], numbers["retryCount"], numbers["retryDelay"], numbers["concurrentRequests"],
        tuple(_outputs(activity)), tuple(branches), site.journey.is_test,
    ), bound.values  # fmt: skip


def _execute(activity: Activity, site: Site) -> Mapping[str, Any]:
    """In test mode an own endpoint for it counts (journey-spec 8.10)."""
    test = activity.arguments.get("testExecute")
    if site.journey.is_test and isinstance(test, Mapping) and url_of(test):
        return {**execute_of(activity), **test}
    return execute_of(activity)


def _configured(activity: Activity, name: str) -> Mapping[str, Any]:
    found = activity.configuration.get(name)
    return found if isinstance(found, Mapping) else {}


def _problem(activity: Activity, site: Site, sentence: str) -> None:
    site.problem(problems.CUSTOM_ACTIVITY, f"Custom activity {activity.key}: {sentence}")


def _limited(activity: Activity, site: Site, execute: Mapping[str, Any], name: str) -> int:
    """A number of `execute`; one out of its range is taken as the nearest that is in it (journey-spec 6.3)."""
    least, usual, most = LIMITS[name]
    given = execute.get(name)
    number = waits.whole(given)
    if given in (None, ""):
        return usual
    fitting = usual if number is None else min(max(number, least), most)
    if number != fitting:
        sentence = f"{name} must be a whole number from {least} to {most}; {fitting} is taken instead of {given!r}."
        site.problem(problems.CALL_LIMITS, f"Custom activity {activity.key}: {sentence}")
    return fitting


def _paths(activity: Activity, site: Site, given: object) -> Iterator[bindings.Path]:
    for text in texts_in(given):
        try:
            yield from bindings.parse(text).paths
        except bindings.BindingError as error:
            site.problem(problems.EXPRESSION, f"Custom activity {activity.key}: {error}")


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, names of members aside."""
    match value:
        case str():
            yield value
        case Mapping():
            for one in value.values():
                yield from texts_in(one)
        case list():
            for one in value:
                yield from texts_in(one)


def _outputs(activity: Activity) -> Iterable[CallOutput]:
    """Declared in `outArgumentSchema`, in the schema, or only named in `outArguments`: then any text."""
    declared = activity.configuration.get("outArgumentSchema")
    schema: Mapping[str, Any] = declared if isinstance(declared, Mapping) else {}
    named = {one.name: {"dataType": one.data_type} for one in activity.outputs}
    for name, entry in {**named, **schema}.items():
        if name and not name.startswith("#"):
            yield _output(name, entry if isinstance(entry, Mapping) else {})


def _output(name: str, entry: Mapping[str, Any]) -> CallOutput:
    """An unknown type counts as text; a length of its own is not looked at (contract 37 converts by the type)."""
    try:
        kind = field_type_of(str(entry.get("dataType") or "Text"))
    except ValueError:
        kind = FieldType.TEXT
    scale = waits.whole(entry.get("scale"))
    return CallOutput(name, kind.value, (2 if scale is None else scale) if kind is FieldType.DECIMAL else 0)
