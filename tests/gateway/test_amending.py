"""What can be changed and what cannot, on both databases."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.amending import Able, Amender, judge_recall, judge_update
from gateway.card import Card
from gateway.models import State
from gateway.store import Store
from gateway.store.amending import Standing
from gateway.store.channels import add_channel
from gateway.store.schema import delivery, lane, notification
from gateway.testing.clock import FakeClock
from gateway.testing.registry import registry_of
from tests.gateway.lanes.changeable import Board, Updatable, board_type
from tests.gateway.store.rows import add_delivery, add_notification
from tests.gateway.store.test_channels import LARK

ABLE = Able(frozenset({"lark", "toy"}), frozenset({"lark"}))
SENT = Standing(
    id="dlv_1",
    channel="lark",
    channel_type="lark",
    lane="l",
    state=State.SENT,
    reason=None,
    message_id="om_1",
    batch=False,
    change=None,
    digest=False,
    mobile_only=False,
    whole=True,
)


@pytest.mark.parametrize(
    ("changes", "update", "recall"),
    [
        ({}, ("updating", None), ("recalling", None)),
        ({"state": State.QUEUED}, ("sent_later", None), ("canceled", None)),
        ({"state": State.HELD}, ("sent_later", None), ("canceled", None)),
        (
            {"state": State.FAILED, "reason": "unreachable"},
            ("failed", "unreachable"),
            ("failed", "unreachable"),
        ),
        (
            {"state": State.SUPERSEDED, "reason": "digested"},
            ("unsupported", "digested"),
            ("unsupported", "digested"),
        ),
        (
            {"state": State.CANCELED, "reason": "canceled"},
            ("failed", "canceled"),
            ("canceled", None),
        ),
        ({"batch": True}, ("unsupported", "batch_message"), ("recalling", None)),
        (
            {"batch": True, "whole": False},
            ("unsupported", "batch_message"),
            ("unsupported", "batch_message"),
        ),
        (
            {"channel_type": "robot"},
            ("unsupported", "channel_cannot"),
            ("unsupported", "channel_cannot"),
        ),
        ({"channel_type": "toy"}, ("updating", None), ("recalling", None)),
        ({"message_id": ""}, ("unsupported", "no_message"), ("unsupported", "no_message")),
        ({"digest": True}, ("unsupported", "digested"), ("unsupported", "digested")),
        (
            {"lane": None},
            ("unsupported", "channel_not_configured"),
            ("unsupported", "channel_not_configured"),
        ),
        ({"change": "recall"}, ("unsupported", "canceled"), ("recalling", None)),
        ({"change": "update"}, ("updating", None), ("recalling", None)),
    ],
)
def test_each_standing_has_its_result(
    changes: dict[str, Any], update: tuple[str, str | None], recall: tuple[str, str | None]
) -> None:
    one = replace(SENT, **changes)
    updated, recalled = judge_update(one, ABLE), judge_recall(one, ABLE, frozenset())
    assert (updated.result, updated.reason) == update
    assert (recalled.result, recalled.reason) == recall
    for found in (updated, recalled):
        assert (found.explanation is None) == (found.reason is None)


def test_what_is_in_the_air_is_taken_back_when_it_lands() -> None:
    flying = replace(SENT, state=State.QUEUED)
    assert judge_recall(flying, ABLE, frozenset({"dlv_1"})).result == "recalling"


@contextmanager
def nothing_flies(_notification: str) -> Iterator[frozenset[str]]:
    yield frozenset()


def amender(store: Store, clock: FakeClock, woken: list[int]) -> Amender:
    def wake(shards: Iterable[int]) -> None:
        woken.extend(shards)

    registry = registry_of(board_type(Board(), "lark", Updatable))
    return Amender(store, registry, clock, wake, nothing_flies, lambda: None)


async def test_an_update_marks_the_sent_and_gives_the_others_the_new_card(
    store: Store, clock: FakeClock
) -> None:
    await store.write(lambda c: add_notification(c, "ntf_1", body={"overrides": {"lark": {}}}))
    await store.write(lambda c: add_channel(c, LARK))
    await store.write(lambda c: add_delivery(c, "dlv_1", state="sent", due=None, message_id="m"))
    await store.write(lambda c: add_delivery(c, "dlv_2", stateless=True))
    await store.write(
        lambda c: add_delivery(c, "dlv_3", explain={"mobile_only": True}, state="held")
    )
    woken: list[int] = []
    press = {"id": "ok", "label": "OK", "kind": "callback"}
    card = Card.model_validate({"title": "New", "actions": [press]})
    await amender(store, clock, woken).update("acme", "ntf_1", card)
    rows = {row.id: row for row in await store.read(lambda c: list(c.execute(sa.select(delivery))))}
    [posted] = await store.read(lambda c: list(c.execute(sa.select(notification))))
    assert (rows["dlv_1"].change, rows["dlv_1"].lane, rows["dlv_1"].revision) == (
        "update",
        LARK.lane,
        1,
    )
    assert rows["dlv_1"].due is not None
    assert (rows["dlv_2"].change, rows["dlv_2"].stateless, rows["dlv_2"].revision) == (
        None,
        False,
        1,
    )
    assert rows["dlv_1"].card_key == rows["dlv_2"].card_key == posted.card_key
    assert rows["dlv_3"].card_key in posted.variants
    assert '"mobile_only":true' in posted.variants[rows["dlv_3"].card_key]
    [due] = await store.read(lambda c: list(c.execute(sa.select(lane))))
    assert (due.key, len(woken)) == (LARK.lane, 1)
