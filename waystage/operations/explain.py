"""Everything that happened to one contact in one journey, and why (contract 22; design 8.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from waystage.ground.errors import ContactNotFound, InteractionNotFound
from waystage.ground.ids import guid_of
from waystage.operations import explain_entry, explain_messages, read_history
from waystage.operations.explain_entry import Entry
from waystage.operations.explain_passage import Passage, explained_passage
from waystage.operations.explain_stage import Stage, Stages, Witness
from waystage.operations.explain_words import Why
from waystage.operations.history_origins import Origins
from waystage.operations.history_rows import HistoryRow
from waystage.operations.read_history import Asked
from waystage.plan.compile import Kinds
from waystage.store import contacts, explained, history_versions, looked, versions
from waystage.store.contacts import Contact
from waystage.store.explained import Begun
from waystage.store.sql import Tx
from waystage.store.versions import Journey, Selector

#: Rows of history that one answer explains; of a longer page the oldest are left out, and counted.
MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """An event by which the contact did not enter; `at` in ms, `why` what of it is still known."""

    at: int
    version: int
    reason: str
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One passage as it is told."""

    version: int
    instance_id: str
    entered: int
    entry: Entry
    passage: Passage


@dataclass(frozen=True, slots=True)
class Explained:
    """One page: the passages and refusals of it, the oldest first; the first page has the newest."""

    contact_key: str
    journey_key: str
    count: int
    passages: tuple[Told, ...] = ()
    refusals: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about: keys in any letter case (contract 10), and which page."""

    account: int
    journey_key: str
    contact_key: str
    limit: int
    offset: int


def explain(tx: Tx, kinds: Kinds, asked: Question, now: int, offset: int) -> Explained:
    """Explain one contact; `offset` of the account in minutes. InteractionNotFound, ContactNotFound."""
    journey = versions.find_journey(tx, asked.account, Selector("key", asked.journey_key))
    if journey is None:
        raise InteractionNotFound
    contact = contacts.find_any_case(tx, asked.account, asked.contact_key)
    if contact is None:
        raise ContactNotFound
    return _Explanation(tx, kinds, asked, journey, contact, Stages(tx, kinds, asked.account, offset), now).told()


@dataclass(slots=True)
class _Explanation:
    tx: Tx
    kinds: Kinds
    asked: Question
    journey: Journey
    contact: Contact
    stages: Stages
    now: int
    _stopped: dict[int, int | None] = field(default_factory=dict)

    def told(self) -> Explained:
        shown = history_versions.find(self.tx, self.asked.account, (self.journey.guid,))
        self._stopped = {one.number: one.stopped for one in shown}
        count, begun = explained.passages(
            self.tx, self.contact.lane, self.contact.number, self.journey.number, self.asked.limit, self.asked.offset
        )
        passages = self._passages(begun)
        refusals = tuple(self._refusals())
        return Explained(self.contact.key, self.journey.key, count, tuple(passages), refusals)

    def _passages(self, begun: Sequence[Begun]) -> list[Told]:
        rows, lane = self._rows(begun), self.contact.lane
        kept = looked.of_passages(self.tx, lane, [one.instance for one in begun])
        left, found = MOST_ROWS, list[Told]()
        sent = explain_messages.find(self.tx, self.stages, lane, [row for one in begun for row in rows[one.instance]])
        for one in begun:
            stage = self.stages.of(one.version)
            if stage is None:
                continue
            told = rows[one.instance][-left:] if left else []
            earlier = len(rows[one.instance]) - len(told)
            left -= len(told)
            witness = Witness(
                self.tx, stage, lane, self.contact.number, one.instance, kept.get(one.instance, {}), self._is_gone(one)
            )
            passage = explained_passage(witness, one, told, sent, self._stopped.get(one.version), self.now)
            found.append(self._told(witness, stage, one, passage, earlier))
        return found[::-1]

    def _told(self, witness: Witness, stage: Stage, begun: Begun, passage: Passage, earlier: int) -> Told:
        passage.earlier = earlier
        entry = explain_entry.of_passage(witness, begun.entered)
        instance_id = guid_of("instance", self.contact.lane, begun.instance)
        return Told(stage.origin.texts.version, instance_id, begun.entered, entry, passage)

    def _is_gone(self, begun: Begun) -> bool:
        """The data of a deleted contact is forgotten, also if it was made anew since (contract 17, 39)."""
        is_deleted = self.contact.deleted is not None or self.contact.created > begun.entered
        return begun.is_forgotten and is_deleted

    def _rows(self, begun: Sequence[Begun]) -> dict[int, list[HistoryRow]]:
        """The history of these passages."""
        found: defaultdict[int, list[HistoryRow]] = defaultdict(list)
        if begun:
            asked = Asked(
                definition_ids=(self.journey.guid,),
                contact_keys=(self.contact.key,),
                instance_ids=tuple(guid_of("instance", self.contact.lane, one.instance) for one in begun),
                descending=False,
            )
            origins = Origins(self.tx, self.kinds)
            reach = read_history.reach_of(self.tx, origins, self.asked.account, asked)
            if reach is not None:
                facts = read_history.facts(self.tx, replace(reach, with_refusals=False), asked)
                for row in (row for fact in facts for row in read_history.told(fact, origins, reach)):
                    found[row.instance].append(row)
        return found

    def _refusals(self) -> list[Refused]:
        found = explained.refusals(
            self.tx, self.contact.lane, self.contact.number, self._stopped.keys(), self.asked.limit, self.asked.offset
        )
        told: list[Refused] = []
        for one in reversed(found):
            stage = self.stages.of(one.version)
            if stage is not None:
                witness = Witness(self.tx, stage, self.contact.lane, self.contact.number, 0, {})
                why = explain_entry.of_refusal(witness, one)
                told.append(Refused(one.at, stage.origin.texts.version, one.status, tuple(why)))
        return told
