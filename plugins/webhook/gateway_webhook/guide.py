"""The setup guides: what an admin does in the group, or on the receiver."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.plugin import GuideBlock, GuideRequest, GuideStep, SetupGuide

from . import guide_text as text

ROBOT_MINUTES = 3
WEBHOOK_MINUTES = 10
STANDARD = "https://www.standardwebhooks.com"
MAKE_SECRET = 'echo "whsec_$(openssl rand -base64 32)"'  # noqa: S105 - how to make one
SAMPLE = {
    "type": "notification",
    "timestamp": "2026-01-05T08:00:00.000Z",
    "data": {"card": {"title": "Approve export?", "severity": "warning"}},
}


@dataclass(frozen=True, slots=True)
class RobotFacts:
    """What a guide has to know of a brand's robot."""

    name: str
    brands: Mapping[str, str]
    host: str
    example: str
    docs_url: str


def for_robot(facts: RobotFacts, request: GuideRequest) -> SetupGuide:
    """Write the guide for a group robot; it names no secret."""
    brand = facts.brands["zh-CN" if text.is_chinese(request.locale) else "en"]
    writer = _Writer(request, {"brand": brand, "name": facts.name})
    blocks = {
        "create": (writer.block("link", facts.docs_url, text.ROBOT_DOCS),),
        "address": (writer.block("text", f"https://{facts.host}{facts.example}", text.EXAMPLE),),
        "check": (writer.block("note", facts.host, text.CALLED_HOST),),
    }
    steps = tuple(writer.step(id_, text.ROBOT_STEPS[id_], blocks) for id_ in text.ROBOT_STEPS)
    return writer.guide(text.ROBOT_PERFORMER, ROBOT_MINUTES, steps, (facts.host,))


def for_webhook(request: GuideRequest) -> SetupGuide:
    """Write the guide for a webhook; it names no secret."""
    writer = _Writer(request, {})
    blocks = {
        "secret": (writer.block("text", MAKE_SECRET, text.MAKE_SECRET),),
        "verify": (
            writer.block("link", STANDARD, text.STANDARD),
            writer.block("json", json.dumps(SAMPLE, indent=1), text.SAMPLE),
        ),
    }
    steps = tuple(writer.step(id_, text.WEBHOOK_STEPS[id_], blocks) for id_ in text.WEBHOOK_STEPS)
    host = urlsplit(str(request.config.get("url") or "")).netloc
    return writer.guide(text.WEBHOOK_PERFORMER, WEBHOOK_MINUTES, steps, (host,) if host else ())


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes in the admin's language, with the brand's name."""

    request: GuideRequest
    known: Mapping[str, str]

    def say(self, words: text.Words) -> str:
        return words.in_(self.request.locale, **self.known)

    def block(self, kind: text.Kind, value: str, label: text.Words) -> GuideBlock:
        return GuideBlock(kind, value, self.say(label))

    def step(
        self,
        id_: str,
        words: text.StepWords,
        blocks: Mapping[str, tuple[GuideBlock, ...]],
    ) -> GuideStep:
        return GuideStep(id_, self.say(words.title), self.say(words.body), blocks.get(id_, ()))

    def guide(
        self,
        performer: text.Words,
        minutes: int,
        steps: tuple[GuideStep, ...],
        hosts: tuple[str, ...],
    ) -> SetupGuide:
        return SetupGuide(
            performer=self.say(performer),
            minutes=minutes,
            steps=steps,
            homepage_url=self.request.homepage_url,
            callback_url=self.request.callback_url,
            allowlist_hosts=hosts,
        )
