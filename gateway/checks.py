"""Proves a channel's credential on its platform, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from gateway.channels import Changed, Channels
from gateway.connections import NotConfiguredError
from gateway.credentials import Credentials
from gateway.errors import DeliveryError
from gateway.lanes.calls import guarded
from gateway.models import Audience, Recipient, RecipientKind
from gateway.plugin import FEATURES, Channel, ChannelType, Check, Limits
from gateway.problems import invalid
from gateway.request import To, ToDepartment, ToTopic
from gateway.store import Store
from gateway.store.audit import By
from gateway.store.channels import ChannelRow, set_health

LONGEST = timedelta(seconds=30)


class Calls(Protocol):
    """Counts provider calls."""

    @property
    def total(self) -> int:
        """All calls so far."""


class Live(Protocol):
    """A channel that is open."""

    @property
    def row(self) -> ChannelRow:
        """The configuration it was opened with."""

    @property
    def channel_type(self) -> ChannelType:
        """What its plugin offers."""

    @property
    def channel(self) -> Channel[Any]:
        """The plugin's object."""

    @property
    def limits(self) -> Limits:
        """The limits in force."""

    @property
    def calls(self) -> Calls:
        """Its provider calls."""


class Connections(Protocol):
    """Opens channels."""

    async def live(self, tenant: str, name: str) -> Live:
        """Return the open channel.

        Raises:
            NotConfiguredError: There is no such channel that could be opened.
        """


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `at` is when, in milliseconds."""

    lines: tuple[Check, ...]
    calls: int
    at: int

    @property
    def ok(self) -> bool:
        """Whether the channel can send."""
        return not any(line.required and line.state in {"missing", "error"} for line in self.lines)

    def about(self, features: frozenset[str]) -> "CheckReport":
        """Return what concerns these features; what the channel cannot do without always does."""
        kept = (line for line in self.lines if line.required or _concerns(line, features))
        return replace(self, lines=tuple(kept))

    @property
    def health(self) -> str:
        """The channel's health: what it needs decides, not what it could have besides."""
        if not self.ok:
            return "failing"
        doubtful = any(line.required and line.state != "ok" for line in self.lines)
        return "degraded" if doubtful else "ok"

    @property
    def reason(self) -> str | None:
        """The first line that stands in the way, in words."""
        lines = (line for line in self.lines if line.required and line.state != "ok")
        first = next(lines, None)
        return f"{first.label}: {first.detail}".rstrip(": ") if first else None


class Checks:
    """Runs checks and remembers what they found.

    Args:
        store: Where it is remembered.
        channels: The channels as an admin sees them.
        connections: Opens them.
        credentials: Keeps secrets out of what is said.
        changed: Called where a passed check has ended a hold: what waited may go.
    """

    def __init__(
        self,
        store: Store,
        channels: Channels,
        connections: Connections,
        credentials: Credentials,
        changed: Changed,
    ) -> None:
        self._store = store
        self._channels = channels
        self._connections = connections
        self._credentials = credentials
        self._changed = changed

    async def check(
        self, by: By, name: str, features: frozenset[str] = frozenset(FEATURES)
    ) -> CheckReport:
        """Check a channel, enabled or not, and store its health.

        What only other features than these want is left out of the report.
        """
        tenant = by.tenant or ""
        row = (await self._channels.get(tenant, name)).row
        missing = await self._channels.incomplete(tenant, name)
        if missing:
            return CheckReport(tuple(map(_lacks, missing)), 0, by.now)
        report = await self._run(tenant, name, by.now)
        await self._store.write(lambda c: set_health(c, row, report.health, report.reason, by.now))
        if report.ok and row.hold_reason is not None:
            await self._changed(tenant, name)
        return report.about(features)

    async def _run(self, tenant: str, name: str, now: int) -> CheckReport:
        try:
            live = await self._connections.live(tenant, name)
        except NotConfiguredError as error:
            return CheckReport((_failed(str(error)),), 0, now)
        before = live.calls.total
        lines = await _lines(live.channel)
        return CheckReport(tuple(map(self._cleaned, lines)), live.calls.total - before, now)

    def _cleaned(self, line: Check) -> Check:
        clean = self._credentials.clean
        return replace(line, label=clean(line.label), detail=clean(line.detail))


def sample_recipient(channel_type: ChannelType, channel: str, to: To | None) -> Recipient:
    """Return whom a sample is for; a group channel is its own recipient.

    Raises:
        ProblemError: A person is needed and none was named, or a whole list was.
    """
    if channel_type.audience is Audience.GROUP:
        return Recipient(RecipientKind.CHANNEL, channel)
    if to is None:
        raise invalid(["body", "to"], "this channel addresses persons: name one", "missing")
    if isinstance(to, ToTopic | ToDepartment):
        raise invalid(["body", "to"], "a sample goes to one person")
    return to.recipient()


async def _lines(channel: Channel[Any]) -> Sequence[Check]:
    """Return the plugin's lines; whatever it raises becomes one, never a traceback."""
    found = await guarded(channel.check, LONGEST)
    if isinstance(found, DeliveryError):
        return (_refused(found),)
    if isinstance(found, Exception):
        return (_failed(str(found)),)
    if not isinstance(found, Sequence) or not all(isinstance(line, Check) for line in found):
        return (_failed("the plugin returned something else than the lines of a check"),)
    return tuple(found)


def _concerns(line: Check, features: frozenset[str]) -> bool:
    return not line.features or not features.isdisjoint(line.features)


def _lacks(field: str) -> Check:
    return Check(f"config:{field}", field, "missing", detail="fill in this field")


def _refused(error: DeliveryError) -> Check:
    return Check(
        "check",
        "Check",
        "error",
        detail=error.message,
        provider_code=error.provider_code,
        fix_url=error.fix_url,
    )


def _failed(detail: str) -> Check:
    return Check("check", "Check", "error", detail=detail)
