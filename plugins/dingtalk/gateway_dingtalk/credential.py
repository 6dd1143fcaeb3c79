# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""What an admin fills in, and where to find it."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    ValidationInfo,
    field_validator,
)

API_BASE = "https://api.dingtalk.com"
OAPI_BASE = "https://oapi.dingtalk.com"

_BASE = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._\-/]*)?")
_NAME = re.compile(r"[A-Za-z0-9._\-]{1,128}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_ANOTHER_PRODUCT = ("dg-work.cn", "ding.zj.gov.cn")
_BASICS = "Developer console, your application, Credential and Basic Information"
_DEPLOYMENT = "The admin of the private deployment or of the proxy"


def _field(
    default: Any,  # noqa: ANN401 - as pydantic's own Field
    title: str,
    zh: str,
    description: str,
    where: str,
    **more: JsonValue,
) -> Any:  # noqa: ANN401 - as pydantic's own Field
    extra: dict[str, JsonValue] = {"title_zh": zh, "where": where, **more}
    return Field(default, title=title, description=description, json_schema_extra=extra)


class DingTalkCredential(BaseModel):
    """The configuration that every edition asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    app_key: str = _field(
        ..., "AppKey", "AppKey", "The application's key, also called Client ID.", _BASICS
    )
    app_secret: SecretStr = _field(
        ...,
        "AppSecret",
        "AppSecret",
        "The application's secret, also called Client Secret. Upper and lower case matter.",
        _BASICS,
    )
    robot_code: str = _field(
        ...,
        "Chatbot code",
        "机器人编码",
        "The code of the application's chatbot; the same as the AppKey for most applications.",
        "Developer console, your application, Chatbot",
    )
    card_template_id: str | None = _field(
        None,
        "Card template ID",
        "卡片模板 ID",
        "The published template of your cards; it ends with .schema. Without one, notifications "
        "go out as the chatbot's own messages, without buttons that report back.",
        "Card Platform, Templates",
    )
    agent_id: str | None = _field(
        None,
        "Agent ID",
        "AgentId",
        "The number of the application in your organisation. Work notices need it, and a check "
        "finds the application by it.",
        _BASICS,
        description_zh="应用在企业内的编号。发送工作通知时必填，检查时也用于查找应用。",
    )
    person_messages: Literal["robot", "work_notice"] = _field(
        "robot",
        "Plain messages to people",
        "普通消息的发送方式",
        "How notifications without buttons that report back reach people. robot: in their chat "
        "with the chatbot, 20 people in one call. work_notice: in Work Notifications, 100 people "
        "in one call, and one call more to learn who got it; a text is shortened to 2,048 bytes.",
        "Your choice",
        description_zh="没有回传按钮的通知如何送达成员。robot：机器人单聊，每次调用 20 人。"
        "work_notice：工作通知，每次调用 100 人，另需一次调用查询送达结果；"
        "内容超过 2048 字节会被截短。",
    )
    api_base: str = _field(
        API_BASE,
        "API base address",
        "API 地址",
        "The address of the new API; change it for a private deployment only.",
        _DEPLOYMENT,
    )
    oapi_base: str = _field(
        OAPI_BASE,
        "Old API base address",
        "旧版 API 地址",
        "The address of the old API, which finds people; change it for a private deployment only.",
        _DEPLOYMENT,
    )

    @field_validator("app_id", "agent_id", "card_template_id", mode="before", check_fields=False)
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        stripped = value.strip() if isinstance(value, str) else value
        return None if stripped == "" else stripped

    @field_validator("app_id", "app_key", "robot_code", "card_template_id", check_fields=False)
    @classmethod
    def _a_name(cls, value: str | None) -> str | None:
        stripped = value.strip() if value is not None else None
        if stripped is not None and not _NAME.fullmatch(stripped):
            raise ValueError("It has 1 to 128 letters, digits and the marks . _ - only.")
        return stripped

    @field_validator("agent_id")
    @classmethod
    def _a_number(cls, value: str | None) -> str | None:
        if value is not None and not _NUMBER.fullmatch(value):
            raise ValueError("An Agent ID has digits only.")
        return value

    @field_validator("person_messages")
    @classmethod
    def _with_an_agent(cls, value: str, info: ValidationInfo) -> str:
        if value == "work_notice" and info.data.get("agent_id", "") is None:
            raise ValueError("Work notices need the Agent ID of the application.")
        return value

    @field_validator("app_secret")
    @classmethod
    def _a_secret(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        if not secret or not secret.isascii() or not secret.isprintable():
            raise ValueError("The AppSecret is empty, or holds marks that no secret has.")
        return SecretStr(secret)

    @field_validator("api_base", "oapi_base")
    @classmethod
    def _a_base(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if not _BASE.fullmatch(value):
            raise ValueError(
                "An API base address is https:// and a host, such as https://api.example.com."
            )
        if (urlsplit(value).hostname or "").endswith(_ANOTHER_PRODUCT):
            raise ValueError(
                "This is the government edition of DingTalk, which has an API of its own: "
                "it is not supported."
            )
        return value


class _Application(BaseModel):
    app_id: str | None = _field(
        None,
        "App ID",
        "App ID",
        "The application's unified id. A check compares it; no call needs it.",
        _BASICS,
    )
    agent_id: str | None  # second in the form; what it is stands with the other fields


class StandardCredential(DingTalkCredential, _Application):
    """The configuration of the Standard edition, whose fields come first in the form."""


class ExclusiveCredential(DingTalkCredential):
    """The configuration of the Exclusive edition."""
