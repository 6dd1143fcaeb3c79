"""A badge that says how a plugin did: a picture of our own making, or data for a badge service."""

import html
import json
from dataclasses import dataclass

from gateway.plugin import CONTRACT_VERSION
from gateway.testing.contract.conform import Conformity
from gateway.testing.contract.rule import Outcome

LABEL = "gateway contract"
GREEN, AMBER, RED = "#2e7d32", "#b26a00", "#c62828"
LETTER_PIXELS = 6.6
MARGIN_PIXELS = 7
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" \
aria-label="{label}: {message}">
<title>{label}: {message}</title>
<clipPath id="round"><rect width="{whole}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="20" fill="#424242"/>
<rect x="{left}" width="{right}" height="20" fill="{color}"/>
</g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{margin}" y="14" textLength="{label_length}">{label}</text>
<text x="{message_at}" y="14" textLength="{message_length}">{message}</text>
</g>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says, and in which colour."""

    message: str
    color: str

    def svg(self) -> str:
        """Return it as a picture that loads nothing."""
        label_length, message_length = _pixels(LABEL), _pixels(self.message)
        left = label_length + 2 * MARGIN_PIXELS
        right = message_length + 2 * MARGIN_PIXELS
        return SVG.format(
            label=html.escape(LABEL),
            message=html.escape(self.message),
            whole=left + right,
            left=left,
            right=right,
            color=self.color,
            margin=MARGIN_PIXELS,
            message_at=left + MARGIN_PIXELS,
            label_length=label_length,
            message_length=message_length,
        )

    def endpoint(self) -> str:
        """Return it as the JSON that badge services read from an address."""
        shown = {"label": LABEL, "message": self.message, "color": self.color.removeprefix("#")}
        return json.dumps({"schemaVersion": 1, **shown}, indent=2) + "\n"


def badge_of(conformity: Conformity) -> Badge:
    """Say how it went; a plugin whose calls were never verified does not get the green one."""
    kept, broken = conformity.count(Outcome.PASSED), conformity.count(Outcome.FAILED)
    if not conformity.ok:
        return Badge(f"{broken} broken" if broken else "not verified", RED)
    if not conformity.whole:
        return Badge(f"{CONTRACT_VERSION}, calls not verified", AMBER)
    return Badge(f"{CONTRACT_VERSION}, {kept} kept", GREEN)


def _pixels(text: str) -> int:
    return round(len(text) * LETTER_PIXELS)
