"""Which recipients and channels a notification concerns: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from gateway.matching import RuleFacts, Verdict
from gateway.models import Audience, Recipient, RecipientKind
from gateway.reasons import Reason
from gateway.request import Direct, NotifyRequest, To, ToEmail, ToMobile, ToTopic, ToUser
from gateway.template import Template

_PERSONS = (ToUser, ToEmail, ToMobile)
_APPLICATION = ""
"""Who names a recipient in `to`, among the names of rules."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What routing needs to know of a channel.

    `recipients` are the forms of `to` that its type takes besides users.
    """

    name: str
    lane: str
    enabled: bool
    audience: Audience
    recipients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is decided by when a user is notified. None: as the tenant has it."""

    locale: str | None = None
    time_zone: str | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    departments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What routing needs to know of a tenant, and of what one request names there.

    Attributes:
        channels: The tenant's channels by name.
        people: Those users whom the request names in any way, by id.
        by_email: User id by e-mail address, for those of the request that users have.
        by_mobile: The same by number.
        users_only: Whether only users may be reached.
        locale: The tenant's, for whoever has none.
        time_zone: The same.
        verdicts: What each rule makes of the request.
        topics: The members of those topics that the request or a matching rule names.
        template: The one that the request names, in the version in use, where there is one.
        stranger: Whoever is no user.
    """

    channels: Mapping[str, ChannelFacts]
    people: Mapping[str, PersonFacts]
    by_email: Mapping[str, str]
    by_mobile: Mapping[str, str]
    users_only: bool = False
    locale: str = "en"
    time_zone: str = "UTC"
    verdicts: Sequence[Verdict] = ()
    topics: Mapping[str, Sequence[Direct]] = field(default_factory=dict)
    template: Template | None = None
    stranger: PersonFacts = field(init=False)

    def person(self, recipient: Recipient) -> PersonFacts:
        """Return who this is, with the tenant's locale and time zone where they have none."""
        known = self.people.get(recipient.id) if recipient.kind is RecipientKind.USER else None
        if known is None:
            return self.stranger
        if known.locale and known.time_zone:
            return known
        return replace(
            known,
            locale=known.locale or self.locale,
            time_zone=known.time_zone or self.time_zone,
        )

    def __post_init__(self) -> None:
        object.__setattr__(self, "stranger", PersonFacts(self.locale, self.time_zone))

    @property
    def stopped(self) -> bool:
        """Whether rules match, and every one of those is switched off."""
        rules = concerned(self.verdicts)
        return bool(rules) and not any(rule.enabled for rule in rules)


