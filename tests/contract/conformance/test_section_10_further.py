"""The surface beyond the seed (api.md 10, D-58)."""

from tests.contract.conformance.bodies import BATCH, HISTORY, NOBODY, I, J
from tests.contract.conformance.cases import Case, Hold, cases, refused
from tests.contract.conformance.stage import Stage

NO_ROUTE = refused(404, 404, "Not Found")
CHOSEN = [
    f"GET {I}/key:x", f"POST {I}/pause/x", f"POST {I}/pause/key:x", f"POST {I}/resume/x", f"POST {I}/resume/key:x",
    f"POST {I}/validateAsync/x", f"POST {I}/validateAsync/key:x", f"GET {I}/validateStatus/x", f"GET {I}/status/x",
    f"GET {I}/status/key:x", f"GET {I}/{NOBODY}/audit/all", f"POST {BATCH}", f"GET {BATCH}/status",
    f"POST {I}/contactexit", f"POST {I}/contactexit/status", f"POST {I}/contactMembership", f"POST {HISTORY}/search",
    f"POST {HISTORY}/download", f"POST {HISTORY}/estimate", f"GET {HISTORY}/freshness",
    *(f"POST {I}/transactional/{call}" for call in ("create", "pause", "resume", "clearQueue")),
]  # fmt: skip


@cases(
    *(
        Case(f"10 {path}", f"GET {J}/{path}", NO_ROUTE)
        for path in ("definitionTemplates", "definitionTemplates/x", "dashboard/config", "engine-settings",
            "abntest/x", "recommendationTypes", "journeys/x/versions/1/summary/counts",
            f"interactions/{NOBODY}/activities/x/summary")
    ),
)  # fmt: skip
def test_10_what_is_left_out(case: Case, hold: Hold) -> None:
    hold(case)


def test_10_d_58_the_first_choice_is_served(stage: Stage) -> None:
    for call in CHOSEN:
        verb, path = call.split(" ")
        answer = stage.api.http.request(verb, path, json=[] if verb == "POST" else None)
        assert answer.status_code not in {405, 501}, call
        assert answer.status_code < 500, call
        assert not (answer.status_code == 404 and answer.json()["errorcode"] == 404), call
