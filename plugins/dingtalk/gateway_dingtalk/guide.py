"""The setup guide: what an admin does on the platform, with everything there is to paste."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from gateway.plugin import GuideBlock, GuideRequest, GuideScope, GuideStep, SetupGuide

from . import guide_text as text
from .cards import VARIABLES
from .editions import CARD_PLATFORM, CONSOLE, Edition, apply_url
from .login import LOGIN_BASE
from .scopes import Scope, scopes_for

MINUTES = 20
VERSION = "1.0.0"
REDIRECT_PATHS = ("", "/workbench", "/login", "/oauth2/callback", "/person/inviteToGroup")
_SKIPPED_WITHOUT: Mapping[str, frozenset[str]] = {"template": frozenset({"cards", "callbacks"})}


def write(edition: Edition, request: GuideRequest) -> SetupGuide:
    """Write the guide for one channel; it names no secret."""
    return _Writer(edition, request).guide()


class _Writer:
    """Writes one guide: holds what each of its parts needs to know."""

    def __init__(self, edition: Edition, request: GuideRequest) -> None:
        self.edition = edition
        self.request = request
        self.app_key = str(request.config.get("app_key") or "")
        self.by_notice = request.config.get("person_messages") == "work_notice"
        self.scopes = scopes_for(request.features)

    def guide(self) -> SetupGuide:
        return SetupGuide(
            performer=self._say(text.PERFORMER),
            minutes=MINUTES,
            steps=tuple(self._step(id_) for id_ in text.STEPS if self._wanted(id_)),
            homepage_url=self.request.homepage_url,
            callback_url=self.request.callback_url,
            redirect_urls=tuple(self._redirect(path) for path in REDIRECT_PATHS),
            trusted_domains=(_origin(self.request.homepage_url),),
            scopes=tuple(map(self._scope, self.scopes)),
            scopes_json={"scopes": {"tenant": sorted(s.name for s in self.scopes), "user": []}},
            allowlist_hosts=self._hosts(),
        )

    def _wanted(self, step: str) -> bool:
        features = _SKIPPED_WITHOUT.get(step)
        return features is None or bool(features & self.request.features)

    def _step(self, id_: str) -> GuideStep:
        words = text.STEPS[id_]
        blocks = _BLOCKS[id_](self)
        return GuideStep(id_, self._say(words.title), self._say(words.body), blocks)

    def _say(self, words: text.Words, **values: str) -> str:
        locale = self.request.locale
        brand = self.edition.title("zh-CN" if text.is_chinese(locale) else "en")
        return words.in_(locale, brand=brand, version=VERSION, **values)

    def create_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("link", CONSOLE, self._say(text.CONSOLE)),)

    def chatbot_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", self.request.callback_url, self._say(text.MESSAGES)),)

    def homepage_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", self.request.homepage_url, self._say(text.HOMEPAGE)),)

    def permission_blocks(self) -> tuple[GuideBlock, ...]:
        return tuple(map(self._permission, self.scopes))

    def template_blocks(self) -> tuple[GuideBlock, ...]:
        contract = "\n".join(f"{name}: {kind}" for name, kind in VARIABLES.items())
        layout = [GuideBlock("note", self._say(words)) for words in text.LAYOUT]
        return (
            GuideBlock("link", CARD_PLATFORM, self._say(text.CARD_PLATFORM)),
            *self._template_file(),
            GuideBlock("text", contract, self._say(text.VARIABLES)),
            *layout,
        )

    def _template_file(self) -> tuple[GuideBlock, ...]:
        url = self.request.card_template_url
        if url is None:
            return ()
        return (
            GuideBlock("link", url, self._say(text.TEMPLATE_FILE)),
            GuideBlock("note", self._say(text.TEMPLATE_UNPROVED)),
        )

    def release_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", VERSION, self._say(text.VERSION_NOTE)),)

    def credential_blocks(self) -> tuple[GuideBlock, ...]:
        unasked = frozenset() if self.by_notice else self.edition.for_notices
        asked = self.edition.credential.model_fields.keys() - unasked
        words = (text.FIELDS[name] for name in text.FIELDS if name in asked)
        return tuple(GuideBlock("note", self._say(each)) for each in words)

    def check_blocks(self) -> tuple[GuideBlock, ...]:
        quota = text.QUOTA if self.edition.monthly_quota else text.CONTRACT
        return (
            GuideBlock("note", self._say(text.NETWORK, hosts=", ".join(self._hosts()))),
            GuideBlock("note", self._say(text.IP)),
            GuideBlock("note", self._say(quota, quota=f"{self.edition.monthly_quota:,}")),
            *([GuideBlock("note", self._say(text.NOTICES))] if self.by_notice else []),
        )

    def _permission(self, scope: Scope) -> GuideBlock:
        """Return a permission under the name that the console shows, with the page that adds it."""
        chinese = text.is_chinese(self.request.locale)
        title = f"{scope.title_zh if chinese else scope.title} ({scope.name})"
        if not self.app_key:
            return GuideBlock("text", scope.name, title)
        return GuideBlock("link", apply_url(self.app_key, scope.name), title)

    def _scope(self, scope: Scope) -> GuideScope:
        chinese = text.is_chinese(self.request.locale)
        reason = scope.reason_zh if chinese else scope.reason
        feature = next(name for name in scope.features if name in self.request.features)
        return GuideScope(scope.name, reason, scope.doc_url, feature)

    def _redirect(self, path: str) -> str:
        return self.request.homepage_url.rstrip("/") + path

    def _hosts(self) -> tuple[str, ...]:
        """Name our own host, and the platform's, also of a private deployment."""
        fields = self.edition.credential.model_fields
        bases = (
            str(self.request.config.get(name) or fields[name].default)
            for name in ("api_base", "oapi_base")
        )
        login = (LOGIN_BASE,) if "login" in self.request.features else ()
        urls = (self.request.homepage_url, *bases, *login, CONSOLE)
        return tuple(dict.fromkeys(urlsplit(url).netloc for url in urls))


_BLOCKS: Mapping[str, Callable[[_Writer], tuple[GuideBlock, ...]]] = {
    "create": _Writer.create_blocks,
    "chatbot": _Writer.chatbot_blocks,
    "homepage": _Writer.homepage_blocks,
    "permissions": _Writer.permission_blocks,
    "template": _Writer.template_blocks,
    "release": _Writer.release_blocks,
    "credentials": _Writer.credential_blocks,
    "check": _Writer.check_blocks,
}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
