"""Problems: every code is documented, and a problem takes the severity of its code."""

import pytest

from waystage.spec import problems
from waystage.spec.document import parse
from waystage.spec.problems import PROBLEM_CODES, Problem, problem


def test_every_named_code_stands_in_the_table_once() -> None:
    named = [value for value in vars(problems).values() if isinstance(value, str) and value.isdigit()]
    assert sorted(named) == sorted(PROBLEM_CODES)
    assert {f"1900{number:02}" for number in range(1, 17)} <= set(named)
    assert {f"19010{number}" for number in range(1, 7)} <= set(named)


@pytest.mark.parametrize("code", PROBLEM_CODES)
def test_every_code_says_when_it_comes_and_what_to_do(code: str) -> None:
    row = PROBLEM_CODES[code]
    assert row.name
    assert row.when.endswith(".")
    assert row.remedy.endswith(".")
    kinds = {"1900": "Error", "1901": "Warning", "1902": "Advice"}
    warned = {"121072", "121546", "121547"}
    assert row.severity == ("Warning" if code in warned else kinds.get(code[:4], "Error"))


def test_a_problem_points_at_its_activity() -> None:
    activity = parse({"activities": [{"key": "w", "id": "i", "type": "Wait"}]}).activities[0]
    found = problem(problems.WAIT, "No duration.", path="activities[0]", activity=activity)
    assert found == Problem("190010", "No duration.", "Error", "activities[0]", "w", "i", "Wait")
    assert problem(problems.ENTRY_MODE_NOT_SET, "x") == Problem("190105", "x", "Warning")
