from pathlib import Path

import gateway_feishu
from gateway_feishu import FEISHU, channel_types
from gateway_lark import LARK
from gateway_lark.channel import LarkChannel


def test_feishu_is_one_value_of_the_same_protocol() -> None:
    (offered,) = channel_types()
    assert offered.name == "feishu"
    assert offered.titles == {"en": "Feishu", "zh-CN": "飞书"}
    assert offered.channel is LarkChannel
    assert offered.hosts == {"open.feishu.cn", "accounts.feishu.cn"}


def test_nothing_of_the_two_brands_is_shared_but_the_protocol() -> None:
    assert not FEISHU.hosts & LARK.hosts
    assert not {*FEISHU.allowlist_hosts} & {*LARK.allowlist_hosts}
    assert (FEISHU.twin, LARK.twin) == ("Lark", "Feishu")


def test_a_brand_costs_a_value_and_a_hook() -> None:
    source = Path(gateway_feishu.__file__).read_text()
    assert "class " not in source
    assert " if " not in source
    assert len(source.splitlines()) <= 30
