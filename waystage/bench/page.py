"""The report as one page that needs nothing else: the gates as a table, the plots as SVG, machine and command."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

Body = Mapping[str, Any]

#: Pixels: of a plot, of the figures on its right, of a row, of the bar in it, and of a letter at most.
_WIDTH: Final = 900
_FIGURES: Final = 110
_ROW: Final = 22
_BAR: Final = 14
_LETTER: Final = 7
_COLOURS: Final = ("#2a6f97", "#e07a1f", "#6a994e", "#9d4edd", "#7d7d7d", "#b5443c")

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.pass { color: #19692c; font-weight: 600; } .short { color: #a3201c; font-weight: 600; }
.note { color: #555; font-size: .88em; } code { background: #f3f3f3; padding: .1em .3em; overflow-wrap: anywhere; }
svg text { font-family: system-ui, sans-serif; fill: #222; } figure { margin: 1.5rem 0; overflow-x: auto; }
figcaption { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #ddd; } svg text { fill: #ddd; } th, td { border-color: #3a3d44; }
  .pass { color: #6fcf87; } .short { color: #ff8a80; } .note { color: #aaa; } code { background: #24272d; }
}
"""


def page(body: Body) -> str:
    """The HTML of a report's JSON (see `report.Report.body`)."""
    kept = sum(gate["verdict"] == "pass" for gate in body["gates"])
    parts = [
        "<h1>Waystage benchmark</h1>",
        f"<p>{kept} of {len(body['gates'])} gates are kept. Measured {escape(body['at'])} (UTC).</p>",
        f"<p><code>{escape(body['command'])}</code></p>",
        _gates(body["gates"]),
        *(f"<p class='note'>Not measured: {escape(one)}</p>" for one in body["skipped"]),
        "<h2>Plots</h2>" if body["plots"] else "",
        *map(_figure, body["plots"]),
        "<h2>Machine</h2>",
        _pairs(body["machine"]),
        *(f"<h2>{escape(name)}</h2>{_pairs(settings)}" for name, settings in body["stores"].items()),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Waystage benchmark</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _gates(gates: Sequence[Body]) -> str:
    heads = ("gate", "store", "figure", "asked", "", "aimed at", "", "how it comes about")
    rows = "".join(_gate(gate) for gate in gates)
    return f"<h2>Gates</h2><table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{rows}</table>"


def _gate(gate: Body) -> str:
    aim = f"{gate['stretch']:,g}" if gate["stretch"] is not None else ""
    return (
        f"<tr><td>{escape(gate['name'])}</td><td>{escape(gate['store'])}</td>"
        f"<td class='figure'>{shown(gate['figure'])} {escape(gate['unit'])}</td>"
        f"<td class='figure'>{escape(gate['direction'])} {gate['bound']:,g}</td><td>{_verdict(gate['verdict'])}</td>"
        f"<td class='figure'>{aim}</td><td>{_verdict(gate['stretch_verdict'])}</td>"
        f"<td class='note'>{escape(gate['detail'])}</td></tr>"
    )


def _verdict(word: str | None) -> str:
    return f"<span class='{'pass' if word == 'pass' else 'short'}'>{word}</span>" if word else ""


def _pairs(values: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in values.items())
    return f"<table>{rows}</table>"


def _figure(plot: Body) -> str:
    note = f"<p class='note'>{escape(plot['note'])}</p>" if plot["note"] else ""
    scale = ", logarithmic" if plot["logarithmic"] else ""
    caption = f"<figcaption>{escape(plot['name'])} ({escape(plot['unit'])}{scale})</figcaption>"
    return f"<figure>{caption}{_drawn(plot)}{note}</figure>"


def _drawn(plot: Body) -> str:
    """Horizontal bars, one below the other, each with its figure; bars of one kind have one colour."""
    bars: Sequence[Body] = plot["bars"]
    kinds = list(dict.fromkeys(bar["kind"] for bar in bars))
    left = _LETTER * max((len(bar["label"]) for bar in bars), default=0) + _LETTER
    values = [bar["value"] for bar in bars]
    lengths = _lengths(values, _WIDTH - left - _FIGURES, logarithmic=plot["logarithmic"])
    rows = "".join(
        _bar(left, place * _ROW, bar, length, _COLOURS[kinds.index(bar["kind"]) % len(_COLOURS)])
        for place, (bar, length) in enumerate(zip(bars, lengths, strict=True))
    )
    height = _ROW * (len(bars) + 1)
    return (
        f"<svg viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}' height='{height}' font-size='12' role='img'"
        f" aria-label='{escape(plot['name'], quote=True)}'>{rows}{_legend(kinds, left, height)}</svg>"
    )


def _lengths(values: Sequence[float], room: float, *, logarithmic: bool) -> list[float]:
    """Of the bars, in pixels; a logarithmic scale begins at the power of ten below the smallest value."""
    if logarithmic:
        known = [value for value in values if value > 0] or [1.0]
        low = math.floor(math.log10(min(known)))
        span = max(1.0, math.log10(max(known)) - low)
        return [room * max(0.0, math.log10(value) - low) / span if value > 0 else 0.0 for value in values]
    most = max([0.0, *values]) or 1.0
    return [room * max(0.0, value) / most for value in values]


def _bar(left: int, top: int, bar: Body, length: float, colour: str) -> str:
    return (
        f"<text x='{left - _LETTER}' y='{top + _BAR - 2}' text-anchor='end'>{escape(bar['label'])}</text>"
        f"<rect x='{left}' y='{top + 1}' width='{max(1.0, length):.1f}' height='{_BAR}' fill='{colour}'/>"
        f"<text x='{left + length + _LETTER:.1f}' y='{top + _BAR - 2}'>{shown(bar['value'])}</text>"
    )


def _legend(kinds: Iterable[str], left: int, height: int) -> str:
    pieces = []
    for number, kind in enumerate(kinds):
        colour = _COLOURS[number % len(_COLOURS)]
        pieces.append(
            f"<rect x='{left}' y='{height - 14}' width='10' height='10' fill='{colour}'/>"
            f"<text x='{left + 15}' y='{height - 5}'>{escape(kind)}</text>"
        )
        left += 40 + _LETTER * len(kind)
    return "".join(pieces)


def shown(value: float) -> str:
    """Three digits are what a benchmark is good for; large figures are written out."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
