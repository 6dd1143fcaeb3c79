"""Generated ids: a prefix, then a tail that sorts by time."""

import secrets
from datetime import datetime

from gateway.clock import to_millis

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_DIGITS = 26


def new_id(prefix: str, now: datetime) -> str:
    """Return an id such as `ntf_01jd…`: 48 bits of time, 80 of chance, in base 32."""
    number = (to_millis(now) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return f"{prefix}_{encode(number)}"


def encode(number: int) -> str:
    """Write `number` as 26 sortable digits of base 32."""
    digits = (_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))
    return "".join(digits)
