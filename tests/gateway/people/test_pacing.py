"""So many logins a minute, for each channel by itself."""

from datetime import UTC, datetime, timedelta

from gateway.people.pacing import Pace

NOW = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)


def test_a_channel_that_is_stormed_is_shut_until_the_next_minute_and_no_other() -> None:
    pace = Pace(most=2)
    assert [pace.admits("acme", "lark", NOW) for _ in range(3)] == [True, True, False]
    assert pace.admits("acme", "feishu", NOW)
    assert pace.admits("acme", "lark", NOW, by_link=True)
    assert pace.admits("other", "lark", NOW)
    assert not pace.admits("acme", "lark", NOW + timedelta(seconds=29))
    assert pace.admits("acme", "lark", NOW + timedelta(seconds=30))
