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


class DeliveryError(Exception):
    """What went wrong with a call to a platform; never raised itself.

    Attributes:
        message: One sentence for an admin, without any secret.
        provider_code: The platform's own code, as text.
        http_status: The HTTP status, where there was an answer.
        log_id: The platform's id of this call, for its support.
        fix_url: The page that mends it, where the platform names one.
    """

    def __init__(
        self,
        message: str,
        *,
        provider_code: str | None = None,
        http_status: int | None = None,
        log_id: str | None = None,
        fix_url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider_code = provider_code
        self.http_status = http_status
        self.log_id = log_id
        self.fix_url = fix_url


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
        provider_code: str | None = None,
        http_status: int | None = None,
        log_id: str | None = None,
    ) -> None:
        super().__init__(
            message, provider_code=provider_code, http_status=http_status, log_id=log_id
        )
        self.retry_after = retry_after
        self.scope = scope


class QuotaExhaustedError(DeliveryError):
    """The plan's calls are used up until `resets_at` (UTC)."""

    def __init__(
        self,
        message: str,
        *,
        resets_at: datetime,
        provider_code: str | None = None,
        http_status: int | None = None,
        log_id: str | None = None,
    ) -> None:
        super().__init__(
            message, provider_code=provider_code, http_status=http_status, log_id=log_id
        )
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
        provider_code: str | None = None,
        http_status: int | None = None,
        log_id: str | None = None,
        fix_url: str | None = None,
    ) -> None:
        super().__init__(
            message,
            provider_code=provider_code,
            http_status=http_status,
            log_id=log_id,
            fix_url=fix_url,
        )
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
        provider_code: str | None = None,
        http_status: int | None = None,
        log_id: str | None = None,
    ) -> None:
        super().__init__(
            message, provider_code=provider_code, http_status=http_status, log_id=log_id
        )
        self.gone = gone


class ContentError(DeliveryError):
    """The platform will never take this payload."""


class ChannelGoneError(DeliveryError):
    """The far end no longer exists: a removed robot, a webhook that answered 410."""
