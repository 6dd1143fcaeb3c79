"""What routing needs to know of a tenant, read once for each notification."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection

from gateway.matching import RuleFacts, judge, texts
from gateway.models import Audience
from gateway.plugin import Clock
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.request import Direct, NotifyRequest, To, ToEmail, ToMobile, ToTopic, ToUser
from gateway.rules import ChannelFacts, Facts, PersonFacts, concerned, expanded
from gateway.store import Store
from gateway.store.channels import ChannelRow, list_channels
from gateway.store.rules import RuleRow, list_rules
from gateway.store.tenants import TenantRow, read_tenant
from gateway.store.topics import read_topics
from gateway.store.users import UserRow, read_users, read_users_by_email, read_users_by_mobile
from gateway.template_reader import TemplateReader

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
    """What a tenant looks like until something is written: the same for all its requests.

    `topics` fills as they are asked for; None stands for one that is not there.
    """

    generation: int
    read_at: datetime
    facts: Facts
    rules: Sequence[RuleFacts]
    topics: dict[str, Sequence[Direct] | None] = field(default_factory=dict)


class FactsReader:
    """Reads facts for many requests in one go; what seldom changes is kept for a second."""

    def __init__(self, store: Store, registry: Registry, clock: Clock) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._houses: dict[str, _House] = {}
        self._templates = TemplateReader(store)

    async def read(self, tenant: str, request: NotifyRequest) -> Facts:
        """Return what routing needs to know.

        Raises:
            ProblemError: There is no such tenant.
        """
        house = await self._house(tenant)
        verdicts = judge(house.rules, request)
        named = [*request.to, *(to for rule in concerned(verdicts) for to in rule.recipients)]
        topics = await self._topics(tenant, house, named)
        wanted = _wanted(tenant, expanded(named, topics))
        people = await self._store.gather(_read_people, wanted) if wanted.anybody else People()
        return replace(
            house.facts,
            people=people.users,
            by_email=people.by_email,
            by_mobile=people.by_mobile,
            verdicts=verdicts,
            topics=topics,
            template=await self._templates.read(tenant, request.template),
        )

    async def rules(self, tenant: str) -> Sequence[RuleFacts]:
        """Return the tenant's rules by name.

        Raises:
            ProblemError: There is no such tenant.
        """
        return (await self._house(tenant)).rules

    async def _topics(
        self, tenant: str, house: _House, named: Iterable[To]
    ) -> Mapping[str, Sequence[Direct]]:
        names = tuple(dict.fromkeys(to.topic for to in named if isinstance(to, ToTopic)))
        missing = tuple(name for name in names if name not in house.topics)
        if missing:
            found = await self._store.gather(_read_topics, (tenant, missing))
            house.topics.update(dict.fromkeys(missing), **found)
        known = {name: house.topics[name] for name in names}
        return {name: members for name, members in known.items() if members is not None}

    async def _house(self, tenant: str) -> _House:
        now = self._clock.now()
        known = self._houses.get(tenant)
        if known and known.generation == self._store.generation and now < known.read_at + _KEPT:
            return known
        generation = self._store.generation
        row, channels, rules = await self._store.gather(_read_houses, tenant)
        if row is None:
            self._houses.pop(tenant, None)
            raise ProblemError("unknown_tenant")
        house = _House(generation, now, self._facts(row, channels), [*map(rule_facts, rules)])
        self._houses[tenant] = house
        return house

    def _facts(self, row: TenantRow, channels: Sequence[ChannelRow]) -> Facts:
        return Facts(
            channels={c.name: channel_facts(self._registry, c) for c in channels},
            people={},
            by_email={},
            by_mobile={},
            users_only=row.recipients == USERS_ONLY,
            locale=row.locale,
            time_zone=row.time_zone,
        )


def channel_facts(registry: Registry, row: ChannelRow) -> ChannelFacts:
    """Return a stored channel as it decides."""
    offer = registry.offers.get(row.type)
    if offer is None:
        return ChannelFacts(row.name, row.lane, row.enabled, Audience.PERSON)
    kind = offer.channel_type
    return ChannelFacts(row.name, row.lane, row.enabled, kind.audience, kind.recipients)


def rule_facts(row: RuleRow) -> RuleFacts:
    """Return a stored rule as it decides."""
    return RuleFacts(
        name=row.name,
        enabled=row.enabled,
        match={name: texts(value) for name, value in row.match.items()},
        channels=tuple(row.channels),
        recipients=_NAMED.validate_python(row.recipients),
        user_window_seconds=row.user_window_seconds,
        mobile_only=row.mobile_only,
    )


def _wanted(tenant: str, everybody: Iterable[Direct]) -> Wanted:
    everybody = tuple(everybody)
    return Wanted(
        tenant,
        tuple(to.user for to in everybody if isinstance(to, ToUser)),
        tuple(to.email for to in everybody if isinstance(to, ToEmail)),
        tuple(to.mobile for to in everybody if isinstance(to, ToMobile)),
    )


Read = tuple[TenantRow | None, Sequence[ChannelRow], Sequence[RuleRow]]
Topics = dict[str, Sequence[Direct]]


def _read_houses(connection: Connection, tenants: Sequence[str]) -> list[Read]:
    found = {tenant: _read_house(connection, tenant) for tenant in dict.fromkeys(tenants)}
    return [found[tenant] for tenant in tenants]


def _read_house(connection: Connection, tenant: str) -> Read:
    row = read_tenant(connection, tenant)
    if row is None:
        return None, [], []
    channels = list_channels(connection, tenant, limit=MOST_CHANNELS)
    return row, channels, list_rules(connection, tenant, limit=MOST_RULES)


def _read_topics(
    connection: Connection, items: Sequence[tuple[str, Sequence[str]]]
) -> list[Topics]:
    return [
        {
            name: tuple(_MEMBERS.validate_python(row.members))
            for name, row in read_topics(connection, tenant, names).items()
        }
        for tenant, names in items
    ]


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
MOST_RULES = 200
_NAMED: TypeAdapter[tuple[To, ...]] = TypeAdapter(tuple[To, ...])
_MEMBERS: TypeAdapter[list[Any]] = TypeAdapter(list[To])
_KEPT = timedelta(seconds=1)
