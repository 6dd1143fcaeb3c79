"""Generated ids: a prefix, then a tail that sorts by time."""

import base64
import os
from datetime import datetime

from gateway.clock import to_millis

_TIME_BYTES = 6
_CHANCE_BYTES = 10


def new_id(prefix: str, now: datetime) -> str:
    """Return an id such as `ntf_06b1…`: 48 bits of time, 80 of chance, as sortable base 32."""
    number = to_millis(now).to_bytes(_TIME_BYTES) + os.urandom(_CHANCE_BYTES)
    return f"{prefix}_{base64.b32hexencode(number).decode().rstrip('=').lower()}"
