"""What two spellings of one e-mail address or mobile number share. Pure."""

import re
import unicodedata
from typing import Literal

By = Literal["mobile", "email"]
MAINLAND = "+86"

_NOT_DIALLED = re.compile(r"[\s().\-/\u2010-\u2015]+")
_MAINLAND_NUMBER = re.compile(r"1[3-9]\d{9}")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")


def email_key(address: str | None) -> str:
    """Return an address in the one spelling we compare, empty where it is none."""
    text = unicodedata.normalize("NFKC", address or "").strip().casefold()
    return text if text.count("@") == 1 and not re.search(r"\s", text) else ""


def mobile_key(number: str | None) -> str:
    """Return a number as it is dialled from anywhere, empty where it is none.

    `00` is `+`; a bare number of mainland China gets its country code; any other number without
    one stays as it is and equals only itself.
    """
    dialled = _NOT_DIALLED.sub("", unicodedata.normalize("NFKC", number or ""))
    dialled = f"+{dialled[2:]}" if dialled.startswith("00") else dialled
    if _MAINLAND_NUMBER.fullmatch(dialled):
        dialled = MAINLAND + dialled
    return dialled if _NUMBER.fullmatch(dialled) and dialled.isascii() else ""


def key_of(by: By, value: str | None) -> str:
    """Return what an address of one kind is compared by."""
    return email_key(value) if by == "email" else mobile_key(value)


def keys_of(email: str | None, mobile: str | None) -> frozenset[str]:
    """Return what a person's addresses are compared by."""
    return frozenset(key for key in (email_key(email), mobile_key(mobile)) if key)
