"""`python -m waystage.docs` writes the generated pages, `--check` fails with the names of those that are stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from waystage.docs import activities, api, doctor, errors, metrics, problems, sections, settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES = {
    "activities.md": activities.page,
    "api.md": api.page,
    "doctor.md": doctor.page,
    "errors.md": errors.page,
    "metrics.md": metrics.page,
    "problems.md": problems.page,
    "sections.md": sections.page,
    "settings.md": settings.page,
}
CHECK = "--check"
STALE, WRONG_USAGE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Write or check every page; returns the exit code: 1 if a page is stale, 2 for wrong usage."""
    if any(argument != CHECK for argument in arguments):
        sys.stderr.write(f"usage: python -m waystage.docs [{CHECK}]\n")
        return WRONG_USAGE
    if not (FOLDER.parents[1] / "pyproject.toml").exists():
        sys.stderr.write("The generated pages belong to a checkout; this is an installation.\n")
        return WRONG_USAGE
    return check(FOLDER) if arguments else write(FOLDER)


def write(folder: Path) -> int:
    """Write every page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
    return 0


def check(folder: Path) -> int:
    """Compare every page with what it would be now."""
    stale = [name for name, page in PAGES.items() if _stored(folder / name) != page()]
    for name in stale:
        sys.stderr.write(f"docs/reference/{name} is stale; `make docs` writes it anew.\n")
    return STALE if stale else 0


def _stored(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
