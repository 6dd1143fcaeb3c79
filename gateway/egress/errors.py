"""What can go wrong on the way out, besides what the plugins know of as well."""

import httpx

from gateway.plugin import EgressRefusedError
from gateway.plugin import error_for_exception as classify

__all__ = ["AnswerTooLargeError", "EgressRefusedError", "EncodedAnswerError", "classify"]


class AnswerTooLargeError(httpx.ReadError):
    """The answer is larger than the policy allows; the rest of it was not read."""


class EncodedAnswerError(httpx.ReadError):
    """The answer is compressed although identity was asked for; it was not unpacked."""
