"""Finds out who open recipients are on their platform, in as few calls as it permits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.connections import Live
from gateway.errors import DeliveryError, RecipientError
from gateway.fence import PluginFault, fence
from gateway.lanes.calls import guarded
from gateway.models import Identity, Recipient, RecipientKind
from gateway.plugin import ResolvesInBulk
from gateway.store import Store
from gateway.store.standing import Found
from gateway.store.users import read_users

MISS_LASTS = timedelta(hours=1)
Answer = Identity | Exception


@dataclass(frozen=True, slots=True)
class Lookup:
    """One provider call that looks up `recipients`, or why the plugin cannot say which."""

    live: Live
    recipients: tuple[Recipient, ...]
    fault: Exception | None = None


async def with_contacts(
    store: Store, tenant: str, recipients: Sequence[Recipient]
) -> list[Recipient]:
    """Add to each user the e-mail address and number the tenant stored."""
    ids = [one.id for one in recipients if one.kind is RecipientKind.USER]
    users = await store.read(lambda c: read_users(c, tenant, ids)) if ids else {}
    return [_known(one, users) for one in recipients]


def _known(recipient: Recipient, users: Mapping[str, object]) -> Recipient:
    user = users.get(recipient.id) if recipient.kind is RecipientKind.USER else None
    if user is None:
        return recipient
    email, mobile = getattr(user, "email", None), getattr(user, "mobile", None)
    return Recipient(recipient.kind, recipient.id, email=email, mobile=mobile)


def lookups(live: Live, recipients: Sequence[Recipient]) -> list[Lookup]:
    """Split into provider calls, as the channel says; one each where it has no bulk look-up."""
    if not isinstance(live.channel, ResolvesInBulk):
        return [Lookup(live, (recipient,)) for recipient in recipients]
    try:
        with fence("lookups"):
            parts = [tuple(part) for part in live.channel.lookups(recipients)]
    except (DeliveryError, PluginFault) as error:
        return [Lookup(live, tuple(recipients), error)] if recipients else []
    return [Lookup(live, part) for part in parts if part]


async def ask(lookup: Lookup) -> list[Answer]:
    """Make the call; one answer for each recipient, whatever happens."""
    channel = lookup.live.channel
    if lookup.fault is not None:
        return [lookup.fault for _ in lookup.recipients]
    if not isinstance(channel, ResolvesInBulk):
        return [await _ask_one(lookup)]
    answers = await guarded(lambda: channel.resolve_many(lookup.recipients), lookup.live.deadline)
    if isinstance(answers, Exception):
        return [answers for _ in lookup.recipients]
    if not isinstance(answers, Sequence) or len(answers) != len(lookup.recipients):
        return [PluginFault("resolve_many did not return one result for each")] * len(
            lookup.recipients
        )
    return [_sane(answer) for answer in answers]


async def _ask_one(lookup: Lookup) -> Answer:
    live = lookup.live
    answer = await guarded(lambda: live.channel.resolve(lookup.recipients[0]), live.deadline)
    return _sane(answer)


def _sane(answer: object) -> Answer:
    if isinstance(answer, Identity | DeliveryError | PluginFault):
        return answer
    return PluginFault(f"the look-up returned a {type(answer).__name__}")


def found(live: Live, recipient: Recipient, answer: Answer, now: int) -> Found | None:
    """Return what there is to remember of an answer; nothing where the call itself failed."""
    if isinstance(answer, Identity):
        return Found(live.row.tenant, live.row.name, recipient.key, now, answer.kind, answer.id)
    if isinstance(answer, RecipientError):
        until = now + MISS_LASTS // timedelta(milliseconds=1)
        return Found(
            live.row.tenant,
            live.row.name,
            recipient.key,
            now,
            miss_until=until,
            miss_reason=answer.message,
        )
    return None
