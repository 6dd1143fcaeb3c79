"""Rows for tests."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.bindings import BindingRow
from gateway.store.schema import attempt, delivery, notification
from gateway.store.users import UserRow
from gateway.store.window import DueRow

HOUR = 3_600_000


def bound(recipient: str, identity: str = "ou_1", **more: object) -> BindingRow:
    row: dict[str, Any] = {"tenant": "acme", "channel": "lark", "method": "manual", "since": 1}
    row |= more
    return BindingRow(recipient=recipient, identity=identity, identity_kind="open_id", **row)


def a_user(name: str, tenant: str = "acme", **more: object) -> UserRow:
    empty: dict[str, Any] = dict.fromkeys(("email", "mobile", "locale", "time_zone"))
    lists: dict[str, Any] = {"departments": (), "preferences": {}, "created": 1, "updated": 1}
    values = {"display_name": "", **empty, **lists} | more
    return UserRow(tenant=tenant, id=name, **values)


def add_notification(connection: Connection, name: str, **more: object) -> None:
    values = {"tenant": "acme", "type": "t", "body": {}, "card": "{}", "card_key": "k"}
    values |= {"priority": 2, "warnings": [], "recipients": 1, "created": 1, "due": 1}
    row = {**values, "expires": HOUR, **more}
    connection.execute(sa.insert(notification).values(id=name, **row))


def add_delivery(connection: Connection, name: str, **more: object) -> None:
    values: dict[str, Any] = {"tenant": "acme", "notification": "ntf_1", "type": "t"}
    values |= {"recipient": "user:li", "channel": "lark", "lane": "l", "state": "queued"}
    values |= {"priority": 2, "due": 1, "expires": HOUR, "card_key": "k", "created": 1}
    row = {**values, "updated": 1, **more}
    connection.execute(sa.insert(delivery).values(id=name, **row))


def add_attempt(connection: Connection, name: str, **more: object) -> None:
    values = {"delivery": "dlv_1", "call": "call_1", "number": 1, "started": 1, "duration": 20}
    connection.execute(sa.insert(attempt).values(id=name, **{**values, **more}))


def a_due_row(name: str, **more: object) -> DueRow:
    values: dict[str, Any] = dict.fromkeys(DueRow._fields)
    values |= {"id": name, "tenant": "acme", "notification": "ntf_1", "recipient": "user:li"}
    values |= {"channel": "lark", "state": "queued", "priority": 2, "due": 1, "expires": HOUR}
    values |= {"attempts": 0, "card_key": "k", "created": 1, "revision": 0, "tries": 0}
    flags = dict.fromkeys(("stateless", "maybe_duplicate", "batch"), False)
    return DueRow(**{**values, **flags, **more})
