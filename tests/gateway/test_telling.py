from dataclasses import replace

import pytest

from gateway.explain.cases import Case
from gateway.explain.telling import explained
from gateway.steps import PLAIN
from gateway.store.channels import ChannelRow
from tests.gateway.store.rows import bound
from tests.gateway.store.test_channels import LARK

SINCE = 1_767_600_000_000
AWAITED = "A version of its application awaits a review on the platform."


def case(channel: ChannelRow, reason: str | None, recipient: str = "user:li") -> Case:
    delivery = {
        "id": "dlv_1",
        "recipient": recipient,
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


@pytest.mark.parametrize("recipient", ["channel:robot", "chat:oc_1", "department:1"])
@pytest.mark.parametrize(
    "reason", ["not_bound", "stale_binding", "unreachable", "user_window", "rate_limited", None]
)
def test_a_group_is_not_called_a_person(recipient: str, reason: str | None) -> None:
    known = bound(recipient, method="resolved", tenant=LARK.tenant, channel=LARK.name)
    one = case(LARK, reason, recipient)
    one = replace(one, delivery={**one.delivery, "explain": {**PLAIN, "where": "to"}})
    for binding in (None, known, replace(known, identity=None), replace(known, stale_since=1)):
        told = explained(replace(one, binding=binding))
        said = [told["sentence"], *(step["sentence"] for step in told["steps"])]
        words = " ".join([told["fix"] or "", *(each["en"] for each in said)]).casefold()
        assert not [each for each in ("person", "nobody", "who this is") if each in words]
        assert not any("用户" in each["zh-CN"] for each in said)


@pytest.mark.parametrize("reason", ["not_bound", "stale_binding", "unreachable"])
def test_a_department_is_not_called_a_group(reason: str) -> None:
    one = case(LARK, reason, "department:1")
    told = explained(replace(one, delivery={**one.delivery, "explain": {**PLAIN, "where": "to"}}))
    said = [told["sentence"], *(step["sentence"] for step in told["steps"])]
    assert "department" in told["sentence"]["en"]
    assert "department" in told["fix"]
    assert "部门" in told["sentence"]["zh-CN"]
    assert not any("group" in each["en"] or "群组" in each["zh-CN"] for each in said)


def test_a_person_is_still_called_one() -> None:
    told = explained(case(LARK, "user_window"))
    assert told["sentence"]["en"].startswith("The person was notified a moment ago")
