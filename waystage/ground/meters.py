"""Every metric in one table, and what this process has counted for them since it started.

Counting must cost next to nothing: a number in a dictionary or a list goes up, and everything else happens when
somebody reads (`GET /metrics`). Each count belongs to one thread, or is bumped by one step of the interpreter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Labels: TypeAlias = tuple[str, ...]
Samples: TypeAlias = Mapping[Labels, float]
#: Lane, seat, and up to which due instant whoever rests there is due.
DueSeat: TypeAlias = tuple[int, int, int]

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LONG_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES: Final = (1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)
#: Rows that a figure of the database is counted up to: whoever scrapes must not read a whole table each time.
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One row of the table; `about` says whose figure it is: this process's, or the database's, the same from each.

    `steps` are the upper bounds of a histogram. `known` are labels that are shown as 0 before anything was counted.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: Labels = ()
    about: Literal["process", "database"] = "process"
    steps: tuple[float, ...] = ()
    known: tuple[Labels, ...] = ()


def _counter(name: str, text: str, *labels: str, known: tuple[Labels, ...] = ()) -> Metric:
    return Metric(name, "counter", text, labels, known=known if labels else ((),))


def _histogram(name: str, text: str, steps: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name, "histogram", text, labels, steps=steps, known=() if labels else ((),))


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "gauge", text, labels)


def _of_database(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "gauge", text, labels, "database")


PROCESS_INFO = _gauge("waystage_process_info", "1; the labels say what this process is", "role", "version")
REQUESTS = _counter("waystage_requests_total", "Answered requests", "route", "verb", "status")
REQUEST_SECONDS = _histogram("waystage_request_seconds", "Time from head to answer", _SECONDS, "route", "verb")
REQUESTS_OPEN = _gauge("waystage_requests_open", "Requests that are being answered")
ENGINE_LAG = _gauge("waystage_engine_lag_seconds", "How far the engine is behind what is due, in the worst lane of all")
LANE_LAG = _gauge("waystage_lane_lag_seconds", "How far each lane of this process is behind what is due", "lane")
DUE_CONTACTS = _gauge(
    "waystage_due_contacts", f"Contacts in the lanes of this process that are due now, up to {MOST_COUNTED}"
)
LANES_HELD = _gauge("waystage_lanes_held", "Lanes that this process moves")
LANE_CHANGES = _counter(
    "waystage_lane_changes_total", "Lanes that came and went", "change", known=(("taken",), ("lost",), ("given back",))
)
BATCH_SECONDS = _histogram("waystage_batch_seconds", "Time of a batch of the engine", _SECONDS)
BATCH_CONTACTS = _histogram("waystage_batch_contacts", "Contacts that a batch has moved", _SIZES)
MESSAGES_WRITTEN = _counter("waystage_messages_written_total", "Messages and calls that the engine has written down")
ROWS_PUT_OUT = _counter("waystage_put_out_total", "Contacts and events that failed and were put out")
SENDS = _counter("waystage_sends_total", "Attempts to send by result", "channel", "result")
SEND_SECONDS = _histogram("waystage_send_batch_seconds", "Time of a batch of messages", _LONG_SECONDS, "way")
CALLS = _counter(
    "waystage_calls_total",
    "Calls of custom activities: answered, failed for good, tried again",
    "result",
    known=(("answered",), ("failed",), ("retried",)),
)
CALL_SECONDS = _histogram("waystage_call_seconds", "Time of an attempt to call a custom activity", _LONG_SECONDS)
BREAKERS = _gauge("waystage_breaker_open", "1 while calls to a host rest because it does not answer, else 0", "host")
COMMIT_WRITES = _histogram("waystage_commit_writes", "Writes of requests that shared a commit", _SIZES)
COMMIT_SECONDS = _histogram("waystage_commit_seconds", "Time of a group of writes with its commit", _SECONDS)
TRANSACTION_RETRIES = _counter("waystage_transaction_retries_total", "Transactions that collided and were repeated")
INBOX_AGE = _of_database("waystage_inbox_oldest_seconds", "Age of the oldest event not taken in")
INBOX_ROWS = _of_database("waystage_inbox_rows", f"Events and commands not taken in, up to {MOST_COUNTED}")
OUTBOX_QUEUED = _of_database(
    "waystage_outbox_queued", f"Messages not tried yet, as far as {MOST_COUNTED} rows show", "channel"
)
OUTBOX_AGE = _of_database(
    "waystage_outbox_oldest_seconds",
    "Age of the oldest message not tried yet, in seconds of the journey clock",
    "channel",
)
RETRIES_WAITING = _of_database(
    "waystage_retries_waiting",
    f"Messages that wait for another attempt or for their rate, up to {MOST_COUNTED}",
    "channel",
)
DEFERRED = _of_database(
    "waystage_deferred_messages",
    f"Messages that wait for the end of a black-out window, up to {MOST_COUNTED}",
    "channel",
)
PENDING_CALLS = _of_database("waystage_pending_calls", f"Calls without a final answer, up to {MOST_COUNTED}")
LANES_FREE = _of_database("waystage_lanes_without_owner", "Lanes that no living process holds")
PROCESSES = _of_database("waystage_processes", "Processes by role that have renewed their sign of life", "role")
DATABASE_UP = _gauge("waystage_database_up", "1 if the database answered when the figures were read, else 0")

#: What prometheus_client adds about the process itself (on Linux).
RESIDENT = _gauge("process_resident_memory_bytes", "Resident memory in bytes")
VIRTUAL = _gauge("process_virtual_memory_bytes", "Virtual memory in bytes")
CPU = _counter("process_cpu_seconds_total", "Processor time in seconds")
STARTED = _gauge("process_start_time_seconds", "When the process was started, in seconds since 1970")
OPEN_FILES = _gauge("process_open_fds", "Open files and connections")
MOST_FILES = _gauge("process_max_fds", "Files and connections that may be open at most")

METRICS: Final = (
    PROCESS_INFO, REQUESTS, REQUEST_SECONDS, REQUESTS_OPEN, ENGINE_LAG, LANE_LAG, DUE_CONTACTS, LANES_HELD,
    LANE_CHANGES, BATCH_SECONDS, BATCH_CONTACTS, MESSAGES_WRITTEN, ROWS_PUT_OUT, SENDS, SEND_SECONDS, CALLS,
    CALL_SECONDS, BREAKERS, COMMIT_WRITES, COMMIT_SECONDS, TRANSACTION_RETRIES, INBOX_AGE, INBOX_ROWS, OUTBOX_QUEUED,
    OUTBOX_AGE, RETRIES_WAITING, DEFERRED, PENDING_CALLS, LANES_FREE, PROCESSES, DATABASE_UP,
)  # fmt: skip
"""The table. What is not in it is not shown."""
OF_THE_SYSTEM: Final = (RESIDENT, VIRTUAL, CPU, STARTED, OPEN_FILES, MOST_FILES)


class Histogram:
    """How often a value fell between which steps, and the sum of all."""

    __slots__ = ("counts", "steps", "total")

    def __init__(self, steps: tuple[float, ...]) -> None:
        self.steps = steps
        self.counts = [0] * (len(steps) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value; a step is an inclusive upper bound."""
        self.counts[bisect_left(self.steps, value)] += 1
        self.total += value


