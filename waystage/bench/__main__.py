"""`python -m waystage.bench`: the same as `waystage bench`."""

import typer

from waystage.bench.command import bench

if __name__ == "__main__":
    typer.run(bench)
