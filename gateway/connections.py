"""A tenant's live channels: opened from the store and the vault, kept until they change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar

from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.clock import to_millis
from gateway.egress import Call, Egress, EgressPolicy
from gateway.fence import PluginFault, fence
from gateway.limits import effective, month_of
from gateway.plugin import Channel, ChannelType, Clock, Context, Limits, Log, Receives
from gateway.reasons import Reason
from gateway.registry import Registry
from gateway.store import Store
from gateway.store.channels import ChannelRow, read_channel, read_secrets
from gateway.store.usage import Counted, counted, read_shared_usage
from gateway.tally import Allowance, Meter, Tally
from gateway.turnstile import Turnstile

GRACE = timedelta(seconds=1)
Unseal = Callable[[str, str, Mapping[str, bytes]], Awaitable[Mapping[str, str]]]


class NotConfiguredError(Exception):
    """The channel does not exist, its plugin is not loaded, or its configuration is incomplete.

    Attributes:
        reason: Why its deliveries wait.
        code: The problem that it is for who wants to use the channel.
    """

    reason: ClassVar = Reason.CHANNEL_NOT_CONFIGURED
    code: ClassVar = "channel_incomplete"


class NotOpenedError(NotConfiguredError):
    """The channel's plugin failed to open it: a bug of the plugin, so it is tried again."""

    reason: ClassVar = Reason.PLUGIN_ERROR
    code: ClassVar = "plugin_failed"


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """A channel that is open: what it can do, how fast it may be called, what it has called."""

    row: ChannelRow
    channel_type: ChannelType
    channel: Channel[Any]
    limits: Limits
    calls: Meter

    @property
    def deadline(self) -> timedelta:
        """How long an attempt may take in all, above its one call: for plugins that hang."""
        return timedelta(seconds=self.channel_type.attempt_seconds) + GRACE

    @property
    def quota(self) -> Allowance:
        """This month's counted calls of the application against the tenant's quota."""
        return Allowance(self.limits.monthly_quota, self.calls.tally)


@dataclass(frozen=True, slots=True)
class Network:
    """How channels get out, by the one egress and where the operator opened it, and callbacks in.

    Attributes:
        egress: The only way out.
        allow: What the operator opened besides the public internet.
        public: The address under which platforms reach the gateway, where there is one.
    """

    egress: Egress
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    public: str | None = None

    def callback_url(self, channel_type: ChannelType, tenant: str, channel: str) -> str | None:
        """Return where a platform's callbacks go; None where nobody would understand them."""
        if self.public is None or not issubclass(channel_type.channel, Receives):
            return None
        return callback_url(self.public, f"{tenant}/{channel}")


def callback_url(public: str, channel: str) -> str:
    """Return where callbacks for `{tenant}/{channel}` come in."""
    return f"{public}/v1/callbacks/{channel}"


