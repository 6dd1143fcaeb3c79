"""What differs between the brands of one protocol: values, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Platform:
    """One brand.

    Attributes:
        name: The channel type's name.
        titles: Its name for people by language.
        api_base: Where its OpenAPI lives; the developer console is beside it under `/app`.
        accounts_base: Where people log in.
        applink_base: Where links into its client lead.
        docs_base: Where its documentation lives.
        twin: The other brand, where an application may have been made by mistake.
        unavailable: Permissions that it does not offer.
        zone: The time zone in which its days and months begin.
        monthly_quota: Calls a month by edition; 0 is no limit.
    """

    name: str
    titles: Mapping[str, str]
    api_base: str
    accounts_base: str
    applink_base: str
    docs_base: str
    twin: str
    unavailable: frozenset[str] = frozenset()
    zone: str = "Asia/Shanghai"
    monthly_quota: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"free": 10_000, "paid": 0})
    )

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that the gateway itself calls."""
        return frozenset({_host(self.api_base), _host(self.accounts_base)})

    @property
    def allowlist_hosts(self) -> tuple[str, ...]:
        """The hosts that a closed network has to let its people reach."""
        bases = (self.api_base, self.accounts_base, self.applink_base)
        return tuple(_host(base) for base in bases)

    def title(self, locale: str) -> str:
        """Return the brand's name in a language, or in English."""
        return self.titles.get(locale, self.titles["en"])


def console_url(api_base: str, app_id: str, page: str = "") -> str:
    """Return a page of the developer console, also of a private deployment."""
    path = f"/app/{app_id}/{page}" if page else f"/app/{app_id}"
    return api_base.rstrip("/") + path


def quick_add_url(api_base: str, app_id: str, scopes: tuple[str, ...]) -> str:
    """Return the page that adds these permissions; the console wants the marks unencoded."""
    query = f"q={','.join(scopes)}&op_from=openapi&token_type=tenant"
    return f"{console_url(api_base, app_id, 'auth')}?{query}"


def _host(base: str) -> str:
    return base.removeprefix("https://")


LARK = Platform(
    name="lark",
    titles=MappingProxyType({"en": "Lark", "zh-CN": "Lark"}),
    api_base="https://open.larksuite.com",
    accounts_base="https://accounts.larksuite.com",
    applink_base="https://applink.larksuite.com",
    docs_base="https://open.larksuite.com/document",
    twin="Feishu",
    unavailable=frozenset({"docs:document.media:upload"}),
)
