# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""The words of the pages under `/app/`, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["unknown_channel", "channel_disabled", "enabled"]


@dataclass(frozen=True, slots=True)
class PageWords:
    """One page: what is the matter, why, whom to ask, and what there is to do."""

    title: str
    text: str
    ask: str
    action: str = ""


_ASK = (
    "Ask the administrator of your organization who set up this application, and tell them the "
    "code below."
)
_ASK_ZH = "请联系贵企业配置此应用的管理员，并告知下方的代码。"

PAGES: Mapping[State, Mapping[str, PageWords]] = {
    "unknown_channel": {
        "en": PageWords(
            "This application is not connected",
            "Nothing is set up under this address. Either the address was not copied as a whole, "
            "or the connection was removed.",
            _ASK,
        ),
        "zh-CN": PageWords(
            "此应用尚未连接",
            "该地址下没有任何配置：可能地址复制不完整，或连接已被删除。",
            _ASK_ZH,
        ),
    },
    "channel_disabled": {
        "en": PageWords(
            "This application is not in effect yet",
            "The connection is saved but not enabled: no notification is sent before an "
            "administrator has enabled the channel.",
            _ASK,
        ),
        "zh-CN": PageWords(
            "此应用尚未生效",
            "连接已保存但尚未启用：管理员启用渠道之前，不会发送任何通知。",
            _ASK_ZH,
        ),
    },
    "enabled": {
        "en": PageWords(
            "This application is in effect",
            "Your notifications arrive as messages of the application's bot. Unless you miss some, "
            "there is nothing to do here; you may close this page.",
            "If you miss a notification, ask the administrator of your organization who set up "
            "this application.",
            "Log in to receive notifications here",
        ),
        "zh-CN": PageWords(
            "此应用已生效",
            "通知会以应用机器人消息的形式送达。如未缺少通知，此处无需任何操作，可以关闭本页面。",
            "如未收到通知，请联系贵企业配置此应用的管理员。",
            "登录以在此接收通知",
        ),
    },
}
