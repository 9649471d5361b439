"""`python -m waystage.bench`: the same as `waystage bench`."""

import signal
import sys

import typer

from waystage.bench.command import bench


def main(arguments: list[str]) -> int:
    """Run the benchmark with these arguments; wrong usage and failures end the program with their exit code."""
    app = typer.Typer(add_completion=False)
    app.command(help=bench.__doc__)(bench)
    # Ended from outside, too, the servers and files of the run are taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app(args=arguments, prog_name="waystage bench")
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
