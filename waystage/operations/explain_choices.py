"""Why a passage took a way: every condition that was looked at in order, up to the first that held (contract 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.operations.explain_stage import Witness
from waystage.operations.explain_words import DRAW, Line, Why, line_of, tests_of
from waystage.plan import expressions as e
from waystage.plan.looks import Forgotten, Known, is_internal, passing, remembered, remembered_value
from waystage.plan.moves import Arm
from waystage.plan.values import Bound
from waystage.spec import criteria_tree as c


@dataclass(frozen=True, slots=True)
class Option:
    """A condition, what it leads to, and whether it was the one that held."""

    name: str
    condition: e.Condition
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was looked at: in which hop, where that is kept (plan.looks), and the instant in ms."""

    hop: int
    place: int
    at: int


def of_arms(
    witness: Witness, names: Sequence[str], arms: Sequence[Arm], outcome: int, moment: Moment
) -> list[Why]:  # fmt: skip
    """Why one of several outcomes was taken; -1: none of them."""
    options: list[Option] = []
    for arm in arms:
        if isinstance(arm.condition, e.Always):
            break
        if not isinstance(arm.condition, e.Heard) and not _is_of_the_engine(arm.condition):
            name = names[arm.outcome] if arm.outcome < len(names) else ""
            options.append(Option(name, arm.condition, arm.outcome == outcome))
    found = told(witness, options, moment)
    is_draw = bool(options) and all(isinstance(one.condition, e.ShareBelow) for one in options)
    if is_draw and outcome >= 0 and not any(one.is_taken for one in options):
        line = Line(DRAW, c.Operator.LESS_THAN_OR_EQUAL.value, Bound(e.Draw(moment.place)), (100,))
        values = witness.values(line.asked, moment.hop, moment.at)
        found.append(line.told(values, result=True, offset=witness.stage.offset))
    return found


def _is_of_the_engine(condition: e.Condition) -> bool:
    """A way that was chosen outside, such as by the answer of a service: the outcome says it."""
    return isinstance(condition, e.Compare) and is_internal(condition.left)


def told(witness: Witness, options: Sequence[Option], moment: Moment) -> list[Why]:
    """What was looked at, option by option; without values where they are not known any more."""
    found = told_if_known(witness, options, moment)
    return found if found is not None else [why for part in _parts(witness, options) for why in part.untold()]


def told_if_known(witness: Witness, options: Sequence[Option], moment: Moment) -> list[Why] | None:
    """The same; None where the values are not known any more."""
    known = witness.known(moment.hop, moment.place, passing(one.condition for one in options))
    try:
        return _with_values(witness, _parts(witness, options), known, moment)
    except Forgotten:
        return None


def _parts(witness: Witness, options: Sequence[Option]) -> list[_Part]:
    """The options up to the one that held."""
    upto = next((place for place, one in enumerate(options, start=1) if one.is_taken), len(options))
    return [_Part(one, witness) for one in options[:upto]]


def _with_values(witness: Witness, parts: Sequence[_Part], known: Known, moment: Moment) -> list[Why]:
    """Forgotten also where what is there now does not lead to the way that was taken."""
    if witness.is_forgotten and any(e.reads_event(part.option.condition) for part in parts):
        raise Forgotten
    asked = [one for part in parts for one in part.asked(known)]
    values = witness.values(asked, moment.hop, moment.at)
    found: list[Why] = []
    for part in parts:
        size = len(part.asked(known))
        found += part.told(values[:size])
        values = values[size:]
    return found


class _Part:
    """One option with its tests."""

    def __init__(self, option: Option, witness: Witness) -> None:
        self.option = option
        self._offset = witness.stage.offset
        self._tests = tests_of(option.condition, witness.stage)
        self._lines = [line_of(test, witness.stage) for test in self._tests]

    def asked(self, known: Known) -> list[e.Expression]:
        """The whole condition; then of each test the values that it is told with, and the test. Forgotten."""
        found: list[e.Expression] = [remembered(self.option.condition, known)]
        for test, line in zip(self._tests, self._lines, strict=True):
            found += [remembered_value(value, known) for value in line.asked]
            found.append(remembered(test, known))
        return found

    def told(self, values: Sequence[int | str | None]) -> list[Why]:
        """The lines, by the values of what was asked for. Forgotten."""
        left = list(values)
        if bool(left.pop(0)) is not self.option.is_taken:
            raise Forgotten
        found: list[Why] = []
        for line in self._lines:
            size = len(line.asked)
            found.append(line.told(left[:size], result=bool(left[size]), offset=self._offset))
            left = left[size + 1 :]
        return [*found, *self._whole()]

    def untold(self) -> list[Why]:
        """The lines without values; what was taken is known all the same."""
        result = self.option.is_taken if len(self._lines) == 1 else None
        return [*(line.untold(result) for line in self._lines), *self._whole()]

    def _whole(self) -> list[Why]:
        """Several tests make one answer."""
        if len(self._lines) == 1:
            return []
        joined = "Or" if isinstance(self.option.condition, e.AnyOf) else "And"
        return [Why(self.option.name, None, joined, None, self.option.is_taken)]
