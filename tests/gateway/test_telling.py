from dataclasses import replace

import pytest

from gateway.explain.cases import Case
from gateway.explain.telling import explained
from gateway.store.channels import ChannelRow
from tests.gateway.store.test_channels import LARK

SINCE = 1_767_600_000_000
AWAITED = "A version of its application awaits a review on the platform."


def case(channel: ChannelRow, reason: str) -> Case:
    delivery = {
        "id": "dlv_1",
        "recipient": "user:li",
        "channel": "lark",
        "state": "held",
        "reason": reason,
    }
    return Case(delivery, channel, None)


@pytest.mark.parametrize("reason", ["channel_disabled", "permission_missing"])
def test_what_a_review_may_end_says_that_one_is_awaited(reason: str) -> None:
    told = explained(case(replace(LARK, review_since=SINCE), reason))
    assert told["reason"] == reason
    assert told["sentence"]["en"].endswith(AWAITED)
    assert told["sentence"]["zh-CN"].endswith("其应用的版本正在平台上等待审核。")
    assert told["fix"].startswith("Have an administrator of the platform approve the version")
    switch = next(step for step in told["steps"] if step["step"] == "switch")
    assert switch["pending_review_since"] == "2026-01-05T08:00:00.000Z"


@pytest.mark.parametrize(
    ("since", "reason"), [(None, "permission_missing"), (SINCE, "credential_invalid")]
)
def test_nothing_else_does(since: int | None, reason: str) -> None:
    told = explained(case(replace(LARK, review_since=since), reason))
    assert "review" not in told["sentence"]["en"]
    assert "review" not in told["fix"]
