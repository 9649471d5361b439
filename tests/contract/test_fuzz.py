"""Whatever is sent, the answer is a documented one (contract 11, api.md 1.8).

`make fuzz` sends 20,000 requests to each kind of database; an ordinary run sends a few to each operation.
"""

import os

import pytest

from tests.contract.fuzz.fuzzing import Fuzz
from tests.contract.served import Served

REQUESTS = int(os.environ.get("WAYSTAGE_FUZZ_REQUESTS", "400"))
SEED = int(os.environ.get("WAYSTAGE_FUZZ_SEED", "0"))


@pytest.mark.timeout(0 if REQUESTS > 1_000 else 300)
def test_1_8_nothing_that_is_sent_breaks_anything(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Served(database_url, WAYSTAGE_SECRET_KEY="what signing keys are sealed with in this test") as served:
        fuzz = Fuzz(served, SEED)
        fuzz.run(REQUESTS)
    with capsys.disabled():
        if REQUESTS > 1_000:
            print(f"\n{fuzz.sent} requests: {dict(sorted(fuzz.statuses.items()))}, {len(fuzz.faults)} faults")  # noqa: T201
    assert fuzz.sent >= REQUESTS
    assert not fuzz.faults, "\n\n".join(f"{name}\n  {asked}" for name, asked in fuzz.faults.items())
