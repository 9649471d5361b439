"""The checkout depends on nobody's private places: public indexes in lock files, no private folder in any file."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.modules import ROOT

PUBLIC = {
    "uv.lock": {"pypi.org", "files.pythonhosted.org"},
    "package-lock.json": {"registry.npmjs.org"},
}
ADDRESS = re.compile(r"\b([a-z]+)://([^/\"'\s]*)")
# Written in pieces so that this file is not its own finding.
PRIVATE = re.compile(r"(?<![\w./-])/(wor[k]|far[m])/|\.\./share[d]\b|\.librar[y]\b|(?<![\w.-])/tm[p]/ws\b")
FOLDERS_OF_TOOLS = {".git", ".venv", ".uv", "__pycache__", "node_modules", "build", "dist"}


def test_lock_files_name_public_indexes_only() -> None:
    locks = [path for path in _files() if path.name in PUBLIC]
    assert ROOT / "uv.lock" in locks
    stray = [
        f"{path.name}: {scheme}://{host}"
        for path in locks
        for scheme, host in set(ADDRESS.findall(path.read_text(encoding="utf-8")))
        if scheme != "https" or host not in PUBLIC[path.name]
    ]
    assert stray == []


def test_the_lock_file_belongs_to_the_project_file() -> None:
    """Each direct dependency is in the lock file; `uv lock` after an edit was not forgotten."""
    locked = set(re.findall(r'^name = "([^"]+)"', (ROOT / "uv.lock").read_text(encoding="utf-8"), re.MULTILINE))
    declared = set(re.findall(r'^    "([a-z][\w-]*)[^"]*",?', _dependencies(), re.MULTILINE))
    assert declared
    assert declared <= locked


def test_no_file_names_a_private_folder() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _files()
        for number, line in enumerate(_lines(path), start=1)
        if PRIVATE.search(line)
    ]
    assert found == []


def _dependencies() -> str:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return "".join(re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL))


def _files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part in FOLDERS_OF_TOOLS or part.endswith("_cache") for part in parts)
        if path.is_file() and not hidden and parts[0] != ".hypothesis":
            yield path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
