"""What routing needs to know of a tenant, read once for each notification."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.models import Audience
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.request import NotifyRequest, ToEmail, ToMobile, ToUser
from gateway.rules import ChannelFacts, Facts
from gateway.store import Store
from gateway.store.channels import ChannelRow, list_channels
from gateway.store.tenants import read_tenant
from gateway.store.users import read_users, read_users_by_email, read_users_by_mobile

USERS_ONLY = "users_only"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom and what a request names."""

    tenant: str
    users: tuple[str, ...]
    emails: tuple[str, ...]
    mobiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What the store knows of that; `channels` None where there is no such tenant."""

    channels: Sequence[ChannelRow] | None
    users: frozenset[str] = frozenset()
    by_email: dict[str, str] | None = None
    by_mobile: dict[str, str] | None = None
    users_only: bool = False


class FactsReader:
    """Reads facts for many requests in one go."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    async def read(self, tenant: str, request: NotifyRequest) -> Facts:
        """Return what routing needs to know.

        Raises:
            ProblemError: There is no such tenant.
        """
        found = await self._store.gather(_read_all, _wanted(tenant, request))
        if found.channels is None:
            raise ProblemError("unknown_tenant")
        channels = [self._channel(row) for row in found.channels]
        return Facts(
            {channel.name: channel for channel in channels},
            found.users,
            found.by_email or {},
            found.by_mobile or {},
            found.users_only,
        )

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


def _read_all(connection: Connection, items: Sequence[Wanted]) -> list[Read]:
    return [_read(connection, item) for item in items]


def _read(connection: Connection, item: Wanted) -> Read:
    tenant = read_tenant(connection, item.tenant)
    if tenant is None:
        return Read(None)
    emails = read_users_by_email(connection, item.tenant, item.emails) if item.emails else {}
    mobiles = read_users_by_mobile(connection, item.tenant, item.mobiles) if item.mobiles else {}
    return Read(
        list_channels(connection, item.tenant, limit=MOST_CHANNELS),
        frozenset(_users(connection, item)),
        {email: user.id for email, user in emails.items()},
        {mobile: user.id for mobile, user in mobiles.items()},
        tenant.recipients == USERS_ONLY,
    )


def _users(connection: Connection, item: Wanted) -> Iterable[str]:
    return read_users(connection, item.tenant, item.users) if item.users else ()


MOST_CHANNELS = 1000
