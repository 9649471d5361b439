"""`waystage bench`: measure; the measurements themselves are `waystage.bench`."""

from __future__ import annotations

import importlib

import typer

from waystage.cli.words import Refusal

HELP = """Measure throughput and latency, as ratios taken in one run. Arguments are passed on.

\b
Examples:
  waystage bench --report here          (everything: forty minutes)
  waystage bench --quick --report here  (small and rough)
  waystage bench engine --store sqlite
  waystage bench --help
"""
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
WHERE = "waystage.bench.__main__"


def bench(context: typer.Context) -> None:
    """See HELP; the package is loaded only now, since nothing else needs it."""
    try:
        measure = importlib.import_module(WHERE).main
    except ModuleNotFoundError as error:
        if error.name is None or not WHERE.startswith(error.name):
            raise
        raise Refusal("The benchmarks are not part of this installation; run this in a checkout.") from error
    raise typer.Exit(measure(list(context.args)) or 0)
