"""What a row of the outbox says: one pure function for the sender and for whoever reads the message store."""

from __future__ import annotations

from dataclasses import replace

from waystage.engine.sending.tracking import Tracker
from waystage.ground import ids
from waystage.plan import content
from waystage.plan.content import Texts
from waystage.plan.effects import Form
from waystage.plan.suppression import EMAIL
from waystage.store.moves import CAPTURED, SUPPRESSED
from waystage.store.outbox import Effect, Origin


def rendered(effect: Effect, form: Form, origin: Origin, tracker: Tracker | None = None) -> Texts:
    """Subject and bodies; the same row gives the same texts at every attempt and on every reading (design 8.1).

    The values of a deleted contact are gone: their places stay empty, and nothing leads back to it (contract 17).
    """
    late = {
        "instance": ids.guid_of("instance", effect.lane, effect.instance),
        "definition": origin.definition_id,
        "version": str(origin.number),
        "test": "true" if origin.is_test else "false",
        "mode": "Test" if origin.is_test else "Production",
    }
    if effect.address is None and not effect.values:
        return content.render(form, (None,) * len(form.parameters), late)
    if tracker is None or form.channel != EMAIL:
        return content.render(form, effect.values, late)
    request_id, at = effect.request_id, effect.at
    texts = content.render(form, effect.values, {**late, **tracker.late(request_id, at)})
    body = texts.html
    if body and effect.state < SUPPRESSED:
        body = tracker.followed(body, form.mail, request_id, at, leaves=effect.state != CAPTURED)
    return replace(texts, html=body, headers=tracker.headers(request_id, at))
