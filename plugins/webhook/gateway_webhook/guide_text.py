# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""The words of the setup guides, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "json", "link", "note"]


def is_chinese(locale: str) -> bool:
    """Tell whether an admin reads Chinese; everybody else reads English."""
    return locale.lower().startswith("zh")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; `{brand}` and `{name}` stand for themselves."""

    en: str
    zh: str

    def in_(self, locale: str, **values: str) -> str:
        """Return the text in a language."""
        return (self.zh if is_chinese(locale) else self.en).format(**values)


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step's title and body."""

    title: Words
    body: Words


ROBOT_PERFORMER = Words(
    "The owner or an administrator of the {brand} group", "{brand}群的群主或群管理员"
)
ROBOT_STEPS: Mapping[str, StepWords] = {
    "create": StepWords(
        Words("Add a custom robot to the group", "在群中添加自定义机器人"),
        Words(
            "In the group, click More in the upper right corner and choose Group Robots. Click "
            "Add Robot, choose Custom Robot, set a name and a description, and click Add.",
            "在群聊中点击右上角的“更多”，选择“群机器人”；点击“添加机器人”，"
            "选择“自定义机器人”，填写名称和描述后点击“添加”。",
        ),
    ),
    "security": StepWords(
        Words("Choose how it is protected", "选择安全设置"),
        Words(
            "Choose signature verification and fill its secret in here as the signing secret. "
            "With custom keywords, fill one of them in here; it is added to a card that lacks "
            "it. With an IP allow-list, add the address from which the gateway calls.",
            "建议选择“签名校验”（加签），并将密钥填写到此处的“签名密钥”；"
            "如使用自定义关键词，请将其中一个填写到此处，卡片缺少时会自动补上；"
            "如使用 IP 白名单，请加入网关的出口地址。",
        ),
    ),
    "address": StepWords(
        Words("Copy the webhook URL", "复制 Webhook 地址"),
        Words(
            "Copy the robot's webhook URL and paste it here. Whoever has it can speak in the "
            "group: it is kept as a secret.",
            "复制机器人的 Webhook 地址并粘贴到此处。任何持有该地址的人都能在群里发消息，"
            "因此会作为密钥保存。",
        ),
    ),
    "check": StepWords(
        Words("Check and enable", "检查并启用"),
        Words(
            "Run the check, which says nothing in the group, then enable the channel. Buttons "
            "of a robot open pages only; to let people answer in the chat, use a channel of an "
            "application instead.",
            "运行检查（不会在群里发消息），然后启用渠道。机器人的按钮只能打开网页；"
            "如需在聊天中直接处理，请改用应用渠道。",
        ),
    ),
}
ROBOT_DOCS = Words("The platform's page about custom robots", "平台文档：自定义机器人")
EXAMPLE = Words("What the URL looks like", "地址示例")
CALLED_HOST = Words("The gateway calls this host", "网关会访问该域名")

WEBHOOK_PERFORMER = Words("The developer of the receiver", "接收端的开发人员")
WEBHOOK_STEPS: Mapping[str, StepWords] = {
    "endpoint": StepWords(
        Words("Provide an address", "提供接收地址"),
        Words(
            "Let an https address on the internet take POST requests with a JSON body. Any "
            "answer of 2xx within 10 seconds means that the event was taken; every other is "
            "tried again for about a day, and 410 ends the channel.",
            "提供一个可从互联网访问的 https 地址，接收 JSON 格式的 POST 请求。"
            "10 秒内返回 2xx 表示已接收；其他结果会在约一天内重试，返回 410 则停用渠道。",
        ),
    ),
    "secret": StepWords(
        Words("Make a signing secret", "生成签名密钥"),
        Words(
            "Make a secret, give it to the receiver, and fill it in here.",
            "生成一个密钥，配置到接收端，并填写到此处。",
        ),
    ),
    "verify": StepWords(
        Words("Verify each event", "校验每个事件"),
        Words(
            "Verify the headers webhook-id, webhook-timestamp and webhook-signature with a "
            "library of Standard Webhooks, over the body exactly as it came. Pass over an event "
            "whose webhook-id was seen before: it is a repeat.",
            "使用 Standard Webhooks 的库，按原始请求体校验 webhook-id、webhook-timestamp 和 "
            "webhook-signature 请求头。webhook-id 重复的事件是重发，请忽略。",
        ),
    ),
    "check": StepWords(
        Words("Check and enable", "检查并启用"),
        Words(
            "Run the check: it posts an event of the type channel.check without content. Then "
            "enable the channel.",
            "运行检查：会发送一个类型为 channel.check 的空事件。然后启用渠道。",
        ),
    ),
}
MAKE_SECRET = Words("A command that makes one", "生成命令")
STANDARD = Words("Libraries for every language", "各语言的库")
SAMPLE = Words("An event", "事件示例")
