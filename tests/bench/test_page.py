"""The page of a report: everything that was measured stands on it, and it needs nothing but itself."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from waystage.bench.page import page, shown
from waystage.bench.report import Bar, Gate, Plot, Report


def report(*plots: Plot) -> str:
    measured = Report("waystage bench engine --dsn '<here>'")
    measured.gates += [
        Gate("engine / raw", "sqlite", 0.62, 0.5, "at least", "", "62 k of 100 k", stretch=0.75),
        Gate("memory", "postgresql", 600, 512, "at most", "MiB"),
    ]
    measured.plots += plots
    measured.skipped.append("DBOS & others")
    measured.stores = {"sqlite": {"journal_mode": "wal"}}
    return page(measured.body())


def drawn(text: str) -> list[ET.Element]:
    """The bars of the only plot, without the legend's."""
    [svg] = re.findall(r"<svg.*?</svg>", text)
    return [one for one in ET.fromstring(svg).iter("rect") if one.get("width") != "10"]


def lengths(text: str) -> list[float]:
    return [float(one.attrib["width"]) for one in drawn(text)]


class Watch(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(value) for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    text = report(Plot("A <plot>", "steps/s", [Bar("a & b", 2.0, "x"), Bar("c", 1.0, "y")]))
    watch = Watch()
    watch.feed(text)
    assert (watch.open, watch.links) == ([], [])
    assert not re.search(r"<script|@import|url\(", text)


def test_every_gate_and_what_is_aimed_at_have_a_verdict() -> None:
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", report())
    assert len(rows) == 2
    assert re.findall(r"class='(pass|short)'>([a-z ]+)<", rows[0]) == [("pass", "pass"), ("short", "falls short")]
    assert re.findall(r"class='(pass|short)'>([a-z ]+)<", rows[1]) == [("short", "falls short")]
    assert "0.62" in rows[0]
    assert "600 MiB" in rows[1]
    assert "1 of 2 gates are kept" in report()


def test_what_was_not_measured_the_command_and_the_machine_stand_on_it() -> None:
    text = report()
    assert "Not measured: DBOS &amp; others" in text
    assert "waystage bench engine --dsn &#x27;&lt;here&gt;&#x27;" in text
    assert "<th>python</th>" in text
    assert "<th>journal_mode</th><td>wal</td>" in text


def test_bars_are_as_long_as_their_figures() -> None:
    first, second, third = lengths(report(Plot("p", "ms", [Bar("a", 50, "x"), Bar("b", 100, "x"), Bar("c", 0, "x")])))
    assert first == pytest.approx(second / 2)
    assert third == 1.0


def test_a_logarithmic_bar_grows_by_one_length_for_each_power_of_ten() -> None:
    bars = [Bar(str(value), value, "x") for value in (10, 100, 1_000, 0)]
    ten, hundred, thousand, nothing = lengths(report(Plot("p", "steps/s", bars, logarithmic=True)))
    assert (ten, nothing) == (1.0, 1.0)
    assert hundred == pytest.approx(thousand / 2)


def test_bars_of_one_kind_have_one_colour() -> None:
    bars = drawn(report(Plot("p", "ms", [Bar("a", 1, "x"), Bar("b", 2, "y"), Bar("c", 3, "x")])))
    colours = [one.get("fill") for one in bars]
    assert colours[0] == colours[2] != colours[1]


@pytest.mark.parametrize(("value", "text"), [(1234567.8, "1,234,568"), (99.96, "100"), (0.4567, "0.457"), (0, "0")])
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert shown(value) == text
