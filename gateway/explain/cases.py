"""Deliveries and everything that bears on them, as they are on disk or would be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.reasons import Reason
from gateway.store.bindings import BindingRow, read_bindings
from gateway.store.channels import ChannelRow, read_channel
from gateway.store.digests import read_carried
from gateway.store.history import (
    AttemptRow,
    DeliveryFilter,
    DeliveryRow,
    NotificationRow,
    Page,
    list_attempts,
    list_deliveries,
    read_notification,
    roll_up,
    settled_states,
)

MOST = 200


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would hold a delivery of a dry run, and until when."""

    reason: Reason
    until: int


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery and everything that bears on it."""

    delivery: Mapping[str, Any]
    channel: ChannelRow | None
    binding: BindingRow | None
    attempts: Sequence[AttemptRow] = ()
    carries: Sequence[str] = ()
    outlook: Outlook | None = None


def read_cases(
    connection: Connection, tenant: str, notification_id: str
) -> tuple[NotificationRow, str, list[Case]] | None:
    """Return a notification, its status, and its first deliveries; None where there is none."""
    row = read_notification(connection, tenant, notification_id)
    if row is None:
        return None
    wanted = DeliveryFilter(notification=notification_id)
    deliveries = list_deliveries(connection, Page(tenant, MOST), wanted)
    known = _known(connection, tenant, [(d.channel, d.recipient) for d in deliveries])
    carried = read_carried(connection, [d.id for d in deliveries])
    status = roll_up(settled_states(connection, [row.id])[row.id])
    return (
        row,
        status,
        [
            Case(
                _fields(d),
                *known[d.channel, d.recipient],
                list_attempts(connection, d.id),
                carried.get(d.id, ()),
            )
            for d in reversed(deliveries)
        ],
    )


def foresee(
    connection: Connection, tenant: str, deliveries: Sequence[Mapping[str, Any]]
) -> list[Case]:
    """Return the cases of deliveries that are not on disk: of a dry run."""
    known = _known(connection, tenant, [(d["channel"], d["recipient"]) for d in deliveries])
    return [
        Case({**d, "id": None, "attempts": 0}, *known[d["channel"], d["recipient"]])
        for d in deliveries
    ]


def _known(
    connection: Connection, tenant: str, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[ChannelRow | None, BindingRow | None]]:
    by_channel: dict[str, list[str]] = {}
    for channel, recipient in pairs:
        by_channel.setdefault(channel, []).append(recipient)
    known: dict[tuple[str, str], tuple[ChannelRow | None, BindingRow | None]] = {}
    for channel, recipients in by_channel.items():
        row = read_channel(connection, tenant, channel)
        bindings = read_bindings(connection, tenant, channel, recipients)
        known |= {(channel, one): (row, bindings.get(one)) for one in recipients}
    return known


def _fields(row: DeliveryRow) -> dict[str, Any]:
    names = (
        "id",
        "recipient",
        "channel",
        "state",
        "reason",
        "detail",
        "attempts",
        "due",
        "carried_by",
        "change",
        "explain",
    )
    return {name: getattr(row, name) for name in names}
