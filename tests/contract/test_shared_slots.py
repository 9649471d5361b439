"""`concurrentRequests` holds over all processes of a database (journey-spec 6.2, design 8.17)."""

import pytest

from tests.contract.calling import ALLOWED, ended, rest, start
from tests.contract.mailing import define_event, settle
from tests.contract.served import Served
from tests.contract.test_processes import LANES, shared, until
from tests.services.service import Service

pytestmark = pytest.mark.spec("6.2")

PEOPLE = tuple(f"p{number}" for number in range(40))


@pytest.mark.parametrize("at_once", [1, 4])
def test_two_processes_together_call_no_more_at_once_than_one(at_once: int, postgresql_url: str) -> None:
    allowed = ALLOWED | LANES
    with Service() as service, Served(postgresql_url, **allowed) as one, Served(postgresql_url, **allowed) as two:
        until(shared(one, two), one)
        api = one.client()
        define_event(api)
        start(api, rest(service, "held", concurrentRequests=at_once), *PEOPLE)
        until(lambda: len(service.executed()) >= at_once, one)
        service.release(len(PEOPLE))
        settle(api)
        assert len(ended(api)) == len({call.key for call in service.executed()}) == len(PEOPLE)
        assert service.most_at_once == at_once
        counted = [server.built.deliverer.results["custom-activity", "answered"] for server in (one, two)]
        assert min(counted) > 0, counted
        assert sum(counted) == len(PEOPLE)
