"""Drafts of channels: saved beside what is in force, and without effect until they are applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.channel_config import DraftBody, split
from gateway.channel_plans import Current, Wish, existing, together, unchanged
from gateway.channels import TRIES, Channels, ChannelView, keep_type
from gateway.problems import ProblemError
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.channels import ChannelRow
from gateway.store.drafts import DraftRow, delete_draft, put_draft, read_draft
from gateway.tenants import known_tenant


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a draft and its channel differ; of a secret only what becomes of it."""

    field: str
    current: Any = None
    draft: Any = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft beside the channel it is for.

    Attributes:
        secrets_set: The names of the secrets that are set once it is applied.
    """

    row: DraftRow
    channel: ChannelRow
    secrets_set: tuple[str, ...]
    current_secrets: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def outdated(self) -> bool:
        """Whether the channel has changed since."""
        return outdated(self.row, self.channel)


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft as if it were applied, its secrets in the clear, and what it still lacks."""

    row: ChannelRow
    secrets: Mapping[str, Any] = field(repr=False)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Saved:
    """A draft to be written, and what it was judged by."""

    row: DraftRow
    sealed: Mapping[str, bytes | None]
    current: Current
    changed: tuple[str, ...]


class Drafts:
    """Every change of a draft. Nothing here calls a provider."""

    def __init__(self, store: Store, channels: Channels) -> None:
        self._store = store
        self._channels = channels
        self._planner = channels.planner

    async def get(self, tenant: str, name: str) -> DraftView:
        """Return the draft beside the channel.

        Raises:
            ProblemError: There is none.
        """
        return self._view(await self._channels.current(tenant, name), name)

    async def put(self, by: By, name: str, body: DraftBody) -> tuple[DraftView, bool]:
        """Create or replace the draft of a channel; tell whether it is new.

        A secret left out is the draft's former one, or the channel's.
        """
        for _ in range(TRIES):
            current = await self._channels.current(by.owner, name)
            saved = self._judged(by, name, body, current)
            if await self._store.write(partial(_write, by=by, saved=saved)):
                return await self.get(by.owner, name), current.draft is None
        raise ProblemError("conflict", "somebody else is changing this channel; try again")

    async def delete(self, by: By, name: str) -> None:
        """Throw the draft away."""
        await self._store.write(lambda connection: _delete(connection, by, name))

    async def apply(self, by: By, name: str) -> ChannelView:
        """Make the draft the channel's configuration, as a PUT of it would; the draft ends.

        Raises:
            ProblemError: There is none, or the channel has changed since it was saved.
        """
        return (await self._channels.save(by, name, lambda current: self._wish(current, name)))[0]

    async def opened(self, by: By, name: str) -> Opened:
        """Return the channel as the draft would make it; nothing is stored.

        Raises:
            ProblemError: There is no draft.
        """
        current = await self._channels.current(by.owner, name)
        row, wish = existing(current.row, name), self._drafted(current, name)
        plan = self._planner.judged(current, name, wish, by.now)
        change = plan.change
        made = replace(row, config=change.config, limits=change.limits, lane=change.lane)
        missing = self._planner.lacking(wish.channel_type, made.config, plan.secrets)
        return Opened(made, plan.secrets, missing)

    def _wish(self, current: Current, name: str) -> Wish:
        wish = self._drafted(current, name)
        if outdated(_existing(current.draft, name), existing(current.row, name)):
            raise ProblemError(
                "draft_outdated",
                "the channel has changed since this draft was saved; look at what differs now "
                "and save the draft again",
            )
        return wish

    def _drafted(self, current: Current, name: str) -> Wish:
        row, draft = existing(current.row, name), _existing(current.draft, name)
        channel_type = self._planner.type(row.type)
        config = replace(split(channel_type, draft.config), secrets=self._own(current, name))
        return Wish(channel_type, config, draft.limits, draft.label, draft=draft)

    def _own(self, current: Current, name: str) -> dict[str, Any]:
        return self._planner.drafted(current, name)

    def _judged(self, by: By, name: str, body: DraftBody, current: Current) -> _Saved:
        row, before = existing(current.row, name), current.draft
        keep_type(row, body.type)
        channel_type = self._planner.type(row.type)
        wish = Wish(channel_type, split(channel_type, body.config), body.limits.chosen, body.label)
        stored, own = self._planner.stored(current, name), self._own(current, name)
        # What a draft left out is measured by the draft before it, where there was one.
        base = replace(row, config=before.config) if before else row
        given = self._planner.given(wish, base, together(stored, own))
        whole = replace(wish, config=replace(wish.config, secrets={**own, **given}))
        self._planner.judged(current, name, whole, by.now)  # as applying it would be
        secrets = self._planner.given(whole, row, stored)
        sealed = self._planner.sealed_draft(current.tenant, name, secrets)
        made = _row(by, wish, row, before)
        return _Saved(made, sealed, current, tuple(sorted(given)))

    def _view(self, current: Current, name: str) -> DraftView:
        row, draft = existing(current.row, name), _existing(current.draft, name)
        stored, own = self._planner.stored(current, name), self._own(current, name)
        return DraftView(
            draft,
            row,
            tuple(sorted(together(stored, own))),
            tuple(sorted(stored)),
            (*_differing(row, draft), *_secrets(stored, own)),
        )


