"""The catalogue of errors is complete, drawn, and renders each error in its envelope."""

import pytest

from waystage.api.error_replies import render
from waystage.ground import errors
from waystage.ground.errors import (
    EventDefinitionNotFound,
    MethodNotAllowed,
    NoChange,
    TokenRefused,
    ValidationErrors,
    WaystageError,
    WrongType,
    catalogue,
)
from waystage.ground.settings import load

SETTINGS = load({})


@pytest.mark.parametrize("error", catalogue(), ids=lambda error: error.__name__)
def test_every_error_is_explained_and_drawn(error: type[WaystageError]) -> None:
    assert error.message
    assert error.when
    assert error.remedy
    assert f"── {error.__name__}" in (errors.__doc__ or "")


def test_what_is_drawn_exists() -> None:
    drawn = [line.split("── ")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if "── " in line]
    assert all(issubclass(getattr(errors, name), WaystageError) for name in drawn)
    assert len(drawn) == len(set(drawn))


def test_a_304_is_bare() -> None:
    reply = render(NoChange(), SETTINGS)
    assert (reply.status, reply.body, reply.headers) == (304, b"", ())


def test_several_errors_are_listed() -> None:
    reply = render(ValidationErrors([WrongType("a must be text.")]), SETTINGS)
    assert reply.status == 400
    assert reply.body == {
        "message": "Validation Errors Occurred!",
        "errorcode": 10006,
        "documentation": "",
        "validationErrors": [{"message": "a must be text.", "errorcode": 10001, "documentation": ""}],
    }


def test_the_status_of_a_missing_event_definition_is_a_setting() -> None:
    assert render(EventDefinitionNotFound(), SETTINGS).status == 404
    assert render(EventDefinitionNotFound(), load({"WAYSTAGE_MISSING_EVENT_DEFINITION": "400"})).status == 400


def test_headers_of_refusals() -> None:
    assert render(MethodNotAllowed(("GET", "PUT")), SETTINGS).headers == (("allow", "GET, PUT"),)
    words = {error.oauth for error in catalogue() if issubclass(error, TokenRefused)}
    assert words == {"invalid_client", "invalid_request", "unsupported_grant_type", "invalid_scope"}
