"""Each part of the benchmark as a function that adds its gates and figures to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from rich.console import Console

from waystage.bench import calling, documents, engine, events, imports, memory, reads, sending
from waystage.bench import timers as timing
from waystage.bench.asked import Asked
from waystage.bench.load import Outcome
from waystage.bench.report import Bar, Gate, Plot, Report, show_parts, show_profile
from waystage.bench.stores import Store


def measure_engine(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Engine against raw, and against batches of one, on each store."""
    for store in stores:
        fastest, bars = 0.0, []
        for flavour in documents.FLAVOURS.values():
            stage = engine.Stage(store, flavour, asked.lanes)
            for contacts in asked.contacts:
                compared = engine.compare(stage, contacts, asked.rounds, console.log)
                _add_compared(compared, report, console)
                raw_rate, rate = compared.steps_per_second
                name = f"{flavour.name}, {contacts:,}"
                bars += [Bar(f"raw: {name}", raw_rate, "raw bulk statements"), Bar(name, rate, "Waystage")]
                fastest = max(fastest, rate)
        report.plots.append(Plot(f"The engine and raw bulk statements, {store.name}", "steps/s", bars))
        _against_one(store, asked, fastest, report, console)
        if asked.profiled:
            _profile(store, asked, report, console)


def _add_compared(compared: engine.Compared, report: Report, console: Console) -> None:
    raw_rate, rate = compared.steps_per_second
    name = f"engine / raw, {compared.contacts:,} contacts, {compared.flavour.name}"
    detail = f"{rate / 1000:,.0f} k of {raw_rate / 1000:,.0f} k steps/s; by processor time {compared.cpu_ratio:.2f}"
    detail += _crowded(median(one.cpu / one.seconds for one in compared.engine))
    flavour = compared.flavour
    report.gates.append(
        Gate(name, compared.store, compared.ratio, flavour.least, "at least", "", detail, stretch=flavour.stretch)
    )
    key = f"{compared.store} {compared.flavour.name} {compared.contacts}"
    report.figures.setdefault("engine", {})[key] = asdict(compared)
    for side, runs in (("raw", compared.raw), ("engine", compared.engine)):
        heads = [(f"{side} {number}", run.parts) for number, run in enumerate(runs, start=1)]
        show_parts(f"{key}: {side}", heads, console)


def _crowded(share: float) -> str:
    """A warning where the neighbours on the machine had much of it: then processor time is the better measure."""
    return f"; the machine was busy: {share:.0%} of a core were left" if share < 0.75 else ""


def _against_one(store: Store, asked: Asked, rate: float, report: Report, console: Console) -> None:
    few = min(asked.few, *asked.contacts)
    stage = engine.Stage(store, documents.PLAIN, asked.lanes)
    singles = [engine.engine_passage(stage, few, batch=1) for _ in range(min(2, asked.rounds))]
    single = documents.STEPS * few / median(one.seconds for one in singles)
    console.log(f"{store.name} batch of one: {single:,.0f} steps/s")
    detail = f"{rate / 1000:,.0f} k against {single / 1000:,.1f} k steps/s one by one"
    report.gates.append(Gate("set-based / batch of one", store.name, rate / single, 50, "at least", "×", detail))
    report.figures.setdefault("engine", {})[f"{store.name} batch of one"] = {
        "contacts": few,
        "runs": [asdict(one) for one in singles],
    }


def _profile(store: Store, asked: Asked, report: Report, console: Console) -> None:
    """One more run with the time of every statement kept; not among the measured ones."""
    contacts = min(asked.contacts)
    stage = engine.Stage(store, documents.PLAIN, asked.lanes, profiled=True)
    passage = engine.engine_passage(stage, contacts)
    title = f"{store.name}, {contacts:,} contacts: {passage.seconds:.2f} s"
    show_profile(title, passage.statements, console)
    report.figures.setdefault("profile", {})[f"{store.name} {contacts}"] = asdict(passage)


