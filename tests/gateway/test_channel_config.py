"""What of an address can be told when it is saved, without a look-up."""

from ipaddress import ip_network

import pytest

from gateway.channel_config import Networks, judge
from gateway_feishu import FEISHU
from gateway_lark.channel import channel_type

CONFIG = {"app_id": "cli_0123456789abcdef"}
SECRETS = {"app_secret": "very-secret-value"}
HERE = ("127.0.0.0/8", "::1/128")


def refusals(base: str, *allow: str) -> list[str]:
    networks: Networks = tuple(map(ip_network, allow))
    found = judge(channel_type(FEISHU), {**CONFIG, "api_base": base}, SECRETS, networks)
    assert all(each["loc"] == ["body", "config", "api_base"] for each in found.errors)
    return [each["message"] for each in found.errors]


@pytest.mark.parametrize(
    ("base", "allow"),
    [
        ("https://open.feishu.cn", ()),
        ("https://open.feishu.cn", HERE),
        ("http://127.0.0.1:8080", HERE),
        ("http://[::1]:8080", HERE),
        ("http://localhost:8080", HERE),
        ("http://lark.localhost:8080", HERE),
        ("http://10.1.2.3:8080", ("10.0.0.0/8",)),
        ("https://lark.corp.example", ("10.0.0.0/8",)),
        ("https://lark.corp.example", (*HERE, "10.0.0.0/8")),
        ("http://localhost:8080", ("0.0.0.0/0",)),
        ("http://open.feishu.cn", ("10.0.0.0/8",)),
    ],
)
def test_what_may_be_open_is_saved(base: str, allow: tuple[str, ...]) -> None:
    assert refusals(base, *allow) == []


@pytest.mark.parametrize(
    ("base", "allow", "sentence"),
    [
        ("https://lark.corp.example", (), "not one of the platform's own hosts"),
        ("https://lark.corp.example", HERE, "addresses of this machine only"),
        ("http://evil.example:8080", HERE, "addresses of this machine only"),
        ("http://open.feishu.cn", HERE, "takes https at its usual port"),
        ("https://open.feishu.cn:9000", HERE, "takes https at its usual port"),
        ("https://10.1.2.3", HERE, "not covered by GATEWAY_EGRESS_ALLOW"),
        ("https://8.8.8.8", ("10.0.0.0/8",), "not covered by GATEWAY_EGRESS_ALLOW"),
        ("http://127.0.0.1:8080", ("10.0.0.0/8",), "not covered by GATEWAY_EGRESS_ALLOW"),
        ("http://localhost:8080", ("10.0.0.0/8",), "not covered by GATEWAY_EGRESS_ALLOW"),
        ("http://localhost.:8080", ("10.0.0.0/8",), "not"),
    ],
)
def test_what_can_never_be_open_is_refused_when_it_is_saved(
    base: str, allow: tuple[str, ...], sentence: str
) -> None:
    [said] = refusals(base, *allow)
    assert sentence in said


def test_behind_a_proxy_names_are_the_proxys_matter() -> None:
    config = {**CONFIG, "api_base": "https://lark.corp.example", "proxy": "http://127.0.0.1:3128"}
    networks: Networks = tuple(map(ip_network, HERE))
    assert judge(channel_type(FEISHU), config, SECRETS, networks).errors == ()
