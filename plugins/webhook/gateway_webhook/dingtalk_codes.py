# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""What a DingTalk robot's codes mean (documentation: "Custom robot access", error codes)."""

from dataclasses import dataclass

from gateway.plugin import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
)

_ADDRESS = "Copy the webhook address again."
_SECRET = "Copy the signing secret again and check the clock."  # noqa: S105 - advice, no secret
_KEYWORD = "Set the keyword in the channel's configuration."
_NETWORK = "Add the gateway's address in the robot's settings."


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means for a delivery.

    Attributes:
        code: The `errcode` of an answer.
        error: What happens next.
        en: One sentence for an admin.
        zh: The same in Chinese.
        fix: What mends it.
        phrases: One of them is in the answer's text, in lower case; empty: whatever it says.
    """

    code: str
    error: type[DeliveryError]
    en: str
    zh: str
    fix: str = ""
    phrases: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What it means and what mends it."""
        return f"{self.en} {self.fix}".strip()


def find(code: str, said: str) -> Code | None:
    """Return the first row that fits a code and what was said with it."""
    text = said.lower()
    rows = (row for row in CODES if row.code == code)
    return next((row for row in rows if not row.phrases or _any(row.phrases, text)), None)


def _any(phrases: tuple[str, ...], text: str) -> bool:
    return any(phrase in text for phrase in phrases)


_UNKNOWN = (
    "The robot was removed, or its address is wrong.",
    "机器人已被移除或 Webhook 地址错误。",
)
_STOPPED = ("The robot was stopped.", "机器人已停用。")
_TOO_FAST = (
    "The robot spoke more than 20 times in a minute and is silent for ten.",
    "机器人每分钟发送超过 20 条消息，被限流十分钟。",
)
_TOO_LONG = ("The message is too long.", "消息超出长度限制。")
_UNSAFE = ("The platform's review refused the content.", "内容未通过平台安全检测。")
_MALFORMED = ("The platform found the message malformed.", "消息格式错误。")

CODES: tuple[Code, ...] = (
    Code("-1", TemporaryError, "The platform is busy.", "系统繁忙。"),
    Code(
        "310000",
        ContentError,
        "The message holds none of the robot's keywords.",
        "消息不包含机器人的关键词。",
        _KEYWORD,
        ("keyword", "关键词"),
    ),
    Code(
        "310000",
        CredentialError,
        "The robot refused the signature.",
        "签名校验失败。",
        _SECRET,
        ("sign", "timestamp", "签名", "时间戳"),
    ),
    Code(
        "310000",
        ScopeMissingError,
        "The robot's IP allow-list does not hold the gateway's address.",
        "网关的出口 IP 不在机器人的白名单中。",
        _NETWORK,
        ("whitelist", "白名单", "ip "),
    ),
    Code(
        "310000",
        CredentialError,
        "The robot's security settings refused the message.",
        "机器人安全设置校验失败。",
        "Compare signature, keyword and IP allow-list with the channel's configuration.",
    ),
    Code("300001", CredentialError, *_UNKNOWN, _ADDRESS, ("token",)),
    Code(
        "300001",
        ContentError,
        "The message holds none of the robot's keywords.",
        "消息不包含机器人的关键词。",
        _KEYWORD,
        ("keyword", "关键词"),
    ),
    Code("300001", ContentError, *_MALFORMED),
    *(Code(code, CredentialError, *_UNKNOWN, _ADDRESS) for code in ("300005", "400101", "400106")),
    Code("400102", CredentialError, *_STOPPED, "Switch it on in the group's settings."),
    Code("400013", ChannelGoneError, "The group was dissolved.", "群聊已解散。"),
    *(Code(code, ContentError, *_MALFORMED) for code in ("400105", "40035", "43004")),
    *(Code(code, RateLimitedError, *_TOO_FAST) for code in ("130101", "410100", "660026")),
    *(Code(code, ContentError, *_TOO_LONG) for code in ("460101", "101002")),
    *(Code(code, ContentError, *_UNSAFE) for code in ("430101", "430102", "430103", "430104")),
)
