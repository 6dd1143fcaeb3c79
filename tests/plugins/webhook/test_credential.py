import pytest
from pydantic import ValidationError

from gateway.registry import secret_fields
from gateway_webhook import channel_types
from gateway_webhook.credential import RobotCredential
from gateway_webhook.robot import Robot, channel_type
from gateway_webhook.robots import DINGTALK_ROBOT, FEISHU_ROBOT, LARK_ROBOT, ROBOTS

from .conftest import ADDRESSES, HOOK, TOKENS

EACH = pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)


def credential(robot: Robot, **config: object) -> RobotCredential:
    own = {"webhook_url": ADDRESSES[robot.name], **config}
    found = channel_type(robot).credential.model_validate(own)
    assert isinstance(found, RobotCredential)
    return found


def test_four_types_are_offered() -> None:
    names = [offered.name for offered in channel_types()]
    assert names == ["lark-robot", "feishu-robot", "dingtalk-robot", "webhook"]
    for offered in channel_types():
        assert offered.audience == "group"
        assert offered.recipients == {"channel"}


def test_the_pace_is_the_platforms() -> None:
    limits = [(r.limits.calls_per_second, r.limits.calls_per_minute) for r in ROBOTS]
    assert limits == [(5, 100), (5, 100), (0, 20)]


@EACH
def test_address_and_secret_are_sealed(robot: Robot) -> None:
    assert secret_fields(channel_type(robot)) == {"webhook_url", "secret"}
    shown = repr(credential(robot, secret="SEC-canary"))
    assert "canary" not in shown
    assert TOKENS[robot.name] not in shown


@EACH
def test_an_address_may_be_on_another_host(robot: Robot) -> None:
    path = ADDRESSES[robot.name].partition(robot.host)[2]
    for base in ("http://127.0.0.1:8091", "https://[::1]:8443", "https://lark.corp.example/proxy"):
        found = credential(robot, webhook_url=f" {base}{path} ").webhook_url
        assert found.get_secret_value() == base + path


@EACH
@pytest.mark.parametrize(
    "url",
    [
        *("", "x", HOOK, "https://", "https://[", "https://x/robot/send"),
        "ftp://open.larksuite.com/open-apis/bot/v2/hook/abcdef",
        "https://a@open.feishu.cn/open-apis/bot/v2/hook/abcdef",
        "https://open.feishu.cn/open-apis/bot/v2/hook/abcdef\r\nx",
        "https://x/robot/send?access_token=",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(robot: Robot, url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        credential(robot, webhook_url=f"{url}#canary")
    said = str(raised.value)
    assert "canary" not in said
    assert f"https://{robot.host}" in said


def test_the_address_of_another_platform_is_refused() -> None:
    for robot, other in ((LARK_ROBOT, DINGTALK_ROBOT), (DINGTALK_ROBOT, FEISHU_ROBOT)):
        with pytest.raises(ValidationError):
            credential(robot, webhook_url=ADDRESSES[other.name])


@EACH
def test_what_is_left_empty_is_not_used(robot: Robot) -> None:
    found = credential(robot, secret=" ", keyword="")
    assert (found.secret, found.keyword) == (None, None)
    assert found.secrets == (TOKENS[robot.name],)


@EACH
@pytest.mark.parametrize("keyword", ["a\nb", "x" * 101])
def test_a_keyword_is_one_short_line(robot: Robot, keyword: str) -> None:
    with pytest.raises(ValidationError):
        credential(robot, keyword=keyword)
