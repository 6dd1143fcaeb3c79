"""What an admin fills in, and where to find it."""

import re
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    create_model,
    field_validator,
)

from .platform import Platform

_APP_ID = re.compile(r"cli_[A-Za-z0-9]{6,64}")
_BASE = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._\-/]*)?")
_BASICS = "Developer console, your application, Credentials & Basic Info"
_EVENTS = "Developer console, your application, Events & Callbacks, Encryption Strategy"


def _field(default: Any, title: str, zh: str, description: str, where: str) -> Any:  # noqa: ANN401 - as pydantic's own Field
    extra: dict[str, JsonValue] = {"title_zh": zh, "where": where}
    return Field(default, title=title, description=description, json_schema_extra=extra)


class LarkCredential(BaseModel):
    """The configuration of a Lark or Feishu channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    app_id: str = _field(
        ..., "App ID", "App ID", "The custom application's id; it begins with cli_.", _BASICS
    )
    app_secret: SecretStr = _field(
        ..., "App Secret", "App Secret", "The custom application's secret.", _BASICS
    )
    organization: str | None = _field(
        None,
        "Organization name",
        "企业名称",
        "Your organisation's name. When given, a check fails if the application is of another.",
        "Developer console, profile picture, Personal Center",
    )
    encrypt_key: SecretStr | None = _field(
        None,
        "Encrypt Key",
        "Encrypt Key",
        "Encrypts and signs callbacks. Needed for buttons that report back.",
        _EVENTS,
    )
    verification_token: SecretStr | None = _field(
        None,
        "Verification Token",
        "Verification Token",
        "Proves that a callback comes from the platform.",
        _EVENTS,
    )
    edition: Literal["free", "paid"] = _field(
        "free",
        "Edition",
        "版本",
        "Free editions allow 10,000 calls a month for all custom applications together. "
        "Stay with free when unsure: a quota is kept that may not exist, but the "
        "organisation's other applications are never cut off.",
        "Admin console, billing",
    )
    api_base: str = _field(
        ...,
        "API base address",
        "API 地址",
        "The platform's address; change it for a private deployment only.",
        "The admin of the private deployment",
    )

    @field_validator("app_id")
    @classmethod
    def _an_app_id(cls, value: str) -> str:
        value = value.strip()
        if not _APP_ID.fullmatch(value):
            raise ValueError("An App ID is cli_ followed by 6 to 64 letters and digits.")
        return value

    @field_validator("app_secret")
    @classmethod
    def _a_secret(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        if not secret:
            raise ValueError("The App Secret is empty.")
        return SecretStr(secret)

    @field_validator("organization", "encrypt_key", "verification_token", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        stripped = value.strip() if isinstance(value, str) else value
        return None if stripped == "" else stripped

    @field_validator("api_base")
    @classmethod
    def _a_base(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if not _BASE.fullmatch(value):
            raise ValueError(
                "The API base address is https:// and a host, such as https://open.example.com."
            )
        return value


def credential_for(platform: Platform) -> type[LarkCredential]:
    """Return the configuration with the brand's own address as its default."""
    base = LarkCredential.model_fields["api_base"]
    own = _field(
        platform.api_base,
        base.title or "",
        "API 地址",
        base.description or "",
        "The admin of the private deployment",
    )
    name = f"{platform.titles['en']}Credential"
    return create_model(name, __base__=LarkCredential, api_base=(str, own))
