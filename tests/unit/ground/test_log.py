"""Log lines go to whatever standard error is when they are written."""

import io
import sys

import pytest

from waystage.ground import log


def test_a_closed_standard_error_of_before_is_no_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    former, present = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", former)
    log.set_up()
    log.logger("room").info("first")
    former.close()
    monkeypatch.setattr(sys, "stderr", present)
    log.logger("room").info("second")
    assert "second" in present.getvalue()
