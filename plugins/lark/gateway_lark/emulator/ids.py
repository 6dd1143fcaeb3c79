"""Identifiers in the platform's shapes (documentation: "Terminology")."""

import hashlib
import secrets
from collections.abc import Iterator
from itertools import count


def derived(prefix: str, *parts: str, length: int = 32) -> str:
    """Return the same identifier for the same parts, so that restarts change nothing."""
    return prefix + hashlib.sha256(":".join(parts).encode()).hexdigest()[:length]


def fresh(prefix: str, length: int = 32) -> str:
    """Return an identifier nobody has seen before."""
    return prefix + secrets.token_hex((length + 1) // 2)[:length]


def card_numbers() -> Iterator[str]:
    """Yield card entity identifiers: 19 digits, in increasing order."""
    return (str(number) for number in count(7_355_372_766_134_157_313))
