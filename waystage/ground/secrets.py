"""Hashes of client secrets and access tokens: what the store keeps in their place."""

from __future__ import annotations

import hashlib
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_MEMORY_KIB = 19_456
HASHER = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)


def hash_secret(secret: str) -> str:
    """Give a salted hash of a client secret; takes some ten milliseconds by design."""
    return HASHER.hash(secret)


@cache
def _of_nobody() -> str:
    return HASHER.hash("nobody")


def secret_fits(secret: str, stored: str | None) -> bool:
    """Tell whether the secret made the hash; as slow without a stored hash, so that unknown clients cannot be told."""
    nobody = _of_nobody()  # by whoever comes first, known or not, and not by commands that ask for no secret
    try:
        fits = HASHER.verify(nobody if stored is None else stored, secret)
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def token_digest(token: str) -> str:
    """Give the SHA-256 of an access token in hex; tokens are random, so no salt and no slowness is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
