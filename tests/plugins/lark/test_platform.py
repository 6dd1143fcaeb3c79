import re
from pathlib import Path

import pytest

import gateway_lark
from gateway.plugin import Audience, ChannelType
from gateway_lark import channel_types

HERE = Path(gateway_lark.__file__).parent


def lark() -> ChannelType:
    (only,) = channel_types()
    return only


def test_lark_is_offered_with_the_platforms_limits() -> None:
    limits = lark().limits
    assert (limits.calls_per_second, limits.calls_per_minute) == (50, 1000)
    assert limits.recipient_calls_per_second == 5
    assert limits.user_window_seconds == 600
    assert limits.monthly_quota == 10_000


def test_lark_tells_what_it_can_do() -> None:
    assert lark().name == "lark"
    assert lark().audience is Audience.PERSON
    assert set(lark().capabilities) == {
        *("resolves_in_bulk", "batches", "updates", "recalls", "reads", "urges", "uploads"),
        *("browses", "logs_in", "degrades", "guides"),
    }
    assert lark().hosts == {"open.larksuite.com", "accounts.larksuite.com"}
    assert lark().uncounted == {"token", "resolve", "directory"}


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_a_brand_is_a_value_and_never_a_question(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"feishu\.cn|platform\.name ==|is LARK|== LARK", source)
    assert path.stem == "platform" or "larksuite.com" not in source
