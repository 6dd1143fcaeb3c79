"""One row of the platform's tables of codes."""

from dataclasses import dataclass

from gateway.plugin import DeliveryError


@dataclass(frozen=True, slots=True)
class Code:
    """What one code of the platform means for a delivery.

    Attributes:
        code: The `code` of the new API's answers; the `errcode`, or the `sub_code` inside 88, of
            the old API's.
        error: What happens next.
        en: One sentence for an admin.
        zh: The same in Chinese.
        fix: What mends it, in English; empty where nothing can.
        page: Where in the console it is mended.
        gone: For a `RecipientError`, whether the binding goes stale.
        bucket: For a `RateLimitedError`, which bucket pauses.
        wait: For a `RateLimitedError`, for how many seconds.
    """

    code: str
    error: type[DeliveryError]
    en: str
    zh: str
    fix: str = ""
    page: str | None = None
    gone: bool = False
    bucket: str = "app"
    wait: int = 1

    @property
    def sentence(self) -> str:
        """What it means and what mends it."""
        return f"{self.en} {self.fix}".strip()


def rows(codes: str, error: type[DeliveryError], en: str, zh: str, **more: object) -> list[Code]:
    """Return one row for each of the codes, which mean the same."""
    return [Code(code, error, en, zh, **more) for code in codes.split()]  # type: ignore[arg-type]
