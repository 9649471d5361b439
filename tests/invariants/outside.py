"""What mail servers and services saw: one key and one body per effect, and nothing that the database does not know."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.invariants.base import AtRest, few
from waystage.ground import ids

EMAIL, WEBHOOK, CALL = "email", "webhook", "call"
#: The channel of a form to the host that gets it.
_HOSTS = {"email": EMAIL}


@dataclass
class Received:
    """By (host, key of the effect): every different body that came under it, and those that the host took."""

    bodies: defaultdict[tuple[str, str], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    taken: set[tuple[str, str]] = field(default_factory=set)
    visits: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Keys of calls by the passage that they were made for."""
    attempts: int = 0

    def note(self, host: str, key: str, body: bytes, *, taken: bool) -> None:
        """Something was handed to a host."""
        self.attempts += 1
        self.bodies[host, key].add(body)
        if taken:
            self.taken.add((host, key))


def hosts_saw_effects_once(base: AtRest, received: Received) -> Iterator[str]:
    """Messages and calls, from both sides."""
    if several := [one for one, bodies in received.bodies.items() if len(bodies) > 1]:
        yield f"an effect came with different bodies: {few(several)}"
    yield from _messages(base, received)
    yield from _calls(base, received)


def _messages(base: AtRest, received: Received) -> Iterator[str]:
    known, sent = set[tuple[str, str]](), set[tuple[str, str]]()
    for lane, seq, channel, was_sent in base.rows(
        "SELECT o.lane, o.seq, f.channel, (SELECT count(*) FROM receipt r WHERE r.lane = o.lane AND r.seq = o.seq"
        " AND r.status = 'sent') FROM outbox o JOIN form f ON f.id = o.content WHERE o.state = 0"
    ):
        one = _HOSTS.get(channel, WEBHOOK), ids.guid_of("request", lane, seq)
        known.add(one)
        if was_sent:
            sent.add(one)
    if lost := sent - received.taken:
        yield f"receipts say that it was sent, and nobody got it: {few(lost)}"
    if made_up := {one for one in received.bodies if one[0] != CALL} - known:
        yield f"somebody got what the database does not know: {few(made_up)}"


def _calls(base: AtRest, received: Received) -> Iterator[str]:
    if several := [(passage, keys) for passage, keys in received.visits.items() if len(keys) > 1]:
        yield f"a passage was called for under several keys: {few(several)}"
    calling = {
        (version, place)
        for version, document in base.rows("SELECT number, document FROM version")
        for place, activity in enumerate(json.loads(document).get("activities", ()), 1)
        if activity.get("type") == "REST"
    }
    through = {
        (lane, path)
        for lane, path, version, steps in base.rows("SELECT lane, id, version, steps FROM path")
        if any((version, activity) in calling and outcome >= 0 for activity, outcome in json.loads(steps))
    }
    passed = {
        ids.guid_of("instance", lane, instance)
        for lane, instance, path in base.rows("SELECT lane, instance, path FROM hop_log WHERE hop > 0")
        if (lane, path) in through
    }
    called = {
        passage for passage, keys in received.visits.items() if any((CALL, key) in received.taken for key in keys)
    }
    if lost := passed - called:
        yield f"passages went on behind a call that nobody got: {few(lost)}"
    known = {
        ids.guid_of("instance", lane, instance) for lane, instance in base.rows("SELECT lane, instance FROM instance")
    }
    if made_up := received.visits.keys() - known:
        yield f"somebody was called for passages that the database does not know: {few(made_up)}"
