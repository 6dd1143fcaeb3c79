"""What names a channel or a topic: refused where it is not there, and kept while it is named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.card import Card, MentionBlock
from gateway.facts import MOST_CHANNELS, channel_facts
from gateway.models import Audience
from gateway.problems import ProblemError, invalid
from gateway.registry import Registry
from gateway.request import (
    MENTION_FORMS,
    To,
    ToChannel,
    ToDepartment,
    ToEmail,
    ToMobile,
    ToTopic,
    ToUser,
)
from gateway.rules import ChannelFacts
from gateway.store.channels import list_channels
from gateway.store.rules import list_rules
from gateway.store.topics import list_topics, read_topics

Loc = Sequence[str | int]
DEPARTMENT = "department"
NO_MENTION = "a mention is `user:<id>`, `email:<address>` or `mobile:<+number>`"
_PERSONS = (ToUser, ToEmail, ToMobile)


@dataclass(frozen=True, slots=True)
class Known:
    """The channels and topics that can be named."""

    channels: Mapping[str, ChannelFacts]
    topics: Iterable[str] = field(default_factory=frozenset)


def check_named(loc: Loc, to: To, known: Known) -> None:
    """Refuse a recipient on a channel, or a topic, that the tenant does not have.

    Raises:
        ProblemError: With the field below `loc`, and a sentence.
    """
    if isinstance(to, ToTopic):
        if to.topic not in known.topics:
            raise invalid([*loc, "topic"], f"there is no topic {to.topic}", code="unknown_topic")
        return
    if isinstance(to, _PERSONS):
        return
    check_channel([*loc, "channel"], to.channel, known)
    channel = known.channels[to.channel]
    if isinstance(to, ToChannel) and channel.audience is Audience.PERSON:
        message = (
            f"the channel {to.channel} addresses persons: name them, and it in `routing.channels`"
        )
        raise invalid([*loc, "channel"], message)
    if isinstance(to, ToDepartment) and DEPARTMENT not in channel.recipients:
        message = f"the channel {to.channel} takes no departments"
        raise invalid([*loc, DEPARTMENT], message, code="unknown_department")


def check_mentions(loc: Loc, card: Card) -> None:
    """Refuse a card that calls somebody in no form there is; whom nobody knows is only named.

    Raises:
        ProblemError: With the place below `loc`.
    """
    for at, block in enumerate(card.blocks):
        for index, user in enumerate(block.users if isinstance(block, MentionBlock) else ()):
            form, _, name = user.partition(":")
            if not (form in MENTION_FORMS and MENTION_FORMS[form].fullmatch(name)):
                raise invalid([*loc, "blocks", at, "users", index], NO_MENTION)


def check_channel(loc: Loc, name: str, known: Known) -> None:
    """Refuse a channel that the tenant does not have."""
    if name not in known.channels:
        raise invalid(loc, f"the tenant has no channel {name}", code="unknown_channel")


def stored(
    connection: Connection, registry: Registry, tenant: str, named: Iterable[To] = ()
) -> Known:
    """Return what a tenant has: every channel, and those topics that `named` has."""
    rows = list_channels(connection, tenant, limit=MOST_CHANNELS)
    topics = [to.topic for to in named if isinstance(to, ToTopic)]
    return Known(
        {row.name: channel_facts(registry, row) for row in rows},
        read_topics(connection, tenant, topics) if topics else frozenset(),
    )


def keep_channel(connection: Connection, tenant: str, channel: str) -> None:
    """Refuse to let go of a channel that a rule or a topic names.

    Raises:
        ProblemError: It says which.
    """
    for rule in list_rules(connection, tenant):
        if channel in rule.channels or _names(rule.recipients, "channel", channel):
            raise ProblemError("channel_in_use", f"the rule {rule.name} names this channel")
    for topic in list_topics(connection, tenant):
        if _names(topic.members, "channel", channel):
            raise ProblemError("channel_in_use", f"the topic {topic.name} names this channel")


def keep_topic(connection: Connection, tenant: str, topic: str) -> None:
    """Refuse to let go of a topic that a rule names.

    Raises:
        ProblemError: It says which.
    """
    for rule in list_rules(connection, tenant):
        if _names(rule.recipients, "topic", topic):
            raise ProblemError("topic_in_use", f"the rule {rule.name} names this topic")


def shown(named: Iterable[To]) -> list[object]:
    """Return recipients as a body writes them, users in the short form."""
    return [_shown(to.model_dump(mode="json")) for to in named]


def _shown(fields: Mapping[str, str]) -> object:
    return f"user:{fields['user']}" if "user" in fields else dict(fields)


def _names(recipients: Iterable[object], kind: str, name: str) -> bool:
    return any(isinstance(to, Mapping) and to.get(kind) == name for to in recipients)
