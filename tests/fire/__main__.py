"""`python -m tests.fire`: the product under fire, for as long as is asked. Exit code 1 with violations."""

import argparse
import json
import sys
from collections.abc import Sequence

from tests.fire.scene import Store
from tests.fire.soak import Progress, Report, Soak, no_progress

_STORES: dict[str, tuple[Store, ...]] = {
    "both": ("sqlite", "postgresql"), "sqlite": ("sqlite",), "postgresql": ("postgresql",),
}  # fmt: skip
_ALONE = [["serve"]]
#: What is on one database after the other, if nobody asks for something else.
_MANY = [["api", "worker", "worker"], ["serve"], ["api", "api", "worker", "worker", "worker"]]


def main() -> int:
    """Run, and say what came of it."""
    asked = _arguments()
    broken = False
    for store in _STORES[asked.store]:
        sys.stderr.write(f"{store}: {asked.seconds:g} s, seed {asked.seed}\n")
        soak = Soak(store, asked.seed, _line_ups(store, asked.processes), asked.round_seconds, _progress())
        report = soak.run(asked.seconds)
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        sys.stdout.write(json.dumps(report.line()) + "\n")
        for one in report.violations:
            sys.stdout.write(f"violation: {one}\n")
        sys.stdout.flush()
        broken = broken or bool(report.violations)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=__doc__)
    parser.add_argument("--store", choices=sorted(_STORES), default="both")
    parser.add_argument("--seconds", type=float, default=600, help="for each kind of database")
    parser.add_argument("--seed", type=int, default=1, help="the same faults in the same order")
    parser.add_argument(
        "--processes", default="", help="on PostgreSQL, such as api,api,worker,worker; default: several"
    )
    parser.add_argument("--round-seconds", type=float, default=25, help="fire between two looks at the database")
    return parser.parse_args()


def _line_ups(store: Store, asked: str) -> Sequence[Sequence[str]]:
    if store == "sqlite":
        return _ALONE
    return [asked.split(",")] if asked else _MANY


def _progress() -> Progress:
    """On a terminal only."""
    return _shown if sys.stderr.isatty() else no_progress


def _shown(report: Report, doing: str) -> None:
    sys.stderr.write(
        f"\r\x1b[K{report.store}: round {report.rounds + 1}, {sum(report.faults.values())} faults,"
        f" {len(report.violations)} violations: {doing}"
    )
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
