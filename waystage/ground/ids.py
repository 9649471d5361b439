"""Names for things: GUIDs, secrets, lanes, and shares. The only module that draws at random.

What must be the same on every attempt (lanes, shares, the GUIDs of instances, events and sends) is computed,
never drawn.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import uuid
from collections.abc import Callable

from waystage.ground.lanes import lane_numbers

NIL_GUID = "00000000-0000-0000-0000-000000000000"

#: The Mersenne prime 2^31-1: products of two residues stay below 2^62, so both databases compute shares exactly.
SHARE_RANGE = 2_147_483_647
#: How far apart the shares of neighbouring lanes are drawn.
LANE_STEP = 1_640_531_527

_LAST = 2**64 - 1

#: Numbers of passages, messages, contacts and the like: [generation: 4][moved: 1][number: 44][lane: 13]. One that is
#: given out has its generation and no lane: it was born where it lies. Moving a database to another number of lanes
#: marks every number with the lane of its birth, and later ones are of the next generation (docs/decisions/0017).
GENERATION, MOVED, BIRTH = 58, 1 << 57, 13
MOST_MOVES = 15
_IN_GENERATION = (1 << GENERATION) - 1
_MOST_MOVED = 1 << (GENERATION - 1 - BIRTH)

_KINDS = {"instance": 1, "event": 2, "request": 3, "visit": 4, "trace": 5, "remark": 6, "suppressed": 7, "failed": 8}
_KIND_OF = {number: kind for kind, number in _KINDS.items()}


def new_guid() -> str:
    """A fresh GUID, lower case with hyphens (api.md 1.2)."""
    return str(uuid.uuid4())


def new_secret(size: int = 32) -> str:
    """An unguessable URL-safe text made of `size` random bytes."""
    return secrets.token_urlsafe(size)


def new_bytes(size: int) -> bytes:
    """`size` unguessable bytes."""
    return os.urandom(size)


def process_number() -> int:
    """A small number (0-255) that tells the processes writing to one database apart (design 8.20)."""
    return os.urandom(1)[0]


def _digest(*parts: object, size: int = 8) -> int:
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size).digest(), "big")


def lane_of(account: int, contact_key: str, lanes: int) -> int:
    """Which of so many lanes all rows of this contact lie in; never changes (design 3.1)."""
    if lanes == 1:
        return 1
    return lane_numbers(lanes)[_digest(account, contact_key) % lanes]


def content_id(text: str) -> int:
    """A 63-bit number for a piece of text, the same on every machine (interned paths, design 8.5)."""
    return _digest(text) >> 1


def draw_key(*parts: object) -> int:
    """What draws that these parts name together are made from, the same on every machine."""
    return _digest(*parts)


def draw(key: int, number: int) -> int:
    """A stable draw 0 <= n < 2^64 for a number (splitmix64, which scatters neighbouring ones)."""
    mixed = (key + number * 0x9E37_79B9_7F4A_7C15) & _LAST
    mixed = (mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9 & _LAST
    mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB & _LAST
    return mixed ^ mixed >> 31


def guid_from(*parts: object) -> str:
    """A GUID that is the same for the same parts, on every machine; version 8, RFC 9562."""
    number = _digest(*parts, size=16)
    return str(uuid.UUID(int=number & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x8000 << 64 | 0x8000 << 48))


def moved(lane: int, number: int) -> int:
    """What a number of a lane becomes in another lane: unique in the whole database, and in the same order as before.

    0 stands for nothing and stays; OverflowError where a number has no room for the lane of its birth.
    """
    if number == 0 or number & MOVED:
        return number
    plain = number & _IN_GENERATION
    if plain >= _MOST_MOVED:
        raise OverflowError(f"number {number} of lane {lane} is too large to be moved")
    return (number - plain) | MOVED | plain << BIRTH | lane


def born(lane: int, number: int) -> tuple[int, int]:
    """The lane in which a number of this lane was given out, and what it was there: by both it is known for ever."""
    if not number & MOVED:
        return lane, number
    plain = number & _IN_GENERATION & ~MOVED
    return plain & ((1 << BIRTH) - 1), (number - plain - MOVED) | plain >> BIRTH


def generation(number: int) -> int:
    """How often the database had been moved to another number of lanes when a number was given out."""
    return number >> GENERATION


def first_of(moves: int) -> int:
    """The first number that is given out in a generation."""
    return moves << GENERATION | 1


def share_key(seed: str, lane: int, activity: int) -> int:
    """The part of a share that is the same for all instances that were born in a lane."""
    return (_digest(seed, 1, activity) + (lane - 1) * LANE_STEP) % SHARE_RANGE


def share(instance: int, hop: int, key: int) -> int:
    """A stable draw 0 <= n < SHARE_RANGE for one visit; `store.expressions` has the same law in SQL.

    Two rounds of x^5 modulo a prime: a bijection (gcd(5, p-1) = 1) that scatters neighbouring instances. An instance
    that was moved draws as the one that it was born as.
    """
    start = (instance % SHARE_RANGE * 48_271 + hop * 69_621 + key) % SHARE_RANGE
    once = pow(start, 5, SHARE_RANGE)
    return pow((once + key) % SHARE_RANGE, 5, SHARE_RANGE)


def guid_of(kind: str, lane: int, number: int, extra: int = 0) -> str:
    """A GUID that carries (kind, lane, number, extra) and can be read back (design 8.20); version 8, RFC 9562.

    `number` below 2^63; `lane` below 2^12; `extra` below 2^40. What was moved keeps the name of its birth.
    """
    if kind != "event":
        lane, number = born(lane, number)
    payload = (_KINDS[kind] << 115) | (lane << 103) | (number << 40) | extra
    mixed = payload ^ _MASK
    high, middle, low = mixed >> 74, (mixed >> 62) & 0xFFF, mixed & ((1 << 62) - 1)
    digits = f"{(high << 80) | (8 << 76) | (middle << 64) | (2 << 62) | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def guid_masks(kind: str, lane: int) -> tuple[int, int, int]:
    """What the three parts of a GUID (48, 12 and 62 bits) are xor-ed with, beside its number (see `store.guids`)."""
    mixed = ((_KINDS[kind] << 115) | (lane << 103)) ^ _MASK
    return mixed >> 74, (mixed >> 62) & 0xFFF, mixed & ((1 << 62) - 1)


def read_guid(guid: str) -> tuple[str, int, int, int] | None:
    """(kind, lane, number, extra) of a GUID made by `guid_of`; None for any other text."""
    try:
        value = uuid.UUID(guid).int
    except ValueError:
        return None
    mixed = (value >> 80) << 74 | ((value >> 64) & 0xFFF) << 62 | value & ((1 << 62) - 1)
    payload = mixed ^ _MASK
    kind = _KIND_OF.get(payload >> 115)
    if kind is None or (value >> 76) & 0xF != 8:
        return None
    return kind, (payload >> 103) & 0xFFF, (payload >> 40) & ((1 << 63) - 1), payload & ((1 << 40) - 1)


#: Spreads the bits so that neighbouring numbers do not look alike; a constant, not a secret.
_MASK = int.from_bytes(hashlib.blake2b(b"waystage guid", digest_size=16).digest(), "big") & ((1 << 115) - 1)


class InboxNumbers:
    """Ever rising numbers (real ms, process, count) for what is appended to the inbox (design 8.20).

    They are given out inside the write that commits them, so the order of the numbers is the order of the commits.
    """

    def __init__(self, milliseconds: Callable[[], int], process: int | None = None) -> None:
        """`milliseconds` tells the real time; it may stand still or go back, the numbers do not.

        `process` (0-255) is drawn where it is not given.
        """
        self._milliseconds = milliseconds
        self._process = process_number() if process is None else process
        self._last = 0
        self._lock = threading.Lock()

    def take(self, count: int = 1) -> range:
        """The next `count` numbers, side by side."""
        with self._lock:
            first = max(self._milliseconds() << 20 | self._process << 12, self._last + 1)
            self._last = first + count - 1
            return range(first, first + count)
