"""Feishu: the same protocol as Lark's, on the hosts of mainland China."""

from gateway.plugin import ChannelType, hookimpl
from gateway_lark import Platform, channel_type

FEISHU = Platform(
    name="feishu",
    titles={"en": "Feishu", "zh-CN": "飞书"},
    api_base="https://open.feishu.cn",
    accounts_base="https://accounts.feishu.cn",
    applink_base="https://applink.feishu.cn",
    docs_base="https://open.feishu.cn/document",
    twin="Lark",
)


@hookimpl
def channel_types() -> list[ChannelType]:
    """Offer Feishu."""
    return [channel_type(FEISHU)]
