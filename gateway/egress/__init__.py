"""The only way out: deadlines, size caps, allow-lists, proxy.

Everything the gateway says to the world goes through a client from `Egress.client`. Nothing
else in the gateway, and no plugin, opens a connection.
"""

from gateway.egress.client import Egress
from gateway.egress.errors import (
    AnswerTooLargeError,
    EgressRefusedError,
    EncodedAnswerError,
    classify,
)
from gateway.egress.gate import Lookup
from gateway.egress.policy import EgressPolicy, check_url
from gateway.egress.transport import Call
from gateway.plugin import check_headers

__all__ = [
    "AnswerTooLargeError",
    "Call",
    "Egress",
    "EgressPolicy",
    "EgressRefusedError",
    "EncodedAnswerError",
    "Lookup",
    "check_headers",
    "check_url",
    "classify",
]