class Meters:
    """What this process has counted, by metric and labels, and where to ask for what is not counted but known."""

    def __init__(self) -> None:
        self._counts: dict[Metric, Counter[Labels]] = {}
        self._histograms: dict[Metric, dict[Labels, Histogram]] = {}
        self._watched: dict[Metric, Callable[[], Samples]] = {}
        self.due_seats: Callable[[], list[DueSeat]] = list
        """Where somebody is due in the lanes of this process: what is counted in the database when somebody reads."""
        self.passed: Callable[[], Mapping[tuple[int, str], int]] = dict
        """The numbers up to which messages were handed over, by lane and channel, in the lanes of this process."""
        for metric in METRICS:
            if metric.kind == "counter":
                self._counts[metric] = Counter(dict.fromkeys(metric.known, 0))
            elif metric.kind == "histogram":
                self._histograms[metric] = {labels: Histogram(metric.steps) for labels in metric.known}

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """So many more."""
        self._counts[metric][labels] += by

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """One more value of a histogram."""
        self.histogram(metric, *labels).observe(value)

    def histogram(self, metric: Metric, *labels: str) -> Histogram:
        """The histogram with these labels, for whoever counts so often that finding it would be felt."""
        found = self._histograms[metric].get(labels)
        return found or self._histograms[metric].setdefault(labels, Histogram(metric.steps))

    def watch(self, metric: Metric, read: Callable[[], Samples]) -> None:
        """Ask this when somebody reads; whoever comes later takes the place of the former."""
        self._watched[metric] = read

    def samples(self, metric: Metric) -> Samples:
        """The present values of a counter or gauge; none for what nobody here knows of."""
        known = dict(self._counts.get(metric, {}))
        return {**known, **self._watched[metric]()} if metric in self._watched else known

    def histograms(self, metric: Metric) -> Mapping[Labels, Histogram]:
        """The present histograms of a metric."""
        return dict(self._histograms[metric])