class Where(StrEnum):
    """What chose the channel of a delivery."""

    TO = "to"
    ROUTING = "routing"
    RULES = "rules"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Because:
    """Why there is a delivery; all that are made for the same reason share one.

    Attributes:
        where: What chose the channel.
        named: Whether the application itself named the recipient.
        rules: The rules that made it.
        window_seconds: The shortest window of these; None is the channel's own.
        mobile_only: Whether one of these wants it decided on a phone.
        told: The record that a delivery keeps of it; None where neither rules nor the
            application chose anything but the recipient.
    """

    where: Where = Where.DEFAULT
    named: bool = True
    rules: tuple[RuleFacts, ...] = ()
    window_seconds: int | None = field(init=False)
    mobile_only: bool = field(init=False)
    told: Mapping[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        windows = [rule.user_window_seconds for rule in self.rules]
        shortest = min((each for each in windows if each is not None), default=None)
        object.__setattr__(self, "window_seconds", shortest)
        object.__setattr__(self, "mobile_only", any(rule.mobile_only for rule in self.rules))
        object.__setattr__(self, "told", self._told())

    def _told(self) -> Mapping[str, Any] | None:
        if self.where is Where.DEFAULT and self.named and not self.rules:
            return None
        names = [rule.name for rule in self.rules]
        told = {"where": self.where.value, "named": self.named, "rules": names}
        # A card that takes the place of this one is decided on a phone as well.
        return {**told, "mobile_only": True} if self.mobile_only else told


@dataclass(frozen=True, slots=True)
class Pair:
    """One delivery to be: for whom, on which channel, and why it goes no further if it does."""

    recipient: Recipient
    channel: ChannelFacts | None
    reason: Reason | None = None
    because: Because = Because()


@dataclass(frozen=True, slots=True)
class _Named:
    """Somebody who is to hear of it, and who names them: the application, or rules."""

    recipient: Recipient
    channel: str | None
    by: tuple[str, ...]
    where: Where


def concern(request: NotifyRequest, facts: Facts) -> list[Pair]:
    """Return every (recipient, channel) pair of a notification, each once, in order."""
    rules = concerned(facts.verdicts)
    where, chosen = _channels(request, facts, rules)
    everybody = list(_everybody(request, facts, rules, where))
    groups = [one for one in everybody if one.channel is not None]
    groups += _chosen_groups(request, facts, rules)
    off = Reason.RULE_DISABLED if facts.stopped else None
    plan = _Plan(facts, {rule.name: rule for rule in rules}, off)
    pairs = [plan.on(one, facts.channels[one.channel or ""]) for one in _merged(groups)]
    for one in _merged(one for one in everybody if one.channel is None):
        pairs += plan.to_person(one, chosen)
    return pairs


def concerned(verdicts: Sequence[Verdict]) -> list[RuleFacts]:
    """Return the rules that decide: those that match and are on, or where none is, all that match.

    The latter are what the notification is suppressed for, so whom they name is told as well.
    """
    matching = [verdict.rule for verdict in verdicts if verdict.matches]
    return [rule for rule in matching if rule.enabled] or matching


def expanded(named: Iterable[To], topics: Mapping[str, Sequence[Direct]]) -> Iterator[Direct]:
    """Yield everybody meant, with the members of a topic in its place."""
    for to in named:
        if isinstance(to, ToTopic):
            yield from topics.get(to.topic, ())
        else:
            yield to


def _everybody(
    request: NotifyRequest, facts: Facts, rules: Sequence[RuleFacts], where: Where
) -> Iterator[_Named]:
    named_by = [(_APPLICATION, request.to), *((rule.name, rule.recipients) for rule in rules)]
    for by, named in named_by:
        for to in expanded(named, facts.topics):
            channel = None if isinstance(to, _PERSONS) else to.channel
            # What a rule or a topic names may be gone since it was written.
            if channel is None or channel in facts.channels:
                on = where if channel is None else Where.RULES if by else Where.TO
                yield _Named(_as_user(to.recipient(), facts), channel, (by,), on)


def _merged(named: Iterable[_Named]) -> Iterable[_Named]:
    """Return each once, with everybody who names them."""
    found: dict[tuple[str, str | None], _Named] = {}
    for one in named:
        place = (one.recipient.key, one.channel)
        before = found.get(place)
        if before is None:
            found[place] = one
        elif one.by[0] not in before.by:
            found[place] = replace(before, by=before.by + one.by)
    return found.values()


def _as_user(recipient: Recipient, facts: Facts) -> Recipient:
    """Name somebody by their user id where their address or number is a user's."""
    known = {
        RecipientKind.EMAIL: facts.by_email,
        RecipientKind.MOBILE: facts.by_mobile,
    }.get(recipient.kind)
    user = known.get(recipient.id) if known else None
    return Recipient(RecipientKind.USER, user) if user else recipient


def _channels(
    request: NotifyRequest, facts: Facts, rules: Sequence[RuleFacts]
) -> tuple[Where, Sequence[ChannelFacts]]:
    """Return what chose the channels for persons, and these: the same for all of them."""
    if request.routing.channels is not None:
        return Where.ROUTING, _of(Audience.PERSON, request.routing.channels, facts)
    chosen = _of(Audience.PERSON, [name for rule in rules for name in rule.channels], facts)
    if chosen:
        return Where.RULES, chosen
    persons = _of(Audience.PERSON, facts.channels, facts)
    return Where.DEFAULT, [channel for channel in persons if channel.enabled] or persons


def _chosen_groups(
    request: NotifyRequest, facts: Facts, rules: Sequence[RuleFacts]
) -> Iterator[_Named]:
    choosing = [(rule.name, rule.channels, Where.RULES) for rule in rules]
    if request.routing.channels is not None:
        choosing = [(_APPLICATION, request.routing.channels, Where.ROUTING)]
    for by, names, where in choosing:
        for channel in _of(Audience.GROUP, names, facts):
            recipient = Recipient(RecipientKind.CHANNEL, channel.name)
            yield _Named(recipient, channel.name, (by,), where)


def _of(audience: Audience, names: Iterable[str], facts: Facts) -> list[ChannelFacts]:
    """Return the channels of these names, each once, that address persons, or groups."""
    known = (facts.channels[name] for name in dict.fromkeys(names) if name in facts.channels)
    return [channel for channel in known if channel.audience is audience]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Makes pairs of one notification; what is the same for many is worked out once."""

    facts: Facts
    rules: Mapping[str, RuleFacts]
    off: Reason | None
    _because: dict[tuple[tuple[str, ...], str, Where], Because] = field(default_factory=dict)

    def on(self, one: _Named, channel: ChannelFacts) -> Pair:
        """Return the pair of somebody who is on this channel only."""
        return Pair(one.recipient, channel, self._closed(channel), self._why(one, channel.name))

    def to_person(self, one: _Named, channels: Sequence[ChannelFacts]) -> Iterator[Pair]:
        """Yield the pairs of a person: one on each channel, or one that says there is none."""
        nobody = self.off or _nobody(one.recipient, self.facts)
        for channel in channels:
            why = self._why(one, channel.name)
            yield Pair(one.recipient, channel, nobody or self._closed(channel), why)
        if not channels:
            why = self._why(one, "")
            yield Pair(one.recipient, None, nobody or Reason.NO_MATCHING_CHANNEL, why)

    def _closed(self, channel: ChannelFacts) -> Reason | None:
        return self.off or (None if channel.enabled else Reason.CHANNEL_DISABLED)

    def _why(self, one: _Named, channel: str) -> Because:
        place = (one.by, channel, one.where)
        if place not in self._because:
            self._because[place] = Because(
                one.where, _APPLICATION in one.by, tuple(self._making(one.by, channel))
            )
        return self._because[place]

    def _making(self, by: tuple[str, ...], channel: str) -> Sequence[RuleFacts]:
        """Return who made it: the rules that choose this channel or leave it to the others."""
        named = _APPLICATION in by
        naming = [*self.rules.values()] if named else [self.rules[name] for name in by]
        covering = [r for r in naming if not r.channels or channel in r.channels]
        return covering if covering or named else naming


def _nobody(person: Recipient, facts: Facts) -> Reason | None:
    is_user = person.kind is RecipientKind.USER
    unknown = person.id not in facts.people if is_user else facts.users_only
    return Reason.UNKNOWN_USER if unknown else None
