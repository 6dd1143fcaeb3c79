"""The setup guide: what an admin does on the platform, with everything there is to paste."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.plugin import GuideBlock, GuideRequest, GuideScope, GuideStep, SetupGuide

from . import guide_text as text
from .platform import Platform, console_url, quick_add_url
from .scopes import Scope, doc_url, scopes_for

MINUTES = 10
VERSION = "1.0.1"
REDIRECT_PATHS = ("", "/workbench", "/login", "/oauth2/callback", "/person/inviteToGroup")
_SKIPPED_WITHOUT: Mapping[str, frozenset[str]] = {
    "callbacks": frozenset({"callbacks"}),
    "contacts": frozenset({"resolve", "directory"}),
}


def write(platform: Platform, request: GuideRequest) -> SetupGuide:
    """Write the guide for one channel; it names no secret."""
    return _Writer(platform, request).guide()


class _Writer:
    """Writes one guide: holds what each of its parts needs to know."""

    def __init__(self, platform: Platform, request: GuideRequest) -> None:
        self.platform = platform
        self.request = request
        self.api_base = str(request.config.get("api_base") or platform.api_base).rstrip("/")
        self.app_id = str(request.config.get("app_id") or "")
        self.scopes = scopes_for(platform, request.features)

    def guide(self) -> SetupGuide:
        return SetupGuide(
            performer=self._say(text.PERFORMER),
            minutes=MINUTES,
            steps=tuple(self._step(id_) for id_ in text.STEPS if self._wanted(id_)),
            homepage_url=self.request.homepage_url,
            callback_url=self.request.callback_url,
            redirect_urls=self._redirect_urls(),
            trusted_domains=(_origin(self.request.homepage_url),),
            scopes=tuple(map(self._scope, self.scopes)),
            scopes_json=self._scopes_json(),
            quick_add_url=self._quick_add_url(),
            allowlist_hosts=self._hosts(),
        )

    def _wanted(self, step: str) -> bool:
        features = _SKIPPED_WITHOUT.get(step)
        return features is None or bool(features & self.request.features)

    def _step(self, id_: str) -> GuideStep:
        words = text.STEPS[id_]
        blocks = _BLOCKS.get(id_, _no_blocks)(self)
        return GuideStep(id_, self._say(words.title), self._say(words.body), blocks)

    def _say(self, words: text.Words, **values: str) -> str:
        locale = self.request.locale
        brand = self.platform.title("zh-CN" if locale.lower().startswith("zh") else "en")
        known = {"brand": brand, "name": self.platform.name, "version": VERSION}
        return words.in_(locale, **known, **values)

    def create_blocks(self) -> tuple[GuideBlock, ...]:
        console = f"{self.api_base}/app"
        robot = GuideBlock("note", self._say(text.ROBOT))
        return (GuideBlock("link", console, self._say(text.CONSOLE)), robot)

    def credential_blocks(self) -> tuple[GuideBlock, ...]:
        if not self.app_id:
            return ()
        page = console_url(self.api_base, self.app_id, "baseinfo")
        return (GuideBlock("link", page, self._say(text.CREDENTIALS)),)

    def homepage_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", self.request.homepage_url, self._say(text.HOMEPAGE)),)

    def permission_blocks(self) -> tuple[GuideBlock, ...]:
        link = self._quick_add_url()
        first = (
            GuideBlock("link", link, self._say(text.QUICK_ADD))
            if link
            else GuideBlock("note", self._say(text.AFTER_ID))
        )
        scopes = json.dumps(self._scopes_json(), indent=1)
        return (first, GuideBlock("json", scopes, self._say(text.IMPORT_JSON)))

    def security_blocks(self) -> tuple[GuideBlock, ...]:
        redirects = "\n".join(self._redirect_urls())
        trusted = _origin(self.request.homepage_url)
        return (
            GuideBlock("text", redirects, self._say(text.REDIRECTS)),
            GuideBlock("text", trusted, self._say(text.TRUSTED)),
        )

    def callback_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", self.request.callback_url, self._say(text.CALLBACK)),)

    def release_blocks(self) -> tuple[GuideBlock, ...]:
        return (GuideBlock("text", VERSION, self._say(text.VERSION_NOTE)),)

    def check_blocks(self) -> tuple[GuideBlock, ...]:
        hosts = ", ".join(self._hosts())
        return (
            GuideBlock("note", self._say(text.NETWORK, hosts=hosts)),
            GuideBlock("note", self._say(text.QUOTA)),
        )

    def _redirect_urls(self) -> tuple[str, ...]:
        return tuple(self.request.homepage_url.rstrip("/") + path for path in REDIRECT_PATHS)

    def _scope(self, scope: Scope) -> GuideScope:
        chinese = self.request.locale.lower().startswith("zh")
        reason = scope.reason_zh if chinese else scope.reason
        feature = next(name for name in scope.features if name in self.request.features)
        return GuideScope(scope.name, reason, doc_url(self.platform, scope), feature)

    def _scopes_json(self) -> Mapping[str, Any]:
        return {"scopes": {"tenant": sorted(scope.name for scope in self.scopes), "user": []}}

    def _quick_add_url(self) -> str | None:
        if not self.app_id or not self.scopes:
            return None
        names = tuple(scope.name for scope in self.scopes)
        return quick_add_url(self.api_base, self.app_id, names)

    def _hosts(self) -> tuple[str, ...]:
        """Name our own host, and the platform's, also of a private deployment."""
        ours = urlsplit(self.request.homepage_url).netloc
        theirs = urlsplit(self.api_base).netloc
        return tuple(dict.fromkeys((ours, theirs, *self.platform.allowlist_hosts)))


_BLOCKS: Mapping[str, Callable[[_Writer], tuple[GuideBlock, ...]]] = {
    "create": _Writer.create_blocks,
    "credentials": _Writer.credential_blocks,
    "homepage": _Writer.homepage_blocks,
    "permissions": _Writer.permission_blocks,
    "security": _Writer.security_blocks,
    "callbacks": _Writer.callback_blocks,
    "release": _Writer.release_blocks,
    "check": _Writer.check_blocks,
}


def _no_blocks(_writer: _Writer) -> tuple[GuideBlock, ...]:
    return ()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
