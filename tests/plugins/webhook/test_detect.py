import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_webhook import detect, masked
from gateway_webhook.robot import channel_type
from gateway_webhook.robots import ROBOTS

from .conftest import ADDRESSES


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("pasted", ["{}", " {}\n", "Webhook: {} (on call)", "<{}>", "{}。"])
def test_an_address_is_known_by_its_platform(name: str, pasted: str) -> None:
    url = ADDRESSES[name]
    assert detect(pasted.format(url)) == (name, {"webhook_url": url})


def test_what_is_found_is_a_configuration() -> None:
    offered = {robot.name: channel_type(robot) for robot in ROBOTS}
    for url in ADDRESSES.values():
        found = detect(url)
        assert found is not None
        name, config = found
        offered[name].credential.model_validate(config)


def test_the_first_of_several_is_taken() -> None:
    text = " ".join(ADDRESSES[name] for name in ("dingtalk-robot", "lark-robot"))
    assert detect(text) == ("dingtalk-robot", {"webhook_url": ADDRESSES["dingtalk-robot"]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://open.larksuite.com/open-apis/bot/v2/hook/",
        "https://open.larksuite.com/open-apis/bot/hook/0a1b2c3d",
        "ftp://open.larksuite.com/open-apis/bot/v2/hook/0a1b2c3d",
        "open.larksuite.com/open-apis/bot/v2/hook/0a1b2c3d",
        "https://oapi.dingtalk.com/robot/send?access_token=",
        "https://hooks.slack.com/services/T0/B0/x",
    ],
)
def test_anything_else_is_not_a_robot(text: str) -> None:
    assert detect(text) is None
    assert masked(text) == "…"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://lark.corp.example/open-apis/bot/v2/hook/0a1b2c3d", "lark-robot"),
        ("https://open.larksuite.corp.example/open-apis/bot/v2/hook/0a1b2c3d", "lark-robot"),
        ("https://feishu.corp.example:8443/open-apis/bot/v2/hook/0a1b2c3d", "feishu-robot"),
        ("https://im.corp.example/apps/im/open-apis/bot/v2/hook/0a1b2c3d", "feishu-robot"),
        ("http://127.0.0.1:8091/open-apis/bot/v2/hook/demo-robot", "feishu-robot"),
        ("http://[::1]:8091/robot/send?access_token=0a1b2c3d", "dingtalk-robot"),
        ("https://oapi.ding.corp.example/robot/send?access_token=0a1b2c3d", "dingtalk-robot"),
    ],
)
def test_a_private_deployment_is_known_by_its_paths(url: str, name: str) -> None:
    assert detect(f"Webhook: {url} (on call)") == (name, {"webhook_url": url})
    assert masked(url) == url.replace("0a1b2c3d", "…").replace("demo-robot", "…")
    offered = {robot.name: channel_type(robot) for robot in ROBOTS}
    offered[name].credential.model_validate({"webhook_url": url})


def test_the_platforms_own_address_goes_before_a_private_one() -> None:
    private = "https://im.corp.example/robot/send?access_token=0a1b2c3d"
    own = ADDRESSES["feishu-robot"]
    assert detect(f"{own} {private}") == ("feishu-robot", {"webhook_url": own})
    assert detect(f"{private} {own}") == ("dingtalk-robot", {"webhook_url": private})


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert detect(text) is None


def test_only_the_tail_of_a_token_is_shown() -> None:
    url = "https://open.feishu.cn/open-apis/bot/v2/hook/"
    assert masked(ADDRESSES["feishu-robot"]) == url + "…nary"
    assert masked(url + "short-one") == url + "…"
    assert masked(ADDRESSES["dingtalk-robot"]).endswith("/robot/send?access_token=…cd34")
