import dataclasses

import pytest

from gateway_dingtalk import EDITIONS, EXCLUSIVE, STANDARD, channel_type, channel_types
from gateway_dingtalk.editions import apply_url


def test_both_editions_are_offered() -> None:
    assert [kind.name for kind in channel_types()] == ["dingtalk", "dingtalk-exclusive"]


def test_the_editions_differ_in_pace_quota_and_look_up() -> None:
    standard, exclusive = (channel_type(edition).limits for edition in EDITIONS)
    assert (standard.calls_per_second, standard.monthly_quota) == (20, 5000)
    assert (exclusive.calls_per_second, exclusive.monthly_quota) == (60, 0)
    assert standard.user_window_seconds == exclusive.user_window_seconds == 600
    assert EXCLUSIVE.look_up == {"support_exclusive_account_search": True}
    assert not STANDARD.look_up


def test_an_edition_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        STANDARD.name = "other"  # type: ignore[misc]


def test_it_can_batch_update_recall_read_urge_and_browse() -> None:
    assert set(channel_type(STANDARD).capabilities) == {
        *("batches", "updates", "recalls", "reads", "urges"),
        *("browses", "logs_in", "degrades", "guides"),
    }


def test_titles_are_in_both_languages() -> None:
    assert STANDARD.title("zh-CN") == "钉钉"
    assert EXCLUSIVE.title("fr") == "DingTalk Exclusive"


def test_the_page_that_grants_a_permission_names_application_and_point() -> None:
    assert apply_url("dingkey", "Card.Instance.Write").endswith(
        "/appscope/apply?content=dingkey%23Card.Instance.Write"
    )