class Connections:
    """Opens channels when they are first needed; one at a time for each."""

    def __init__(  # noqa: PLR0913 - the composition root hands over each part by name
        self,
        *,
        store: Store,
        registry: Registry,
        network: Network,
        clock: Clock,
        log: Callable[[str, str], Log],
        unseal: Unseal,
        observe: Callable[[str, Call], None],
    ) -> None:
        self._store = store
        self._registry = registry
        self._network = network
        self._clock = clock
        self._log = log
        self._unseal = unseal
        self._observe = observe
        self._open: dict[tuple[str, str], Live] = {}
        self._opening: dict[tuple[str, str], asyncio.Lock] = {}
        self._turnstiles: dict[str, Turnstile] = {}
        self._tallies: dict[str, Tally] = {}

    async def live(self, tenant: str, name: str, version: int | None = None) -> Live:
        """Return the open channel, in the stored version or a given one.

        Raises:
            NotConfiguredError: There is no such channel that could be opened.
        """
        known = self._open.get((tenant, name))
        if known is not None and version in (None, known.row.version):
            return known
        async with self._opening.setdefault((tenant, name), asyncio.Lock()):
            known = self._open.get((tenant, name))
            if known is None or version not in (None, known.row.version):
                known = await self._connect(tenant, name)
                self._open[tenant, name] = known
        return known

    async def opened(self, row: ChannelRow, secrets: Mapping[str, Any]) -> Live:
        """Open a configuration that is not in force, for once: it is not kept.

        Raises:
            NotConfiguredError: It could not be opened.
        """
        offer = self._registry.offers.get(row.type)
        if offer is None:
            raise NotConfiguredError(f"no plugin offers the channel type {row.type}")
        try:
            return await self._assemble(row, offer.channel_type, secrets)
        except PluginFault as error:
            raise NotOpenedError(f"the plugin of {row.type} cannot open it: {error}") from error

    def known(self, tenant: str, name: str) -> Live | None:
        """Return the channel if it is open already."""
        return self._open.get((tenant, name))

    def forget(self, tenant: str, name: str) -> None:
        """Open the channel anew at its next use."""
        self._open.pop((tenant, name), None)

    async def _connect(self, tenant: str, name: str) -> Live:
        row, sealed = await self._store.gather(_read_channels, (tenant, name))
        if row is None:
            raise NotConfiguredError(f"there is no channel {name}")
        return await self.opened(row, await self._unseal(row.tenant, row.name, sealed))

    async def _assemble(
        self, row: ChannelRow, channel_type: ChannelType, secrets: Mapping[str, Any]
    ) -> Live:
        meter = await self._meter(row, channel_type)
        with fence("limits"):
            limits = effective(channel_type.limits_of(row.config), row.limits)
        context = Context(
            http=self._network.egress.client(
                policy_for(channel_type, row.config, self._network.allow),
                observe=meter.add,
                turnstile=self._turnstile(row.lane).under(limits),
            ),
            clock=self._clock,
            log=self._log(row.tenant, row.name),
            callback_url=self._network.callback_url(channel_type, row.tenant, row.name),
        )
        channel = _opened(channel_type, _credential(channel_type, row.config, secrets), context)
        return Live(row, channel_type, channel, limits, meter)

    def _turnstile(self, lane: str) -> Turnstile:
        return self._turnstiles.setdefault(lane, Turnstile(self._clock))

    async def _meter(self, row: ChannelRow, channel_type: ChannelType) -> Meter:
        tally = self._tallies.get(row.lane) or await self._tally(row, channel_type)
        return Meter(
            tally, channel_type.uncounted, lambda call: self._observe(channel_type.name, call)
        )

    async def _tally(self, row: ChannelRow, channel_type: ChannelType) -> Tally:
        """Return the one tally of an application, whichever of its channels opens first."""
        zone = channel_type.quota_zone
        month = month_of(to_millis(self._clock.now()), zone)
        shared = await self._store.gather(_read_usages, (row.tenant, row.lane, month))
        used = sum(counted(counts, channel_type.uncounted) for counts in shared.values())
        return self._tallies.setdefault(row.lane, Tally(self._clock, zone, month, used))


def _read_channels(
    connection: Connection, places: Sequence[tuple[str, str]]
) -> list[tuple[ChannelRow | None, Mapping[str, bytes]]]:
    """Read many channels at once: at a start they are all opened together."""
    return [(read_channel(connection, *at), read_secrets(connection, *at)) for at in places]


def _read_usages(
    connection: Connection, places: Sequence[tuple[str, str, str]]
) -> list[dict[str, dict[str, Counted]]]:
    return [read_shared_usage(connection, *at) for at in places]


def policy_for(
    channel_type: ChannelType,
    config: Mapping[str, Any],
    allow: tuple[IPv4Network | IPv6Network, ...],
) -> EgressPolicy:
    """Return what a channel may reach, how (by the tenant's proxy) and how long it may take."""
    return EgressPolicy(
        hosts=channel_type.hosts,
        allow=allow,
        proxy=config.get("proxy"),
        total=timedelta(seconds=channel_type.attempt_seconds),
        max_answer=channel_type.largest_answer,
    )


def _opened(
    channel_type: ChannelType,
    credential: Any,  # noqa: ANN401 - each plugin's own model
    context: Context,
) -> Channel[Any]:
    with fence("opening"):
        channel = channel_type.open(credential, context)
    if not isinstance(channel, Channel):
        raise PluginFault(f"opening returned a {type(channel).__name__}")
    return channel


def _credential(
    channel_type: ChannelType, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> Any:  # noqa: ANN401 - each plugin's own model
    own = {name: value for name, value in config.items() if name != "proxy"}
    with fence("the configuration"):
        try:
            return channel_type.credential.model_validate({**own, **secrets})
        except ValidationError as error:
            incomplete = error
    fields = ", ".join(str(line["loc"][0]) for line in incomplete.errors() if line["loc"])
    raise NotConfiguredError(f"the configuration is incomplete: {fields}")
