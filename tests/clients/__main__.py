"""`make clients`: install the published clients, start a fresh server, run each; exit code 1 if one of them fails."""

import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.clients import sdks
from tests.clients.calling import ClientFailure
from tests.clients.installing import Installed, install
from tests.clients.mcdev import mcdev
from tests.clients.serving import Place, served
from waystage.ground import clock

Part = Callable[[Installed, Place, Path], None]
PARTS: dict[str, Part] = {
    "sfmc-sdk": sdks.sfmc_sdk,
    "fuel-rest": sdks.fuel_rest,
    "FuelSDK": sdks.fuel_sdk,
    "mcdev": mcdev,
}


def main(chosen: list[str]) -> int:
    """Run the chosen clients, or all."""
    if unknown := set(chosen) - set(PARTS):
        sys.stderr.write(f"usage: python -m tests.clients [{' | '.join(PARTS)}]; unknown: {', '.join(unknown)}\n")
        return 2
    begun = clock.monotonic()
    try:
        installed = install()
    except subprocess.CalledProcessError as failure:
        sys.stderr.write(f"make clients: could not install the clients; {failure.cmd[0]} says why above.\n")
        return 1
    sys.stdout.write(f"installed in {clock.monotonic() - begun:.0f} s: {installed.folder}\n")
    with tempfile.TemporaryDirectory(prefix="waystage-clients-") as folder, served(Path(folder)) as place:
        failed = [name for name in PARTS if name in (chosen or PARTS) and not _passed(name, installed, place)]
        if failed:
            sys.stdout.write(f"\nserver:\n{(Path(folder) / 'server.log').read_text(encoding='utf-8')[-4_000:]}\n")
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "all clients pass\n")
    return 1 if failed else 0


def _passed(name: str, installed: Installed, place: Place) -> bool:
    sys.stdout.write(f"{name}\n")
    begun = clock.monotonic()
    with tempfile.TemporaryDirectory(prefix="waystage-client-") as scratch:
        try:
            PARTS[name](installed, place, Path(scratch))
        except ClientFailure as failure:
            sys.stdout.write(f"  FAILED: {failure}\n")
            return False
        except AssertionError:
            sys.stdout.write(f"  FAILED: {traceback.format_exc()}\n")
            return False
    sys.stdout.write(f"  {clock.monotonic() - begun:.1f} s\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
