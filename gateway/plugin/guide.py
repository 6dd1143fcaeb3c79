"""A setup guide as data: forms, console and API show it without knowing the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FEATURES = ("send", "resolve", "cards", "callbacks", "directory", "login")


@dataclass(frozen=True, slots=True)
class GuideBlock:
    """Something to read, copy or follow inside a step."""

    kind: Literal["text", "json", "link", "note"]
    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step an admin takes on the platform."""

    id: str
    title: str
    body: str
    blocks: tuple[GuideBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class GuideScope:
    """A permission, why it is wanted, and for which feature."""

    scope: str
    reason: str
    doc_url: str
    feature: str


@dataclass(frozen=True, slots=True)
class GuideRequest:
    """What a guide is written for.

    Attributes:
        config: The channel's configuration so far, without secrets; may be empty.
        features: What the tenant wants to use; a subset of `FEATURES`.
        homepage_url: Where the platform's web application is to point.
        callback_url: Where the platform's callbacks are to go.
        locale: The admin's language.
        card_template_url: Where the channel type's card template is downloaded, if it has one.
    """

    config: Mapping[str, Any]
    features: frozenset[str]
    homepage_url: str
    callback_url: str
    locale: str = "en"
    card_template_url: str | None = None


@dataclass(frozen=True, slots=True)
class SetupGuide:
    """What an admin has to do on the platform, and everything there is to paste."""

    performer: str
    minutes: int
    steps: tuple[GuideStep, ...]
    homepage_url: str
    callback_url: str
    redirect_urls: tuple[str, ...] = ()
    trusted_domains: tuple[str, ...] = ()
    scopes: tuple[GuideScope, ...] = ()
    scopes_json: Mapping[str, Any] = field(default_factory=dict)
    quick_add_url: str | None = None
    allowlist_hosts: tuple[str, ...] = ()
