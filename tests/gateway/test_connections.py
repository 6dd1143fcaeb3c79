from dataclasses import replace
from datetime import timedelta

from gateway.connections import policy_for
from tests.gateway.lanes.toy import Platform, toy_type


def test_a_channel_type_says_how_long_a_call_may_take() -> None:
    toy = toy_type(Platform())
    assert policy_for(toy, {}, ()).total == timedelta(seconds=10)
    assert policy_for(replace(toy, attempt_seconds=15), {}, ()).total == timedelta(seconds=15)


def test_a_channel_type_says_how_long_an_answer_may_be() -> None:
    toy = toy_type(Platform())
    assert policy_for(toy, {}, ()).max_answer == 64 * 1024
    assert policy_for(replace(toy, largest_answer=1 << 20), {}, ()).max_answer == 1 << 20
