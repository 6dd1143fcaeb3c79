"""What the contract suite has to know of ntfy: `gateway conform .` and the tests read it."""

import json
from collections.abc import Iterable
from pathlib import Path

import httpx

import gateway_ntfy
from gateway.plugin import Clock, Payload, Recipient, RecipientKind
from gateway.testing import Marks, Subject
from gateway_ntfy.emulator import TOKEN, create


def far_end(_clock: Clock) -> httpx.ASGITransport:
    """Return an ntfy server in good order."""
    return httpx.ASGITransport(create())


def marks(payload: Payload) -> Marks:
    """Read a payload as ntfy does: title and message are plain text, all else does something."""
    more = set(payload) - {"title", "message"}
    return Marks(buttons=tuple(json.dumps(payload[name]) for name in sorted(more)))


def subjects() -> Iterable[Subject]:
    """Return what is to be verified."""
    yield Subject(
        channel_type=gateway_ntfy.channel_types()[0],
        config={"token": TOKEN},
        far_end=far_end,
        recipients=[Recipient(RecipientKind.USER, "alerts")],
        stranger=Recipient(RecipientKind.USER, "no topic"),
        plugin=gateway_ntfy,
        marks=marks,
        golden=Path(__file__).parent / "tests" / "golden",
    )
