"""Counting: which step a value falls into, and what is shown before anything was counted."""

import pytest

from waystage.ground.meters import (
    BATCH_CONTACTS,
    CALLS,
    LANE_LAG,
    METRICS,
    OF_THE_SYSTEM,
    REQUEST_SECONDS,
    SENDS,
    Histogram,
    Labels,
    Meters,
)


@pytest.mark.parametrize(
    ("value", "place"), [(-1.0, 0), (0.0, 0), (1.0, 0), (1.0001, 1), (2.0, 1), (5.0, 2), (5.1, 3), (float("inf"), 3)]
)
def test_a_step_is_an_inclusive_bound(value: float, place: int) -> None:
    histogram = Histogram((1.0, 2.0, 5.0))
    histogram.observe(value)
    assert histogram.counts == [int(place == one) for one in range(4)]
    assert histogram.total == value


def test_what_is_known_begins_at_nothing() -> None:
    meters = Meters()
    assert meters.samples(CALLS) == {("answered",): 0, ("failed",): 0, ("retried",): 0}
    assert meters.samples(SENDS) == {}
    assert list(meters.histograms(BATCH_CONTACTS)) == [()]
    assert list(meters.histograms(REQUEST_SECONDS)) == []


def test_counts_go_by_labels() -> None:
    meters = Meters()
    meters.count(SENDS, "email", "sent")
    meters.count(SENDS, "email", "sent", by=2)
    meters.count(SENDS, "sms", "failed")
    meters.observe(REQUEST_SECONDS, 0.5, "/a", "GET")
    meters.histogram(REQUEST_SECONDS, "/a", "GET").observe(0.25)
    assert meters.samples(SENDS) == {("email", "sent"): 3, ("sms", "failed"): 1}
    assert meters.histograms(REQUEST_SECONDS)["/a", "GET"].total == 0.75


def test_what_is_watched_is_read_when_somebody_asks() -> None:
    meters, lags = Meters(), dict[Labels, float]({("1",): 0.0})
    meters.watch(LANE_LAG, lambda: lags)
    lags["2",] = 3.0
    assert meters.samples(LANE_LAG) == {("1",): 0.0, ("2",): 3.0}


def test_the_table_is_well_formed() -> None:
    table = (*METRICS, *OF_THE_SYSTEM)
    assert len({one.name for one in table}) == len(table)
    for one in METRICS:
        assert one.name.startswith("waystage_"), one
        assert one.name.endswith("_total") == (one.kind == "counter"), one
        assert bool(one.steps) == (one.kind == "histogram"), one
        assert list(one.steps) == sorted(set(one.steps)), one
        assert all(len(labels) == len(one.labels) for labels in one.known), one