def outdated(draft: DraftRow, channel: ChannelRow) -> bool:
    """Tell whether a channel is no longer what a draft of it was saved beside."""
    return (draft.base_version, draft.base_label) != (channel.version, channel.label)


def _existing(draft: DraftRow | None, name: str) -> DraftRow:
    if draft is None:
        raise ProblemError("not_found", f"there is no draft of {name}")
    return draft


def _row(by: By, wish: Wish, channel: ChannelRow, before: DraftRow | None) -> DraftRow:
    return DraftRow(
        tenant=by.owner,
        channel=channel.name,
        label=wish.label,
        config=wish.config.public,
        limits=wish.limits,
        base_version=channel.version,
        base_label=channel.label,
        revision=before.revision + 1 if before else 1,
        created=before.created if before else by.now,
        updated=by.now,
    )


def _differing(channel: ChannelRow, draft: DraftRow) -> Iterator[Difference]:
    if channel.label != draft.label:
        yield Difference("label", channel.label, draft.label)
    for part in ("config", "limits"):
        before, after = getattr(channel, part), getattr(draft, part)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield Difference(f"{part}.{name}", before.get(name), after.get(name))


def _secrets(stored: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Difference]:
    """Say what becomes of each secret, never what it is."""
    for name in sorted(own):
        before, after = stored.get(name), own[name]
        if before != after:
            becomes = "removed" if after is None else "set" if before is None else "replaced"
            yield Difference(f"config.{name}", secret=becomes)


def _write(connection: Connection, by: By, saved: _Saved) -> bool:
    """Write the draft, unless it or the channel is no longer what it was judged by."""
    name, before = saved.row.channel, saved.current.draft
    if not unchanged(connection, by.owner, name, saved.current):
        return False
    if read_draft(connection, by.owner, name, lock=True) != before:
        return False
    put_draft(connection, saved.row, saved.sealed)
    secrets = {"secrets_changed": list(saved.changed)} if saved.changed else {}
    was = _shown(before) if before else None
    record(connection, by, "draft.put", name, before=was, after=_shown(saved.row) | secrets)
    return True


def _delete(connection: Connection, by: By, name: str) -> None:
    known_tenant(connection, by.owner)
    before = _existing(read_draft(connection, by.owner, name, lock=True), name)
    delete_draft(connection, by.owner, name)
    record(connection, by, "draft.delete", name, before=_shown(before))


def _shown(row: DraftRow) -> dict[str, Any]:
    return {"label": row.label, "config": dict(row.config), "limits": dict(row.limits)}
