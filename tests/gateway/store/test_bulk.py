"""Rows that travel as one text arrive as they were, on both databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store import Store
from gateway.store.acks import Ack, acknowledge, settle_row
from gateway.store.bulk import Fields, listed, listing, packed, run, unpacked
from gateway.store.schema import delivery
from gateway.store.window import take_shards
from tests.gateway.store.rows import add_delivery

FIELDS: Fields = (("text", sa.Text()), ("number", sa.BigInteger()), ("flag", sa.Boolean()))
TEXTS = ("", "null", "12", "true", "[1]", '{"a": "b"}', "O'Brien", '"', "\\", "\\u0041", "%s :x ?")
MORE = (
    "two\nlines\tand a tab",
    "\x01\x1f\x7f",
    "\u2028",
    "钉钉 ≥ 0,7",
    "👩‍👩‍👧",
    "e\u0301",
    "x" * 9000,
)


def sent(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of the row
    row: dict[str, Any] = {"state": "sent", "reason": None, "detail": None, "due": None}
    row |= {"attempts": 1, "maybe_duplicate": False, "message_id": "m", "batch": False}
    return settle_row(name, **{**row, "updated": 1, **more})


async def test_every_value_arrives_as_it_was(store: Store) -> None:
    numbers = (0, -1, 2**53 + 1, 2**63 - 1, None)
    rows = [(text, None, None) for text in (*TEXTS, *MORE, None)]
    rows += [("n", number, flag) for number in numbers for flag in (True, False, None)]
    named = [dict(zip(("text", "number", "flag"), row, strict=True)) for row in rows]

    def read(connection: Connection) -> list[Any]:
        query = sa.select(*unpacked(connection.dialect.name, FIELDS).c)
        return [tuple(row) for row in connection.execute(query, packed(FIELDS, named))]

    assert await store.read(read) == rows


async def test_no_rows_are_no_statement(store: Store) -> None:
    await store.read(lambda c: run(c, lambda _dialect: sa.text("nonsense"), FIELDS, []))  # type: ignore[arg-type, return-value]


async def test_of_two_acknowledgements_of_one_delivery_in_a_bulk_the_later_one_counts(
    store: Store,
) -> None:
    await store.write(lambda c: [add_delivery(c, name) for name in ("dlv_1", "dlv_2")])
    epochs = await store.write(lambda c: take_shards(c, [3]))
    rows = [sent("dlv_1", message_id="m_1"), sent("dlv_2"), sent("dlv_1", message_id="m_2")]
    assert await store.write(lambda c: acknowledge(c, [Ack(3, epochs[3][0], rows)])) == [True]
    query = sa.select(delivery.c.message_id).order_by(delivery.c.id)
    assert await store.read(lambda c: c.execute(query).scalars().all()) == ["m_2", "m"]


async def test_texts_are_listed_for_an_in(store: Store) -> None:
    await store.write(lambda c: [add_delivery(c, name) for name in ("dlv_1", "dlv_'2", "dlv_3")])

    def left(connection: Connection, busy: tuple[str, ...]) -> list[str]:
        mine = delivery.c.id.not_in(listed(connection.dialect.name))
        query = sa.select(delivery.c.id).where(mine).order_by(delivery.c.id)
        return list(connection.execute(query, listing(busy)).scalars())

    assert await store.read(lambda c: left(c, ())) == ["dlv_'2", "dlv_1", "dlv_3"]
    assert await store.read(lambda c: left(c, ("dlv_'2", "dlv_3", "dlv_none"))) == ["dlv_1"]
