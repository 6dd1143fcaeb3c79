"""What differs between the editions of one protocol: values, nothing else.

Both speak to the same hosts with the same tokens. Dedicated government DingTalk is another
product with other hosts and signatures, and no edition of this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from .credential import (
    API_BASE,
    OAPI_BASE,
    DingTalkCredential,
    ExclusiveCredential,
    StandardCredential,
)

CONSOLE = "https://open-dev.dingtalk.com"
CARD_PLATFORM = f"{CONSOLE}/fe/card"
DOCS = "https://open.dingtalk.com/document/orgapp"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition.

    Attributes:
        name: The channel type's name.
        titles: Its name for people by language.
        calls_per_second: What one application may call of each API.
        monthly_quota: Counted calls a month; 0 where a contract sets it.
        credential: The configuration it asks for.
        identity_kinds: What a manual binding may be, the usual one first.
        look_up: What a look-up by mobile number asks for besides the number.
        by_login_id: Whether people without a mobile number are known by their login id.
        for_notices: Fields of the configuration that only work notices need.
        zone: The time zone in which its months begin.
    """

    name: str
    titles: Mapping[str, str]
    calls_per_second: int
    monthly_quota: int
    credential: type[DingTalkCredential]
    identity_kinds: tuple[str, ...]
    look_up: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    by_login_id: bool = False
    for_notices: frozenset[str] = frozenset()
    zone: str = "Asia/Shanghai"

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that the gateway itself calls."""
        return frozenset({host_of(API_BASE), host_of(OAPI_BASE)})

    def title(self, locale: str) -> str:
        """Return the edition's name in a language, or in English."""
        return self.titles.get(locale, self.titles["en"])


STANDARD = Edition(
    name="dingtalk",
    titles=MappingProxyType({"en": "DingTalk", "zh-CN": "钉钉"}),
    calls_per_second=20,
    monthly_quota=5000,
    credential=StandardCredential,
    identity_kinds=("user_id", "union_id"),
)
EXCLUSIVE = Edition(
    name="dingtalk-exclusive",
    titles=MappingProxyType({"en": "DingTalk Exclusive", "zh-CN": "专属钉钉"}),
    calls_per_second=60,
    monthly_quota=0,
    credential=ExclusiveCredential,
    identity_kinds=("user_id", "union_id", "login_id"),
    look_up=MappingProxyType({"support_exclusive_account_search": True}),
    by_login_id=True,
    for_notices=frozenset({"agent_id"}),
)
EDITIONS = (STANDARD, EXCLUSIVE)


def host_of(base: str) -> str:
    """Return the host of an address."""
    return urlsplit(base).hostname or ""


def apply_url(app_key: str, point: str) -> str:
    """Return the console's page that grants an application one permission."""
    return f"{CONSOLE}/appscope/apply?content={quote(f'{app_key}#{point}', safe='')}"
