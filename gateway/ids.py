"""Generated ids: a prefix, then a tail that sorts by time."""

import random
from datetime import datetime

from gateway.clock import to_millis

_CHANCE_BITS = 80
_PAD_BITS = 2  # 48 bits of time and the chance are 25.6 letters
_LETTERS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
_SHIFTS = tuple(range(120, -1, -10))
_STEP_BITS = 32
# Ids must differ, not be unguessable, and a generator of our own costs no system call. Not the
# module's shared one: whoever seeds that would make ids repeat.
_chance = random.Random()  # noqa: S311 - as said


class _Tails:
    """Tails of ids: those of one millisecond grow, so that what came later also sorts later."""

    def __init__(self) -> None:
        self._millis = -1
        self._tail = 0

    def next(self, millis: int) -> int:
        """Return the tail of one more id of this millisecond."""
        if millis == self._millis:
            self._tail += 1 + _chance.getrandbits(_STEP_BITS)
        else:
            self._millis = millis
            self._tail = _chance.getrandbits(_CHANCE_BITS - 1)  # with room for all that follow
        return self._tail


_tails = _Tails()


def new_id(prefix: str, now: datetime) -> str:
    """Return an id such as `ntf_06b1…`: 48 bits of time, 80 of chance, as sortable base 32.

    Ids that one process makes sort in the order in which they were made, while its clock does
    not go back.
    """
    millis = to_millis(now)
    number = (millis << _CHANCE_BITS | _tails.next(millis)) << _PAD_BITS
    # Ten bits at a time: a delivery makes two ids, and base64's way takes three times as long.
    tail = "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
    return f"{prefix}_{tail}"
