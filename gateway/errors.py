"""Why a delivery failed, named by what happens next.

    DeliveryError
    ├── TemporaryError        surely not processed: again by the schedule
    ├── UncertainError        may have been processed: again, same key, flagged
    ├── RateLimitedError      no attempt spent: that bucket pauses
    ├── QuotaExhaustedError   the channel holds until the quota resets
    ├── CredentialError       the channel holds, the admin is told
    │   └── ScopeMissingError the same, with the permissions and the link that grants them
    ├── RecipientError        this person only: the binding goes stale
    ├── ContentError          failed, never again
    └── ChannelGoneError      the channel is disabled

Anything else that leaves a plugin is a bug in it and is recorded as `plugin_error`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from gateway.text import storable, storable_or_none


class Told(TypedDict, total=False):
    """What the platform told with its refusal."""

    provider_code: str | None
    http_status: int | None
    log_id: str | None
    fix_url: str | None


class DeliveryError(Exception):
    """What went wrong with a call to a platform; never raised itself.

    Attributes:
        message: One sentence for an admin, without any secret.
        provider_code: The platform's own code, as text.
        http_status: The HTTP status, where there was an answer.
        log_id: The platform's id of this call, for its support.
        fix_url: The page that mends it, where the platform names one.
    """

    def __init__(self, message: str, **told: Unpack[Told]) -> None:
        self.message = storable(message)
        super().__init__(self.message)
        self.provider_code = storable_or_none(told.get("provider_code"))
        self.http_status = told.get("http_status")
        self.log_id = storable_or_none(told.get("log_id"))
        self.fix_url = storable_or_none(told.get("fix_url"))


class TemporaryError(DeliveryError):
    """The platform surely did not process the call."""


class UncertainError(DeliveryError):
    """The platform may have processed the call; its answer was never seen or made no sense."""


class RateLimitedError(DeliveryError):
    """The platform asks to slow down.

    Attributes:
        retry_after: How long it asked to wait.
        scope: Which bucket pauses: `app`, `recipient` or `channel`.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta = timedelta(seconds=1),
        scope: str = "app",
        **told: Unpack[Told],
    ) -> None:
        super().__init__(message, **told)
        self.retry_after = retry_after
        self.scope = scope


class QuotaExhaustedError(DeliveryError):
    """The plan's calls are used up until `resets_at` (UTC)."""

    def __init__(
        self,
        message: str,
        *,
        resets_at: datetime,
        **told: Unpack[Told],
    ) -> None:
        super().__init__(message, **told)
        self.resets_at = resets_at


class CredentialError(DeliveryError):
    """The platform does not accept the channel's credential; only an admin can mend it."""


class ScopeMissingError(CredentialError):
    """The application lacks a permission; `scopes` names what is missing."""

    def __init__(
        self,
        message: str,
        *,
        scopes: Sequence[str] = (),
        **told: Unpack[Told],
    ) -> None:
        super().__init__(message, **told)
        self.scopes = tuple(scopes)


class RecipientError(DeliveryError):
    """This recipient cannot be reached on this platform; the others can.

    Attributes:
        gone: True where the platform once knew the person (left, outside availability):
            the binding is marked stale.
    """

    def __init__(
        self,
        message: str,
        *,
        gone: bool = False,
        **told: Unpack[Told],
    ) -> None:
        super().__init__(message, **told)
        self.gone = gone


class ContentError(DeliveryError):
    """The platform will never take this payload."""


class ChannelGoneError(DeliveryError):
    """The far end no longer exists: a removed robot, a webhook that answered 410."""
