"""A slice of the soak that every run of the tests takes: each kind of fault, in a fixed order, by a fixed seed."""

import pytest

from tests.fire import faults
from tests.fire.faults import Fault
from tests.fire.scene import Store
from tests.fire.soak import Soak

pytestmark = pytest.mark.spec("8.3")

SEED = 7
#: Which processes are struck by what.
SLICES: dict[str, tuple[Store, tuple[str, ...], list[Fault]]] = {
    "sqlite": (
        "sqlite",
        ("serve",),
        [faults.kill, faults.full_disk, faults.bad_hosts, faults.wrong_clock, faults.freeze, faults.kill],
    ),
    "postgresql": (
        "postgresql",
        ("serve",),
        [faults.kill, faults.cut_wire, faults.bad_hosts, faults.crash_server, faults.stall_wire, faults.wrong_clock],
    ),
    "postgresql-many": (
        "postgresql",
        ("api", "worker", "worker"),
        [faults.kill, faults.freeze_beyond_lease, faults.cut_wire, faults.stop_politely],
    ),
}


@pytest.mark.parametrize("name", SLICES)
def test_a_slice(name: str) -> None:
    store, processes, struck = SLICES[name]
    report = Soak(store, SEED, [processes]).once(struck)
    assert not report.violations, "\n".join(report.violations)
    assert report.kills > 0
    assert report.passages > report.events > 0
