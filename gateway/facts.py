"""What routing needs to know of a tenant, read once for each notification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.models import Audience
from gateway.plugin import Clock
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.request import NotifyRequest, ToEmail, ToMobile, ToUser
from gateway.rules import ChannelFacts, Facts, PersonFacts
from gateway.store import Store
from gateway.store.channels import ChannelRow, list_channels
from gateway.store.tenants import TenantRow, read_tenant
from gateway.store.users import UserRow, read_users, read_users_by_email, read_users_by_mobile

USERS_ONLY = "users_only"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a request names."""

    tenant: str
    users: tuple[str, ...]
    emails: tuple[str, ...]
    mobiles: tuple[str, ...]

    @property
    def anybody(self) -> bool:
        """Whether there is anybody to look for."""
        return bool(self.users or self.emails or self.mobiles)


@dataclass(frozen=True, slots=True)
class People:
    """Those of the wanted who are users: by id, and their ids by address and by number."""

    users: Mapping[str, PersonFacts] = field(default_factory=dict)
    by_email: Mapping[str, str] = field(default_factory=dict)
    by_mobile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _House:
    """What a tenant looks like until something is written: the same for all its requests."""

    generation: int
    read_at: datetime
    channels: Mapping[str, ChannelFacts]
    users_only: bool
    locale: str
    time_zone: str


class FactsReader:
    """Reads facts for many requests in one go; what seldom changes is kept for a second."""

    def __init__(self, store: Store, registry: Registry, clock: Clock) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._houses: dict[str, _House] = {}

    async def read(self, tenant: str, request: NotifyRequest) -> Facts:
        """Return what routing needs to know.

        Raises:
            ProblemError: There is no such tenant.
        """
        house = await self._house(tenant)
        wanted = _wanted(tenant, request)
        people = await self._store.gather(_read_people, wanted) if wanted.anybody else People()
        return Facts(
            channels=house.channels,
            people=people.users,
            by_email=people.by_email,
            by_mobile=people.by_mobile,
            users_only=house.users_only,
            locale=house.locale,
            time_zone=house.time_zone,
        )

    async def _house(self, tenant: str) -> _House:
        now = self._clock.now()
        known = self._houses.get(tenant)
        if known and known.generation == self._store.generation and now < known.read_at + _KEPT:
            return known
        generation = self._store.generation
        row, channels = await self._store.gather(_read_houses, tenant)
        if row is None:
            self._houses.pop(tenant, None)
            raise ProblemError("unknown_tenant")
        facts = {channel.name: self._channel(channel) for channel in channels}
        users_only = row.recipients == USERS_ONLY
        house = _House(generation, now, facts, users_only, row.locale, row.time_zone)
        self._houses[tenant] = house
        return house

    def _channel(self, row: ChannelRow) -> ChannelFacts:
        offer = self._registry.offers.get(row.type)
        audience = offer.channel_type.audience if offer else Audience.PERSON
        return ChannelFacts(row.name, row.lane, row.enabled, audience)


def _wanted(tenant: str, request: NotifyRequest) -> Wanted:
    return Wanted(
        tenant,
        tuple(to.user for to in request.to if isinstance(to, ToUser)),
        tuple(to.email for to in request.to if isinstance(to, ToEmail)),
        tuple(to.mobile for to in request.to if isinstance(to, ToMobile)),
    )


Read = tuple[TenantRow | None, Sequence[ChannelRow]]


def _read_houses(connection: Connection, tenants: Sequence[str]) -> list[Read]:
    found = {tenant: _read_house(connection, tenant) for tenant in dict.fromkeys(tenants)}
    return [found[tenant] for tenant in tenants]


def _read_house(connection: Connection, tenant: str) -> Read:
    row = read_tenant(connection, tenant)
    return row, list_channels(connection, tenant, limit=MOST_CHANNELS) if row else []


def _read_people(connection: Connection, items: Sequence[Wanted]) -> list[People]:
    tenants = dict.fromkeys(item.tenant for item in items)
    found = {
        tenant: _people_of(connection, tenant, [i for i in items if i.tenant == tenant])
        for tenant in tenants
    }
    return [found[item.tenant] for item in items]


def _people_of(connection: Connection, tenant: str, items: Sequence[Wanted]) -> People:
    """Look for everybody that any of `items` names: each finds its own among them."""
    ids = sorted({one for item in items for one in item.users})
    emails = sorted({one for item in items for one in item.emails})
    mobiles = sorted({one for item in items for one in item.mobiles})
    by_email = read_users_by_email(connection, tenant, emails) if emails else {}
    by_mobile = read_users_by_mobile(connection, tenant, mobiles) if mobiles else {}
    by_id = read_users(connection, tenant, ids) if ids else {}
    found = (*by_id.values(), *by_email.values(), *by_mobile.values())
    return People(
        {user.id: _person(user) for user in found},
        {email: user.id for email, user in by_email.items()},
        {mobile: user.id for mobile, user in by_mobile.items()},
    )


def _person(user: UserRow) -> PersonFacts:
    return PersonFacts(user.locale, user.time_zone, user.preferences, user.departments)


MOST_CHANNELS = 10_000
_KEPT = timedelta(seconds=1)
