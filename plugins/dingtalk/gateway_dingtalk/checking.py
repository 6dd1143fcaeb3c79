"""What the lines of a check are written with."""

from dataclasses import dataclass, replace

import httpx

from gateway.plugin import (
    Check,
    CheckState,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

from .client import Client
from .credential import DingTalkCredential

_PASSING = (RateLimitedError, TemporaryError, UncertainError, httpx.HTTPError)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is checked."""

    client: Client
    credential: DingTalkCredential

    def own(self, name: str) -> str:
        """Return a field that not every edition has."""
        return str(getattr(self.credential, name, None) or "")


def failed(line: Check, error: Exception) -> Check:
    """Write the line of a call that failed."""
    state: CheckState = "unknown" if isinstance(error, _PASSING) else "error"
    if not isinstance(error, DeliveryError):
        said = f"The platform did not answer: {type(error).__name__}."
        return replace(line, state=state, detail=said)
    return replace(
        line,
        state="missing" if isinstance(error, ScopeMissingError) else state,
        detail=error.message,
        provider_code=error.provider_code,
        fix_url=error.fix_url,
    )
