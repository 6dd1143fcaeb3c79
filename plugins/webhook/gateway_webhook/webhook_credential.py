"""What an admin fills in for a webhook."""

import base64
import binascii
import re

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from gateway.plugin import check_headers

from .credential import HOST, described

_URL = re.compile(rf"https?://{HOST}(?:[/?][^\s#\\\x00-\x1f\x7f]*)?")
_LONGEST_URL = 2048
_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
_MOST_HEADERS = 20
_LONGEST_HEADER = 4096
_LONGEST_NAME = 128
_OWN_PREFIX = "webhook-"


class WebhookCredential(BaseModel):
    """The configuration of a webhook."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = described(
        ..., "URL", "地址", "Where events are posted: https, and an address on the internet."
    )
    secret: SecretStr = described(
        ...,
        "Signing secret",
        "签名密钥",
        "Signs every event: whsec_ and 24 to 64 random bytes in base64, known to the receiver.",
    )
    headers: dict[str, SecretStr] = described(
        {},
        "Headers",
        "请求头",
        "Sent with every event, such as Authorization; their values are kept secret.",
        writeOnly=True,
    )

    @field_validator("url")
    @classmethod
    def _a_url(cls, value: str) -> str:
        value = value.strip()
        if len(value) > _LONGEST_URL or not _URL.fullmatch(value):
            raise ValueError("A webhook's URL is https:// and a host, without a fragment.")
        return value

    @field_validator("secret")
    @classmethod
    def _a_secret(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        if not secret.startswith(_PREFIX) or _bytes_in(secret) not in _SECRET_BYTES:
            raise ValueError("A signing secret is whsec_ and 24 to 64 random bytes in base64.")
        return SecretStr(secret)

    @field_validator("headers")
    @classmethod
    def _own_headers(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if len(value) > _MOST_HEADERS:
            raise ValueError(f"There are at most {_MOST_HEADERS} headers.")
        if len({name.lower() for name in value}) < len(value):
            raise ValueError("A header is given twice.")
        for name, secret in value.items():
            _check_header(name, secret.get_secret_value())
        return value


def _bytes_in(secret: str) -> int:
    text = secret.removeprefix(_PREFIX)
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        return 0


def _check_header(name: str, value: str) -> None:
    """Refuse what the gateway refuses of any channel, and what this one says itself.

    The sentence may be shown, so it never holds the value.
    """
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"A header's name has at most {_LONGEST_NAME} characters.")
    check_headers({name: value})
    if name.lower() == "content-type" or name.lower().startswith(_OWN_PREFIX):
        raise ValueError(f"The header {name} is the gateway's own to set.")
    if len(value) > _LONGEST_HEADER:
        raise ValueError(f"The header {name} has at most {_LONGEST_HEADER} characters.")
