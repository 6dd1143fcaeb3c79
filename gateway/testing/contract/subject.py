"""What the contract suite has to know of a channel type, and cannot guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.plugin import ChannelType, Clock, Identity, Payload, Recipient


@dataclass(frozen=True, slots=True)
class Marks:
    """What of a payload is more than text: what it would do on the platform.

    Attributes:
        mentions: Whom it calls by name, or whatever stands for everybody.
        links: Where its links lead.
        buttons: What its buttons do.
    """

    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A channel type under test.

    The first two are always needed, the next two for every rule that makes calls. Each of the
    others lets a rule be verified that is otherwise reported as not applicable, with the attribute
    it wants.

    Attributes:
        channel_type: What the plugin offers.
        config: A configuration that works at the far end, secrets in plain text.
        far_end: Makes the platform in good order, with this clock: an `httpx.MockTransport`, or
            an emulator behind `httpx.ASGITransport`. Asked anew for each channel.
        recipients: Some that the platform knows, at least one where there is a far end.
        stranger: One that it does not know.
        nobody: The identity of nobody, of the kind that batches take.
        plugin: The plugin's module, for its hooks.
        marks: Reads what a payload does besides showing text, in the platform's own way.
        syntax: Texts that mean something to the platform, such as its own mention of everybody.
        max_bytes: The most bytes of a payload's JSON that the platform takes.
        key_in: Reads the idempotency key of a request; None where that request has none.
        is_token: Tells a request for a token from others.
        trusts_status: True where a 2xx is all the platform says, whatever the body.
        hostile: Changes to the configuration that must be refused.
        real_time: True where the far end looks at the machine's own clock, so that the suite's
            clock has to go with it.
        golden: The folder with the payloads of the suite's cards as they were last agreed on.
    """

    channel_type: ChannelType
    config: Mapping[str, Any]
    far_end: Callable[[Clock], httpx.AsyncBaseTransport] | None = None
    recipients: Sequence[Recipient] = ()
    stranger: Recipient | None = None
    nobody: Identity | None = None
    plugin: object | None = None
    marks: Callable[[Payload], Marks] | None = None
    syntax: Sequence[str] = ()
    max_bytes: int | None = None
    key_in: Callable[[httpx.Request], str | None] | None = None
    is_token: Callable[[httpx.Request], bool] | None = None
    trusts_status: bool = False
    hostile: Sequence[Mapping[str, Any]] = ()
    real_time: bool = False
    golden: Path | None = None
