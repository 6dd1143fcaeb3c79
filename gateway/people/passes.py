"""The signed papers of a login: the link that names a user, and the state on the way. Pure.

Both are for one channel and expire. They are signed with the tenant's own key, so that nothing
has to be kept of them, and hold no secret: whoever has a link may read it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from gateway.vault import equal

Kind = Literal["link", "state"]
Sign = Callable[[str], str]
LONGEST = 2000


class PassError(Exception):
    """The paper is forged, of another place or browser, or its time is over."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One paper.

    Attributes:
        expires: Until when it counts, in milliseconds.
        user: The user it names; None where the platform's addresses are to tell.
        seen: What the user's binding was when the link was made: another one ends the link.
        browser: Whose browser it was given to, for a state.
    """

    kind: Kind
    channel: str
    expires: int
    user: str | None = None
    seen: str = ""
    browser: str = ""


def written(paper: Pass, sign: Sign) -> str:
    """Return the paper as a text that fits into an address."""
    packed = json.dumps(asdict(paper), separators=(",", ":")).encode()
    body = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{body}.{sign(_signed(body))}"


def read(text: str, kind: Kind, channel: str, now: int, sign: Sign) -> Pass:
    """Return the paper that a text is.

    Raises:
        PassError: It is none for this channel, or none any longer.
    """
    body, _, signature = text.partition(".")
    if len(text) > LONGEST or not equal(signature, sign(_signed(body))):
        raise PassError("it was not signed here")
    paper = _unpacked(body)
    if (paper.kind, paper.channel) != (kind, channel):
        raise PassError("it is for something else")
    if paper.expires <= now:
        raise PassError("its time is over")
    return paper


def fingerprint(text: str) -> str:
    """Return what proves a text without telling it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def _signed(body: str) -> str:
    """Return what is signed: nothing else that a tenant's key signs looks alike."""
    return f"gateway login {body}"


def _unpacked(body: str) -> Pass:
    try:
        packed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        return Pass(**json.loads(packed))
    except (binascii.Error, ValueError, TypeError):
        raise PassError("it cannot be read") from None
