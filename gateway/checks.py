"""Proves a channel's credential on its platform, line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from gateway.channels import Changed, Channels
from gateway.connections import NotConfiguredError
from gateway.credentials import Credentials
from gateway.drafts import Drafts
from gateway.errors import DeliveryError
from gateway.lanes.calls import guarded
from gateway.models import Audience, Recipient, RecipientKind
from gateway.plugin import FEATURES, Channel, ChannelType, Check, Limits
from gateway.problems import invalid
from gateway.request import To, ToDepartment, ToTopic
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.channels import ChannelRow, read_channel, set_health, set_review

LONGEST = timedelta(seconds=30)
PUBLICATION = "publication"


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

    async def opened(self, row: ChannelRow, secrets: Mapping[str, Any]) -> Live:
        """Open a configuration that is not in force, for once.

        Raises:
            NotConfiguredError: It could not be opened.
        """


class Books(Protocol):
    """Keeps the books of provider calls."""

    async def write_usage(self, lives: Iterable[Any]) -> None:
        """Add what channels have called to the books."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        at: When, in milliseconds.
        review_since: Since when a version of the application has been awaiting its review.
    """

    lines: tuple[Check, ...]
    calls: int
    at: int
    review_since: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the channel can send."""
        return not any(line.required and line.state in {"missing", "error"} for line in self.lines)

    @property
    def pending_review(self) -> bool | None:
        """Whether a review is awaited; None where the check does not tell.

        It is over once everything required is granted, and where a line tells of the
        publication, it is published.
        """
        if any(line.pending_review for line in self.lines):
            return True
        unpublished = any(line.id == PUBLICATION and line.state != "ok" for line in self.lines)
        return None if unpublished or self.health != "ok" else False

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
        drafts: What waits beside them.
        connections: Opens them.
        credentials: Keeps secrets out of what is said.
        changed: Called where a passed check has ended a hold: what waited may go.
        books: Counts the calls of a draft's check, whose channel does not stay open.
    """

    def __init__(  # noqa: PLR0913 - the composition root hands over each part by name
        self,
        *,
        store: Store,
        channels: Channels,
        drafts: Drafts,
        connections: Connections,
        credentials: Credentials,
        changed: Changed,
        books: Books,
    ) -> None:
        self._store = store
        self._channels = channels
        self._drafts = drafts
        self._connections = connections
        self._credentials = credentials
        self._changed = changed
        self._books = books

    async def check(
        self, by: By, name: str, features: frozenset[str] = frozenset(FEATURES)
    ) -> CheckReport:
        """Check a channel, enabled or not, and store its health and whether a review is awaited.

        What only other features than these want is left out of the report.
        """
        row = (await self._channels.get(by.owner, name)).row
        missing = await self._channels.incomplete(by.owner, name)
        if missing:
            return CheckReport(tuple(map(_lacks, missing)), 0, by.now, row.review_since)
        report = await self._run(by.owner, name, by.now)
        since = await self._store.write(lambda c: _remember(c, by, row, report))
        if report.ok and row.hold_reason is not None:
            await self._changed(by.owner, name)
        return replace(report, review_since=since).about(features)

    async def check_draft(
        self, by: By, name: str, features: frozenset[str] = frozenset(FEATURES)
    ) -> CheckReport:
        """Check what a channel would be with its draft applied; nothing of it is remembered.

        Raises:
            ProblemError: There is no draft.
        """
        opened = await self._drafts.opened(by, name)
        if opened.missing:
            return CheckReport(tuple(map(_lacks, opened.missing)), 0, by.now)
        try:
            live = await self._connections.opened(opened.row, opened.secrets)
        except NotConfiguredError as error:
            return CheckReport((_failed(str(error)),), 0, by.now)
        report = await self._report(live, by.now)
        await self._books.write_usage([live])
        since = by.now if report.pending_review else None
        return replace(report, review_since=since).about(features)

    async def _run(self, tenant: str, name: str, now: int) -> CheckReport:
        try:
            live = await self._connections.live(tenant, name)
        except NotConfiguredError as error:
            return CheckReport((_failed(str(error)),), 0, now)
        return await self._report(live, now)

    async def _report(self, live: Live, now: int) -> CheckReport:
        before = live.calls.total
        lines = await _lines(live.channel)
        return CheckReport(tuple(map(self._cleaned, lines)), live.calls.total - before, now)

    def _cleaned(self, line: Check) -> Check:
        clean = self._credentials.clean
        return replace(line, label=clean(line.label), detail=clean(line.detail))


def _remember(
    connection: Connection, by: By, checked: ChannelRow, report: CheckReport
) -> int | None:
    """Store what a check found; return since when a review is awaited."""
    set_health(connection, checked, report.health, report.reason, by.now)
    row = read_channel(connection, checked.tenant, checked.name, lock=True)
    if row is None or row.version != checked.version:
        return row.review_since if row else None
    told = report.pending_review
    if told is None or told is (row.review_since is not None):
        return row.review_since
    since = by.now if told else None
    set_review(connection, row, since)
    was, is_ = {"pending_review": not told}, {"pending_review": told}
    record(connection, by, "channel.review", row.name, before=was, after=is_)
    return since


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
