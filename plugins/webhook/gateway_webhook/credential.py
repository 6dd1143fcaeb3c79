"""What an admin fills in for a group robot, and where to find it."""

import functools
import re
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    create_model,
    field_validator,
)

HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?"
"""A name or an address, as a regular expression; the way out judges which it may be."""
_GROUP = "The group, More, Group Robots, your robot"
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\Z")
_LONGEST_KEYWORD = 100


def described(
    default: Any,  # noqa: ANN401 - as pydantic's own Field
    title: str,
    zh: str,
    description: str,
    **extra: JsonValue,
) -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Return a field with everything a form has to say about it."""
    more: dict[str, JsonValue] = {"title_zh": zh, **extra}
    return Field(default, title=title, description=description, json_schema_extra=more)


class RobotCredential(BaseModel):
    """The configuration of a group robot."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    webhook_url: SecretStr = described(
        ...,
        "Webhook URL",
        "Webhook 地址",
        "The robot's address; whoever has it can speak in the group.",
        where=_GROUP,
    )
    secret: SecretStr | None = described(
        None,
        "Signing secret",
        "签名密钥",
        "Needed where the robot's security settings ask for a signature.",
        where=_GROUP,
    )
    keyword: str | None = described(
        None,
        "Keyword",
        "关键词",
        "Needed where the robot's security settings ask for one; it is added to a card that "
        "lacks it.",
        where=_GROUP,
    )

    @property
    def secrets(self) -> Collection[str]:
        """What must never be shown: the address's token, and what signs."""
        url = self.webhook_url.get_secret_value()
        token = _TOKEN.search(url)
        secret = self.secret.get_secret_value() if self.secret else ""
        return tuple(filter(None, (token.group() if token else url, secret)))

    @field_validator("secret", "keyword", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        stripped = value.strip() if isinstance(value, str) else value
        return None if stripped == "" else stripped

    @field_validator("keyword")
    @classmethod
    def _a_word(cls, value: str | None) -> str | None:
        if value is not None and (len(value) > _LONGEST_KEYWORD or not value.isprintable()):
            raise ValueError(f"A keyword is a text of at most {_LONGEST_KEYWORD} characters.")
        return value


def credential_for(title: str, address: str, wanted: str) -> type[RobotCredential]:
    """Return the configuration of a brand's robot.

    Args:
        title: The robot's name.
        address: What its address looks like, as a regular expression.
        wanted: The same in words.
    """
    checked = AfterValidator(functools.partial(_addressed, re.compile(address), wanted))
    base = RobotCredential.model_fields["webhook_url"]
    own = described(..., base.title or "", "Webhook 地址", f"{base.description} {wanted}")
    name = f"{title.title().replace(' ', '')}Credential"
    return create_model(
        name, __base__=RobotCredential, webhook_url=(Annotated[SecretStr, checked], own)
    )


def _addressed(address: re.Pattern[str], wanted: str, value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if not address.fullmatch(url):
        raise ValueError(wanted)
    return SecretStr(url)
