"""Everything a channel can be asked, by name, and what a success of it looks like."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.errors import DeliveryError
from gateway.plugin import (
    Batches,
    Browses,
    Card,
    Channel,
    Check,
    Groups,
    Identity,
    LogsIn,
    Payload,
    Reads,
    Recalls,
    Receipt,
    Recipient,
    ResolvesInBulk,
    Updates,
    Uploads,
    Urges,
)
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import NotApplicable

KEY = "k0123456789abcdef0123456789abcde"
MESSAGE = "m_0123456789"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
CODE = "code-of-the-contract-suite"
HOME = "https://gateway.example/app/acme/channel/oauth2/callback"
CARD = Card(title="A card of the contract suite")
Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a channel's method."""

    name: str
    call: Call


def operations(rig: Rig, to: Identity) -> Iterator[Operation]:
    """Yield each call that the channel's abilities permit."""
    channel = rig.channel
    recipients = list(rig.subject.recipients)
    payload = channel.render(CARD)
    yield Operation("check", channel.check)
    yield Operation("resolve", lambda: channel.resolve(recipients[0]))
    yield Operation("send", lambda: channel.send(to, payload, key=KEY))
    yield from _many(channel, recipients, to, payload)
    yield from _later(channel, to, payload)
    yield from _around(channel, to)


def _many(
    channel: Channel[Any], recipients: Sequence[Recipient], to: Identity, payload: Payload
) -> Iterator[Operation]:
    if isinstance(channel, ResolvesInBulk):
        part = channel.lookups(recipients)[0]
        yield Operation("resolve_many", lambda: channel.resolve_many(part))
    if isinstance(channel, Batches):
        yield Operation("send_batch", lambda: channel.send_batch([to], payload, key=KEY))


def _later(channel: Channel[Any], to: Identity, payload: Payload) -> Iterator[Operation]:
    if isinstance(channel, Updates):
        yield Operation("update", lambda: channel.update(MESSAGE, payload, key=KEY))
    if isinstance(channel, Recalls):
        yield Operation("recall", lambda: channel.recall(Receipt(MESSAGE)))
    if isinstance(channel, Reads):
        yield Operation("read_by", lambda: channel.read_by(MESSAGE))
    if isinstance(channel, Urges):
        yield Operation("urge", lambda: channel.urge(to, MESSAGE))


def _around(channel: Channel[Any], to: Identity) -> Iterator[Operation]:
    if isinstance(channel, Uploads):
        yield Operation("upload", lambda: channel.upload(PIXEL, "image/png"))
    if isinstance(channel, Browses):
        yield Operation("browse", channel.browse)
        yield Operation("describe", lambda: channel.describe([to]))
    if isinstance(channel, LogsIn):
        yield Operation("identify", lambda: channel.identify(CODE, HOME))
    if isinstance(channel, Groups):
        yield Operation("create_group", lambda: channel.create_group("Group", [to], key=KEY))
        yield Operation("add_members", lambda: channel.add_members(to, [to]))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: what it returned, or what it raised."""

    name: str
    result: object = None
    error: BaseException | None = None

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """Every error in it: raised, or returned for one of many."""
        parts = self.result if isinstance(self.result, list | tuple) else ()
        inner = tuple(each for each in parts if isinstance(each, BaseException))
        return (*inner, *((self.error,) if self.error else ()))

    @property
    def succeeded(self) -> bool:
        """Whether it claims that something worked."""
        if self.error is not None:
            return False
        if self.name == "add_members":
            return any(each is None for each in _listed(self.result))
        if self.name == "check":
            return all(_is_fine(each) for each in _listed(self.result))
        if self.name in ("resolve_many", "send_batch", "describe"):
            return not all(isinstance(each, DeliveryError) for each in _listed(self.result))
        return True


async def ended(operation: Operation) -> Ending:
    """Make the call and return how it ended; cancellation goes through."""
    try:
        return Ending(operation.name, await operation.call())
    except (Exception, SystemExit) as error:  # noqa: BLE001 - judging what leaves is the point
        return Ending(operation.name, error=error)


async def delivered(rig: Rig, to: Identity, key: str = KEY) -> None:
    """Send a card at a far end in good order, as a step of some other rule.

    Raises:
        NotApplicable: It does not work, which is for the rule `sends` to tell.
    """
    try:
        await rig.channel.send(to, rig.channel.render(CARD), key=key)
    except (DeliveryError, httpx.HTTPError) as error:
        raise NotApplicable(
            "a send at a far end in good order fails: mend `sends` first"
        ) from error


def _listed(result: object) -> Iterable[object]:
    return result if isinstance(result, list | tuple) else ()


def _is_fine(line: object) -> bool:
    return isinstance(line, Check) and line.state == "ok"


FACTS = ("message", "provider_code", "log_id", "fix_url")


def told(ending: Ending) -> Iterator[str]:
    """Yield every text by which a call tells how it ended."""
    yield repr(ending.result)
    for error in ending.errors:
        yield f"{error} {error!r} {error.args!r}"
        yield from (str(getattr(error, name, "")) for name in FACTS)
