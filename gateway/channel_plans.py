"""A change of a channel: judged outside the transaction, written inside; no provider is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.channel_config import (
    ChannelBody,
    ChannelPatch,
    ChosenLimits,
    Networks,
    Split,
    judge,
    lane_key,
    other_app,
    required_secrets,
    split,
)
from gateway.credentials import Credentials
from gateway.plugin import ChannelType
from gateway.problems import FieldError, ProblemError, field_error, invalid
from gateway.registry import Registry
from gateway.store.audit import By, record
from gateway.store.bindings import forget_lookups
from gateway.store.channels import (
    ChannelChange,
    ChannelRow,
    add_channel,
    change_channel,
    put_secrets,
    read_channel,
    read_secrets,
)
from gateway.store.drafts import DraftRow, delete_draft, read_draft, read_draft_secrets
from gateway.store.tenants import TenantRow
from gateway.tenants import known_tenant


@dataclass(frozen=True, slots=True)
class Current:
    """What is stored when a change begins: the channel, and the draft that waits beside it."""

    tenant: TenantRow
    row: ChannelRow | None
    sealed: Mapping[str, bytes]
    draft: DraftRow | None = None
    draft_sealed: Mapping[str, bytes | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a channel is to become.

    Attributes:
        review: Whether a review is awaited; None leaves that as it is.
        draft: The draft that this applies, and ends.
    """

    channel_type: ChannelType
    config: Split
    limits: Mapping[str, int]
    label: str
    review: bool | None = None
    draft: DraftRow | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A judged change, what it was judged by, and every secret it leads to, in the clear."""

    name: str
    current: Current
    wish: Wish
    change: ChannelChange
    secrets: Mapping[str, Any] = field(repr=False)


class Planner:
    """Judges what channels are to become, and seals their secrets."""

    def __init__(self, registry: Registry, credentials: Credentials, allow: Networks) -> None:
        self._registry = registry
        self._credentials = credentials
        self._allow = allow

    def type(self, name: str) -> ChannelType:
        """Return a channel type.

        Raises:
            ProblemError: No installed plugin offers it.
        """
        offer = self._registry.offers.get(name)
        if offer is None:
            message = "no installed plugin offers this channel type"
            raise invalid(["body", "type"], message, "unknown", code="unknown_channel_type")
        return offer.channel_type

    def missing(self, current: Current, row: ChannelRow) -> tuple[str, ...]:
        """Name what a stored configuration lacks before it can be used."""
        return self.lacking(self.type(row.type), row.config, self.stored(current, row.name))

    def lacking(
        self, channel_type: ChannelType, public: Mapping[str, Any], secrets: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Name what a configuration, secrets in the clear, lacks before it can be used."""
        verdict = judge(channel_type, public, secrets, self._allow)
        return (*verdict.missing, *(str(error["loc"][-1]) for error in verdict.errors))

    def stored(self, current: Current, name: str) -> dict[str, Any]:
        """Return the channel's secrets in the clear."""
        return self._credentials.open(current.tenant, name, current.sealed)

    def drafted(self, current: Current, name: str) -> dict[str, Any]:
        """Return the draft's own secrets in the clear; None removes the channel's."""
        given = {k: v for k, v in current.draft_sealed.items() if v is not None}
        opened = self._credentials.open(current.tenant, drafts_place(name), given)
        return {**dict.fromkeys(current.draft_sealed), **opened}

    def sealed_draft(
        self, tenant: TenantRow, name: str, secrets: Mapping[str, Any]
    ) -> dict[str, bytes | None]:
        """Return a draft's secrets sealed for where drafts are kept."""
        return self._credentials.seal(tenant, drafts_place(name), secrets)

    def judged(self, current: Current, name: str, wish: Wish, now: int) -> Plan:
        """Judge a change.

        Raises:
            ProblemError: The configuration is not valid, or lacks another application's secret.
        """
        stored = self.stored(current, name)
        given = self.given(wish, current.row, stored)
        secrets = together(stored, given)
        # Sealing anew what is the same would look like a change and bump the version.
        really = {k: v for k, v in given.items() if stored.get(k) != v}
        change = ChannelChange(
            label=wish.label,
            config=wish.config.public,
            limits=wish.limits,
            lane=self._lane(current.tenant, name, wish, secrets),
            sealed=self._credentials.seal(current.tenant, name, really),
            review_since=_review(current.row, wish, now),
        )
        return Plan(name, current, wish, change, secrets)

    def given(
        self, wish: Wish, row: ChannelRow | None, stored: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the secrets that a wish brings or, by None, ends; the log learns not to show them.

        Raises:
            ProblemError: A field is wrong, or another application was named without its secret.
        """
        given = dict(wish.config.secrets)
        self._credentials.learn(given)
        # First: what looks like another application may be the misspelt name of a field.
        self._check(wish.channel_type, wish.config.public, together(stored, given))
        return given | _dropped(wish, row, stored)

    def _check(
        self, channel_type: ChannelType, public: Mapping[str, Any], secrets: Mapping[str, Any]
    ) -> None:
        """Refuse a configuration that is wrong, without telling a secret."""
        found = judge(channel_type, public, secrets, self._allow).errors
        if found:
            clean = self._credentials.clean
            errors = [FieldError(**{**e, "message": clean(e["message"])}) for e in found]
            raise ProblemError("validation_failed", "the configuration is not valid", errors)

    def _lane(self, tenant: TenantRow, name: str, wish: Wish, secrets: Mapping[str, Any]) -> str:
        config = {**wish.config.public, **secrets}
        digest = partial(self._credentials.digest, tenant)
        return lane_key(tenant.id, name, wish.channel_type, config, digest)


def drafts_place(name: str) -> str:
    """Name the place of a draft's secrets; no channel is named like that."""
    return f"{name}/draft"


def existing(row: ChannelRow | None, name: str) -> ChannelRow:
    """Return the channel.

    Raises:
        ProblemError: There is none.
    """
    if row is None:
        raise ProblemError("not_found", f"there is no channel {name}")
    return row


def put(channel_type: ChannelType, body: ChannelBody) -> Wish:
    """Return what a PUT asks for; `pending_review` left out stays as it is."""
    config = split(channel_type, body.config)
    return Wish(channel_type, config, body.limits.chosen, body.label, body.pending_review)


def patched(channel_type: ChannelType, row: ChannelRow, patch: ChannelPatch) -> Wish:
    """Return what a JSON Merge Patch asks for."""
    given = patch.model_fields_set
    config = {} if patch.config is None else {**row.config, **patch.config}
    limits = row.limits
    if "limits" in given:
        limits = _limits(row.limits, patch.limits)
    label = (patch.label or "") if "label" in given else row.label
    review = bool(patch.pending_review) if "pending_review" in given else None
    return Wish(channel_type, split(channel_type, config), limits, label, review)


def together(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secrets that are left when some are set and some, by None, removed."""
    return {k: v for k, v in {**stored, **given}.items() if v is not None}


def read(connection: Connection, tenant: str, name: str) -> Current:
    """Return what a change begins with.

    Raises:
        ProblemError: There is no such tenant.
    """
    found = known_tenant(connection, tenant)
    row = read_channel(connection, tenant, name)
    if row is None:
        return Current(found, None, {})
    return Current(
        found,
        row,
        read_secrets(connection, tenant, name),
        read_draft(connection, tenant, name),
        read_draft_secrets(connection, tenant, name),
    )


def write(connection: Connection, by: By, plan: Plan) -> bool:
    """Write the change, unless the channel or its draft is no longer what it was judged by."""
    if not unchanged(connection, by.owner, plan.name, plan.current):
        return False
    if not _ends(connection, by, plan):
        return False
    row, after = plan.current.row, _new(by.owner, plan, by.now)
    if row is None:
        add_channel(connection, after)
        put_secrets(connection, by.owner, plan.name, plan.change.sealed)
    else:
        change_channel(connection, row, plan.change, by.now)
        if other_app(plan.wish.channel_type, row.config, after.config):
            forget_lookups(connection, by.owner, plan.name)
    _record(connection, by, plan, after)
    return True


def unchanged(connection: Connection, tenant: str, name: str, current: Current) -> bool:
    """Lock the channel; tell whether it is as it was."""
    found = known_tenant(connection, tenant)
    row = read_channel(connection, tenant, name, lock=True)
    return _same(row, current.row) and found.data_key == current.tenant.data_key


def _ends(connection: Connection, by: By, plan: Plan) -> bool:
    """End the draft that a change applies, unless it is another one by now."""
    if plan.wish.draft is None:
        return True
    if read_draft(connection, by.owner, plan.name, lock=True) != plan.wish.draft:
        return False
    return delete_draft(connection, by.owner, plan.name)


def shown(row: ChannelRow) -> dict[str, Any]:
    """Return a channel as the audit log shows it."""
    return {
        "type": row.type,
        "label": row.label,
        "config": dict(row.config),
        "limits": dict(row.limits),
        "pending_review": row.review_since is not None,
    }


def _limits(before: Mapping[str, int], patch: ChosenLimits | None) -> Mapping[str, int]:
    """Merge limits; `null` and `{}` both go back to the defaults."""
    if patch is None or not patch.model_fields_set:
        return {}
    removed = patch.model_fields_set - set(patch.chosen)
    return {k: v for k, v in {**before, **patch.chosen}.items() if k not in removed}


def _dropped(wish: Wish, row: ChannelRow | None, stored: Mapping[str, Any]) -> dict[str, None]:
    """Return the secrets that end because another application was named.

    The one that proves who the application is has to come with it; any other belonged to the
    former application and is of no use to this one.
    """
    if row is None or not other_app(wish.channel_type, row.config, wish.config.public):
        return {}
    left_out = set(stored) - set(wish.config.secrets)
    needed = sorted(left_out & required_secrets(wish.channel_type))
    if needed:
        message = f"another {wish.channel_type.app_field} needs its secret again"
        errors = [field_error(["body", "config", each], message, "missing") for each in needed]
        raise ProblemError("secret_required", message, errors)
    return dict.fromkeys(left_out)


def _review(row: ChannelRow | None, wish: Wish, now: int) -> int | None:
    """Return since when a review is awaited; that of a former application ends with it."""
    since = row.review_since if row else None
    if wish.review is not None:
        return (since or now) if wish.review else None
    other = row and other_app(wish.channel_type, row.config, wish.config.public)
    return None if other else since


def _same(one: ChannelRow | None, other: ChannelRow | None) -> bool:
    if one is None or other is None:
        return one is other
    return _marks(one) == _marks(other)


def _marks(row: ChannelRow) -> tuple[object, ...]:
    return row.version, row.label, row.created, row.review_since


def _record(connection: Connection, by: By, plan: Plan, after: ChannelRow) -> None:
    row, sealed = plan.current.row, plan.change.sealed
    before = shown(row) if row else None
    secrets = {"secrets_changed": sorted(sealed)} if sealed else {}
    action = "draft.apply" if plan.wish.draft else "channel.put"
    record(connection, by, action, plan.name, before=before, after=shown(after) | secrets)


def _new(tenant: str, plan: Plan, now: int) -> ChannelRow:
    change = plan.change
    return ChannelRow(
        tenant=tenant,
        name=plan.name,
        type=plan.wish.channel_type.name,
        label=change.label,
        config=change.config,
        limits=change.limits,
        enabled=False,
        version=1,
        lane=change.lane,
        health="unchecked",
        health_since=now,
        created=now,
        updated=now,
        review_since=change.review_since,
    )
