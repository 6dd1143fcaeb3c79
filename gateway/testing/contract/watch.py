"""Watches a call for what pure code does not do: look at a clock, throw dice, open a door.

Functions written in C are what reaches the world outside, and Python tells a profiler of each
call to one. So nothing has to be patched, and a plugin's `from datetime import datetime` does
not hide it.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

CLOCKS = frozenset({"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime"})
DAYS = frozenset({"now", "utcnow", "today"})
DICE = frozenset({"urandom", "getrandom", "getrandbits", "random", "uuid4", "generate_time_safe"})
DOORS = frozenset(
    {"connect", "connect_ex", "getaddrinfo", "gethostbyname", "sendto", "sendall", "open"}
)
WAITS = frozenset({"sleep", "start_new_thread", "start_joinable_thread", "fork_exec", "fork"})
_MODULES = {
    "time": CLOCKS | {"sleep"},
    "datetime": DAYS,
    "posix": DICE | {"open", "fork"},
    "nt": DICE | {"open"},
    "random": DICE,
    "_uuid": DICE,
    "_socket": DOORS,
    "socket": DOORS,
    "_thread": WAITS,
    "_posixsubprocess": WAITS,
    "_io": frozenset({"open"}),
    "io": frozenset({"open"}),
}


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yield a list that names each impure function called meanwhile in this thread.

    In an interpreter that is being profiled already the list stays empty.
    """
    seen: list[str] = []

    def note(_frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401 - sys's own
        if event == "c_call" and (name := _impure(argument)):
            seen.append(name)

    if sys.getprofile() is not None:
        yield seen
        return
    collects = gc.isenabled()
    gc.disable()  # what others do when rubbish is collected is no doing of this call's
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        if collects:
            gc.enable()


def _impure(function: Callable[..., object]) -> str | None:
    name = getattr(function, "__name__", "")
    module = _module_of(function)
    return f"{module}.{name}" if name in _MODULES.get(module, ()) else None


def _module_of(function: Callable[..., object]) -> str:
    """Return the module of a function, or of the class whose method it is."""
    owner = getattr(function, "__self__", None)
    if owner is None or getattr(function, "__module__", None):
        return str(getattr(function, "__module__", ""))
    kind = owner if isinstance(owner, type) else type(owner)
    return getattr(owner, "__name__", "") if kind.__name__ == "module" else kind.__module__
