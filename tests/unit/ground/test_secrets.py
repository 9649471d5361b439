"""Client secrets are kept as slow, salted hashes."""

import subprocess
import sys

from waystage.ground.secrets import hash_secret, secret_fits


def test_only_the_secret_fits_and_nothing_fits_nobody() -> None:
    stored = hash_secret("one")
    assert stored != hash_secret("one")
    assert secret_fits("one", stored)
    assert not secret_fits("two", stored)
    assert not secret_fits("one", "no hash")
    assert not secret_fits("nobody", None)


def test_the_program_hashes_slowly() -> None:
    """What OWASP's password storage cheat sheet asks for: argon2id, 19 MiB, two passes. Tests hash with less."""
    program = "from waystage.ground.secrets import hash_secret; print(hash_secret('one'))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert told.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
