"""Accepting events without a server: the memory of forms, and that nothing but typed values gets through."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from waystage.ground.errors import BadRequest
from waystage.operations.fire_event import EventForm, EventForms, accept
from waystage.spec.fields import read_schema
from waystage.store.data_extensions import DataExtension

DECLARED: dict[str, Any] = {
    "fields": [
        {"name": "Key", "isPrimaryKey": True, "maxLength": 40},
        {"name": "Number", "dataType": "Number", "isPrimaryKey": True, "defaultValue": "7"},
        {"name": "Decimal", "dataType": "Decimal"},
        {"name": "Date", "dataType": "Date"},
        {"name": "Boolean", "dataType": "Boolean"},
        {"name": "Mail", "dataType": "EmailAddress"},
    ],
    "sendableCustomObjectField": "Key",
}
EXTENSION = DataExtension(1, 1, "guid", "key", "name", DECLARED, read_schema(DECLARED), {}, 0, 0)
FORM = EventForm(1, 5, EXTENSION, writes_rows=True, holds_key=True, offset=0)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
names = st.sampled_from(["Number", "decimal", "DATE", "Boolean", "Mail", "other"]) | st.text()


@given(st.text(min_size=1), st.dictionaries(names, scalars | st.lists(scalars, max_size=2)))
def test_an_event_is_typed_or_refused(contact_key: str, data: dict[str, Any]) -> None:
    try:
        event = accept(FORM, contact_key, data)
    except BadRequest:
        return
    row = msgspec.json.decode(event.data)
    assert set(row) <= {field["name"] for field in DECLARED["fields"]}
    assert all(value is None or type(value) in {int, str} for value in row.values())
    assert row["Key"] == contact_key
    assert msgspec.json.decode(event.row_key or "") == [contact_key, row.get("Number", 7)]


def test_a_form_is_kept_in_any_letter_case_until_forgotten() -> None:
    forms = EventForms()
    forms.keep(forms.generation, "KEY", FORM)
    assert forms.known(1, "key") is FORM
    assert forms.known(2, "key") is None
    forms.forget()
    assert forms.known(1, "key") is None


def test_a_form_read_before_a_change_is_not_kept() -> None:
    forms = EventForms()
    generation = forms.generation
    forms.forget()
    forms.keep(generation, "key", FORM)
    assert forms.known(1, "key") is None
