"""Generated ids: a prefix, then a tail that sorts by time."""

import base64
import random
from datetime import datetime

from gateway.clock import to_millis

_TIME_BYTES = 6
_CHANCE_BITS = 80
# Ids must differ, not be unguessable, and a generator of our own costs no system call. Not the
# module's shared one: whoever seeds that would make ids repeat.
_chance = random.Random()  # noqa: S311 - as said


def new_id(prefix: str, now: datetime) -> str:
    """Return an id such as `ntf_06b1…`: 48 bits of time, 80 of chance, as sortable base 32."""
    chance = _chance.getrandbits(_CHANCE_BITS)
    number = to_millis(now).to_bytes(_TIME_BYTES) + chance.to_bytes(_CHANCE_BITS // 8)
    return f"{prefix}_{base64.b32hexencode(number).decode().rstrip('=').lower()}"
