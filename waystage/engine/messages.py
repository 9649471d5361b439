"""What a row of the outbox says: one pure function for the sender and for whoever reads the message store."""

from __future__ import annotations

from waystage.ground import ids
from waystage.plan import content
from waystage.plan.content import Texts
from waystage.plan.effects import Form
from waystage.store.outbox import Effect, Origin


def rendered(effect: Effect, form: Form, origin: Origin) -> Texts:
    """Subject and bodies; the same row gives the same texts at every attempt and on every reading (design 8.1).

    The values of a deleted contact are gone: their places stay empty (contract 17).
    """
    late = {
        "instance": ids.guid_of("instance", effect.lane, effect.instance),
        "definition": origin.definition_id,
        "version": str(origin.number),
        "test": "true" if origin.is_test else "false",
        "mode": "Test" if origin.is_test else "Production",
    }
    is_forgotten = effect.address is None and not effect.values
    return content.render(form, (None,) * len(form.parameters) if is_forgotten else effect.values, late)
