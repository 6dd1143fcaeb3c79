"""Who the people in mention blocks are on a channel's platform, from what is stored already."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.card import Card
from gateway.connections import Live
from gateway.lanes.plan import recipient_of
from gateway.models import Identity, RecipientKind
from gateway.plugin import ChannelType
from gateway.store.bindings import BindingRow, read_bindings
from gateway.store.channels import list_channels
from gateway.store.users import read_users

MOBILE = "mobile"
Known = dict[str, Identity]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whom the cards of one channel mention: recipients as the API writes them."""

    live: Live
    keys: tuple[str, ...]


def read_mentioned(connection: Connection, wanted: Mentioned) -> Known:
    """Return who is known on the channel's platform.

    First by their binding on the channel itself; then, where the channel type says so, by their
    binding on the tenant's other channels of the same platform, or by their mobile number. Who
    was unbound here is not called.
    """
    row, kind = wanted.live.row, wanted.live.channel_type
    own = read_bindings(connection, row.tenant, row.name, wanted.keys)
    known = {key: one.who for key, one in own.items() if one.who is not None}
    left = [key for key in wanted.keys if key not in known and not _unbound(own.get(key))]
    if left and kind.same_people:
        known |= _elsewhere(connection, row.tenant, kind, left)
    left = [key for key in left if key not in known]
    if left and MOBILE in kind.identity_kinds:
        known |= _by_mobile(connection, row.tenant, left)
    return known


def calling(card: Card, known: Known) -> Card:
    """Return the card with its mention blocks knowing who is known."""
    ids = {key: who.id for key, who in known.items()}
    return card.mentioning(ids, {key: who.kind for key, who in known.items()})


def _unbound(row: BindingRow | None) -> bool:
    return row is not None and row.unbound


def _elsewhere(
    connection: Connection, tenant: str, kind: ChannelType, keys: Sequence[str]
) -> Known:
    """Look on the channels of the same platform, by name; the first that knows somebody counts."""
    known: Known = {}
    for other in list_channels(connection, tenant):
        if other.type in kind.same_people:
            found = read_bindings(connection, tenant, other.name, keys)
            usable = {key: one.who for key, one in found.items() if one.stale_reason is None}
            fresh = {key: who for key, who in usable.items() if who and _speaks(kind, who)}
            known = fresh | known
    return known


def _speaks(kind: ChannelType, who: Identity) -> bool:
    return who.kind in kind.identity_kinds


def _by_mobile(connection: Connection, tenant: str, keys: Sequence[str]) -> Known:
    people = [recipient_of(key) for key in keys if key.partition(":")[0] in _WITH_NUMBERS]
    ids = [one.id for one in people if one.kind is RecipientKind.USER]
    users = read_users(connection, tenant, ids) if ids else {}
    numbers = {one.key: one.mobile or _number(users.get(one.id)) for one in people}
    return {key: Identity(number, MOBILE) for key, number in numbers.items() if number}


def _number(user: object) -> str | None:
    return getattr(user, "mobile", None)


_WITH_NUMBERS = frozenset({RecipientKind.USER.value, RecipientKind.MOBILE.value})
