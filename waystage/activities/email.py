"""EMAILV2: send an e-mail and go on at once (journey-spec 3.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from waystage.plan import content, mails, suppression, wording
from waystage.plan.effects import Effect, Form
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Emit, Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity
from waystage.spec.fields import FieldType
from waystage.spec.parts import object_at

#: Both name the message of this visit, as `GET messages` and engagements know it.
_OUTPUTS = {"requestID": FieldType.TEXT, "messageKey": FieldType.TEXT}


def step(activity: Activity, site: Site) -> Step:
    """Emit one message to the journey's default address, then go on."""
    settings = object_at(activity.configuration, "triggeredSend")
    texts, deliverable = _texts(activity, site, settings)
    mail = mails.options(activity, site, settings)
    bound = content.bind(site.resolver, texts, mail.preheader, *mail.cc, *mail.bcc)
    for message in bound.unknown:
        site.problem(problems.PERSONALISATION, f"E-mail {activity.key}: {message}")
    if texts.html and settings.get("isMultipart") is False:
        texts = replace(texts, text="")
    address = site.address()
    form = Form(
        suppression.EMAIL, texts.subject, texts.html, texts.text, bound.parameters, deliverable, site.offset, mail=mail,
        pace=wording.pace(activity, site),
    )  # fmt: skip
    effect = Effect(form, address, bound.values, rules=suppression.of_email(activity, site, settings, address))
    return (Emit(effect, tuple(_OUTPUTS)), Route.to())


def _texts(activity: Activity, site: Site, settings: Mapping[str, Any]) -> tuple[content.Texts, bool]:
    """The stored e-mail; a missing one is an error only when there are e-mails at all (contract, content)."""
    subject = _subject(settings)
    number = _email_id(settings)
    stored = site.catalog.emails.get(number) if number is not None else None
    if stored is not None:
        if stored.is_old:
            message = f"E-mail {activity.key}: the content of e-mail {number} was not changed for six months."
            site.problem(problems.EMAIL_OLD, message)
        return content.Texts(subject or stored.subject, stored.html, stored.text), True
    if site.catalog.emails:
        named = settings.get("emailId")
        site.problem(problems.EMAIL_INVALID, f"E-mail {activity.key}: there is no e-mail with the id {named!r}.")
    return content.Texts(subject or activity.name or activity.key, "", ""), False


def _subject(settings: Mapping[str, Any]) -> str:
    found = (settings.get(name) for name in ("dynamicEmailSubject", "emailSubject"))
    return next((text for text in found if isinstance(text, str) and text.strip()), "")


def _email_id(settings: Mapping[str, Any]) -> int | None:
    value = settings.get("emailId")
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


ACTIVITY = ActivityType(
    type="EMAILV2",
    aliases=("EMAIL",),
    summary="Send an e-mail to the journey's default address; the contact goes on at once.",
    history_name="emailv2",
    step=step,
    outputs=_OUTPUTS,
    examples=(
        Example(
            "the contact does not wait for the delivery",
            given={"triggeredSend": {"emailSubject": "Hello %%FirstName%%"}},
            contacts={"ann": {"FirstName": "Ann", "EmailAddress": "ann@example.com"}, "bob": {}},
            script=("enter",),
            trail={"ann": ("on",), "bob": ("on",)},
        ),
    ),
)
