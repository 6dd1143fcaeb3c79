"""One row of the platform's tables of codes."""

from dataclasses import dataclass

from gateway.plugin import DeliveryError


@dataclass(frozen=True, slots=True)
class Code:
    """What one code of the platform means for a delivery.

    Attributes:
        number: The `code` of an answer's body, or the `ErrCode` inside a card error.
        error: What happens next.
        en: One sentence for an admin.
        zh: The same in Chinese.
        fix: What mends it, in English; empty where nothing can.
        purpose: The only kind of call it holds for, where platforms reuse a number.
        phrase: The text that an answer must hold, in lower case, where one number has several
            meanings.
        gone: For a `RecipientError`, whether the binding goes stale.
        bucket: For a `RateLimitedError`, which bucket pauses.
        scopes: For a `ScopeMissingError`, what is missing.
        period: For a `QuotaExhaustedError`, what has to end: a `month` or a `day`.
    """

    number: int
    error: type[DeliveryError]
    en: str
    zh: str
    fix: str = ""
    purpose: str = ""
    phrase: str = ""
    gone: bool = False
    bucket: str = "app"
    scopes: tuple[str, ...] = ()
    period: str = "month"

    @property
    def sentence(self) -> str:
        """What it means and what mends it."""
        return f"{self.en} {self.fix}".strip()
