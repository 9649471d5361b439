"""The dashboard and the alerts ask for metrics of the table only, with labels that they have."""

import importlib
import json
import re
from typing import Any

import pytest

from tests.architecture.modules import ROOT
from waystage.ground.meters import METRICS, OF_THE_SYSTEM

TABLE = {one.name: one for one in (*METRICS, *OF_THE_SYSTEM)}
#: Labels that Prometheus itself gives to what it scrapes.
SCRAPED = {"job", "instance"}
NAME = re.compile(r"\b(?:waystage|process)_[a-z_]+\b")
PARTS = re.compile(r"_(bucket|sum|count)$")


def dashboard() -> list[str]:
    """Every query of the dashboard, those of its variables too."""
    board = json.loads((ROOT / "deploy" / "grafana" / "waystage.json").read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] for panel in panels)
    variables = [one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"]
    return [target["expr"] for panel in panels for target in panel["targets"]] + variables


def alerts() -> list[dict[str, Any]]:
    """Every rule."""
    text = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    groups = importlib.import_module("yaml").safe_load(text)["groups"]
    return [rule for group in groups for rule in group["rules"]]


QUERIES = [*dashboard(), *(rule["expr"] for rule in alerts())]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_metrics_of_the_table(query: str) -> None:
    names = NAME.findall(query)
    assert names
    for name in names:
        kind = "histogram" if PARTS.search(name) else "plain"
        known = TABLE[PARTS.sub("", name) if kind == "histogram" else name]
        assert (known.kind == "histogram") == (kind == "histogram"), name


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_labels_that_are_there(query: str) -> None:
    metrics = [TABLE[PARTS.sub("", name)] for name in NAME.findall(query)]
    there = SCRAPED.union({"le"} if "_bucket" in query else set(), *(one.labels for one in metrics))
    named = {label.strip() for one in re.findall(r"by \(([^)]*)\)", query) for label in one.split(",")}
    named |= set(re.findall(r"([a-z]+)=~?\"", query))
    assert named <= there


def test_counters_are_never_shown_bare() -> None:
    """They begin anew with each process, so only their rate means anything."""
    for query in QUERIES:
        for name in NAME.findall(query):
            if TABLE[PARTS.sub("", name)].kind != "gauge":
                assert re.search(rf"(rate|increase)\({name}", query), query


def test_every_alert_says_what_it_means() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule
        assert set(rule["annotations"]) == {"summary", "description"}, rule


def test_the_brackets_of_queries_match() -> None:
    for query in QUERIES:
        for left, right in ("()", "{}", "[]"):
            assert query.count(left) == query.count(right), query