def measure_events(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Durable events against doing nothing, with and without a journey, and beside a stepping engine."""
    plan = events.Plan(seconds=asked.seconds, rounds=asked.rounds, backlog=asked.backlog)
    for store in stores:
        for listening in (False, True):
            doors = events.compare_doors(store, plan, console.log, listening=listening, lanes=asked.lanes)
            _add_doors(doors, report)
        beside = events.beside_stepping(store, plan, console.log, lanes=asked.lanes)
        alone, stepping = (median(one.p99 for one in runs) for runs in (beside.alone, beside.stepping))
        detail = f"p99 {stepping:.1f} ms against {alone:.1f} ms; {plan.backlog:,} contacts wake meanwhile"
        if not all(beside.still_stepping):
            detail += "; the engine was done before the load"
        report.gates.append(
            Gate("event p99 while stepping / alone", store.name, beside.ratio, 3, "at most", "×", detail)
        )
        report.figures.setdefault("events", {})[f"{store.name} beside the engine"] = beside
        bars = [Bar("alone, p99", alone, store.name), Bar("while the engine steps, p99", stepping, store.name)]
        report.plots.append(Plot(f"Answer to an event, {store.name}", "ms", bars))


def _add_doors(doors: events.Doors, report: Report) -> None:
    how = "with a journey" if doors.listening else "without a journey"
    nothing, event = (median(one.rate for one in runs) for runs in (doors.nothing, doors.event))
    p50, p99 = (median(getattr(one, name) for one in doors.event) for name in ("p50", "p99"))
    detail = (
        f"{event:,.0f} of {nothing:,.0f} requests/s; p50 {p50:.1f} ms, p99 {p99:.1f} ms;"
        f" by processor time {doors.cpu_ratio:.2f}"
    )
    detail += _crowded(median(one.share for one in doors.nothing))
    if max(one.cpu for one in doors.nothing) > 0.9:
        detail += "; the generator was near its limit"
    report.gates.append(
        Gate(f"event / do-nothing POST, {how}", doors.store, doors.ratio, 0.45, "at least", "", detail, stretch=0.6)
    )
    bars = [Bar("a POST that does nothing", nothing, doors.store), Bar("a durable event", event, doors.store)]
    report.plots.append(Plot(f"Requests on one core {how}, {doors.store}", "requests/s", bars))
    report.figures.setdefault("events", {})[f"{doors.store} {how}"] = doors


def measure_imports(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Imports against the slower of raw parse and raw insert of the same file."""
    for store in stores:
        for target in ("dataExtension", "contacts", "event"):
            found = imports.compare(store, target, min(asked.contacts), asked.rounds, console.log, lanes=asked.lanes)
            whole, parsed, inserted = (median(series) for series in (found.imported, found.parsed, found.inserted))
            detail = f"{whole / 1000:,.0f} k rows/s; parse {parsed / 1000:,.0f} k, insert {inserted / 1000:,.0f} k"
            name = f"import / slower of parse and insert, {target}"
            report.gates.append(Gate(name, store.name, found.ratio, 0.5, "at least", "", detail))
            report.figures.setdefault("imports", {})[f"{store.name} {target}"] = found


def measure_memory(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Resident memory with the largest number of contacts inside."""
    for store in stores:
        found = memory.measure(store, asked.many, lanes=asked.lanes)
        detail = (
            f"{found.contacts:,} contacts; now / highest: start {_mib(found.at_start)},"
            f" waiting {_mib(found.parked)}, all left {_mib(found.left)}"
        )
        console.log(f"{store.name} memory: {detail}")
        most = found.left["VmHWM"]
        report.gates.append(Gate("resident memory", store.name, most, 512, "at most", "MiB", detail, stretch=300))
        report.figures.setdefault("memory", {})[store.name] = found


def _mib(moment: Mapping[str, float]) -> str:
    return f"{moment['VmRSS']:.0f} / {moment['VmHWM']:.0f}"


def measure_timers(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Lateness of timers on the system clock."""
    for store in stores:
        timers, waiting = min(asked.timers, asked.many), asked.many
        found = timing.measure(store, timers, waiting, 2 * asked.seconds, lanes=asked.lanes)
        detail = f"{timers:,} timers, {waiting:,} others wait; p50 {found.p50} ms, worst {found.worst} ms"
        console.log(f"{store.name} timers: p99 {found.p99} ms, {detail}")
        name = "timer lateness, p99"
        report.gates.append(Gate(name, store.name, found.p99, 50, "at most", "ms", detail, stretch=15))
        bars = [Bar(which, getattr(found, which), store.name) for which in ("p50", "p99", "worst")]
        report.plots.append(Plot(f"Lateness of timers while {waiting:,} wait, {store.name}", "ms", bars))
        report.figures.setdefault("timers", {})[store.name] = found


def measure_reads(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Reads with small and large tables, batches of events, and a read beside the stepping engine."""
    seconds, say = asked.seconds, console.log
    for store in stores:
        lists = reads.journeys(store, (max(10, asked.journeys // 100), asked.journeys), seconds, say, lanes=asked.lanes)
        history = reads.history(store, (asked.hops // 10, asked.hops), seconds, say, lanes=asked.lanes)
        for found, unit in ((lists, "journeys"), (history, "hops")):
            _add_reads(found, unit, report)
        sent = reads.batches(store, seconds, asked.rounds, say, lanes=asked.lanes)
        beside = reads.beside_stepping(store, min(asked.contacts), seconds, say, lanes=asked.lanes)
        _add_writing(store, sent, beside, report)


def _add_reads(found: reads.Reads, unit: str, report: Report) -> None:
    for name, (small, large) in found.found.items():
        detail = (
            f"p50 {small.p50:.2f} → {large.p50:.2f} ms, p99 {small.p99:.2f} → {large.p99:.2f} ms;"
            f" {found.sizes[0]:,} → {found.sizes[1]:,} {unit}"
        )
        report.gates.append(Gate(f"{name}, growth", found.store, found.growth(name), 2, "at most", "×", detail))
    report.figures.setdefault("reads", {})[f"{found.store} {unit}"] = found
    bars = [
        Bar(f"{name}, {size:,}", one.p50, f"{size:,} {unit}")
        for name, pair in found.found.items()
        for size, one in zip(found.sizes, pair, strict=True)
    ]
    report.plots.append(Plot(f"Reads with few and many {unit}, {found.store}", "ms, p50", bars))


def _add_writing(store: Store, sent: Sequence[Outcome], beside: reads.Beside, report: Report) -> None:
    figures = report.figures.setdefault("reads", {})
    figures[f"{store.name} batches"], figures[f"{store.name} beside the engine"] = sent, beside
    p50, p99 = (median(getattr(one, name) for one in sent) for name in ("p50", "p99"))
    rate = reads.MEMBERS * median(one.rate for one in sent)
    detail = f"{rate:,.0f} events/s in batches of {reads.MEMBERS}; p50 {p50:.1f} ms"
    report.gates.append(Gate("async/events batch, p99", store.name, p99, 1000, "at most", "ms", detail))
    ratio = beside.stepping.p99 / beside.alone.p99
    detail = f"p99 {beside.stepping.p99:.1f} ms against {beside.alone.p99:.1f} ms; {beside.moved:,} contacts moved"
    report.gates.append(Gate("one journey, p99 while stepping / alone", store.name, ratio, 10, "at most", "×", detail))


def measure_calling(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Calls a second of a custom activity whose contacts are due at once, with all that brings them there and on."""
    for store in stores:
        calls = min(asked.messages, max(asked.contacts))
        found = calling.measure(store, calls, asked.rounds, console.log, lanes=asked.lanes)
        cpu = median(found.cpu)
        detail = f"{calls:,} calls, {1e6 * cpu / found.rate:,.0f} µs of processor time each" + _crowded(cpu)
        report.gates.append(Gate("custom-activity calls", store.name, found.rate, 5_000, "at least", "/s", detail))
        report.figures.setdefault("calling", {})[store.name] = found


def measure_sending(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Messages a second from the outbox to an SMTP server and to a webhook, with receipts."""
    ways: tuple[tuple[sending.Way, float], ...] = (("smtp", 2_000), ("webhook", 1_000))
    for store in stores:
        for way, least in ways:
            messages = min(asked.messages, max(asked.contacts))
            found = sending.measure(store, way, messages, asked.rounds, console.log, lanes=asked.lanes)
            cpu = median(found.cpu)
            detail = f"{messages:,} messages, {1e6 * cpu / found.rate:,.0f} µs of processor time each" + _crowded(cpu)
            report.gates.append(Gate(f"messages by {way}", store.name, found.rate, least, "at least", "/s", detail))
            report.figures.setdefault("sending", {})[f"{store.name} {way}"] = found
