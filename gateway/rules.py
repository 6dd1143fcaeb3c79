"""Which recipients and channels a notification concerns: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.models import Audience, Recipient, RecipientKind
from gateway.reasons import Reason
from gateway.request import NotifyRequest, ToChannel, ToChat, ToDepartment, ToTopic


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What routing needs to know of a channel."""

    name: str
    lane: str
    enabled: bool
    audience: Audience


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is decided by when a user is notified. None: as the tenant has it."""

    locale: str | None = None
    time_zone: str | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    departments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What routing needs to know of a tenant.

    Attributes:
        channels: The tenant's channels by name.
        people: Those users whom the request names in any way, by id.
        by_email: User id by e-mail address, for those of the request that users have.
        by_mobile: The same by number.
        users_only: Whether only users may be reached.
        locale: The tenant's, for whoever has none.
        time_zone: The same.
    """

    channels: Mapping[str, ChannelFacts]
    people: Mapping[str, PersonFacts]
    by_email: Mapping[str, str]
    by_mobile: Mapping[str, str]
    users_only: bool = False
    locale: str = "en"
    time_zone: str = "UTC"

    def person(self, recipient: Recipient) -> PersonFacts:
        """Return who this is, with the tenant's locale and time zone where they have none."""
        known = self.people.get(recipient.id) if recipient.kind is RecipientKind.USER else None
        known = known or _STRANGER
        return replace(
            known,
            locale=known.locale or self.locale,
            time_zone=known.time_zone or self.time_zone,
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """One delivery to be: for whom, on which channel, and why it goes no further if it does.

    `rules` are the names of the tenant's rules that made it; none where the request named both.
    """

    recipient: Recipient
    channel: ChannelFacts | None
    reason: Reason | None = None
    rules: tuple[str, ...] = ()


def concern(request: NotifyRequest, facts: Facts) -> list[Pair]:
    """Return every (recipient, channel) pair of a notification, each once, in order."""
    pairs = list(_to_groups(request, facts))
    chosen = _person_channels(request, facts)
    for person in _persons(request, facts):
        pairs += _to_person(person, chosen, facts)
    return list({(pair.recipient.key, _name(pair)): pair for pair in pairs}.values())


def _persons(request: NotifyRequest, facts: Facts) -> Iterable[Recipient]:
    for to in request.to:
        if isinstance(to, ToTopic | ToDepartment | ToChat | ToChannel):
            continue
        yield _as_user(to.recipient(), facts)


def _as_user(recipient: Recipient, facts: Facts) -> Recipient:
    """Name somebody by their user id where their address or number is a user's."""
    known = {
        RecipientKind.EMAIL: facts.by_email,
        RecipientKind.MOBILE: facts.by_mobile,
    }.get(recipient.kind, {})
    user = known.get(recipient.id)
    return Recipient(RecipientKind.USER, user) if user else recipient


def _person_channels(request: NotifyRequest, facts: Facts) -> Sequence[ChannelFacts]:
    named = request.routing.channels
    if named is not None:
        return [facts.channels[n] for n in named if facts.channels[n].audience is Audience.PERSON]
    persons = [c for c in facts.channels.values() if c.audience is Audience.PERSON]
    return [channel for channel in persons if channel.enabled] or persons


def _to_person(person: Recipient, channels: Sequence[ChannelFacts], facts: Facts) -> Iterable[Pair]:
    if not channels:
        return [Pair(person, None, _nobody(person, facts) or Reason.NO_MATCHING_CHANNEL)]
    return [_pair(person, channel, facts) for channel in channels]


def _pair(person: Recipient, channel: ChannelFacts, facts: Facts) -> Pair:
    return Pair(person, channel, _nobody(person, facts) or _closed(channel))


def _nobody(person: Recipient, facts: Facts) -> Reason | None:
    is_user = person.kind is RecipientKind.USER
    unknown = person.id not in facts.people if is_user else facts.users_only
    return Reason.UNKNOWN_USER if unknown else None


def _closed(channel: ChannelFacts) -> Reason | None:
    return None if channel.enabled else Reason.CHANNEL_DISABLED


def _to_groups(request: NotifyRequest, facts: Facts) -> Iterable[Pair]:
    named = [to.channel for to in request.to if isinstance(to, ToChannel)]
    named += [
        name
        for name in request.routing.channels or ()
        if facts.channels[name].audience is Audience.GROUP
    ]
    for name in named:
        channel = facts.channels[name]
        yield Pair(Recipient(RecipientKind.CHANNEL, name), channel, _closed(channel))
    for to in request.to:
        if isinstance(to, ToChat):
            channel = facts.channels[to.channel]
            yield Pair(to.recipient(), channel, _closed(channel))


def _name(pair: Pair) -> str:
    return pair.channel.name if pair.channel else ""


_STRANGER = PersonFacts()
