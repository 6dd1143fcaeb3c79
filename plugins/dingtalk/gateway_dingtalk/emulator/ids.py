"""Identifiers in the platform's shapes (documentation: "basic-concepts-beta")."""

import base64
import hashlib
import secrets
import uuid


def derived(prefix: str, *parts: str, length: int = 20) -> str:
    """Return the same identifier for the same parts, so that restarts change nothing."""
    return prefix + hashlib.sha256(":".join(parts).encode()).hexdigest()[:length]


def derived_number(*parts: str, digits: int = 10) -> int:
    """Return the same number of so many digits for the same parts."""
    low: int = 10 ** (digits - 1)
    return low + int(derived("", *parts, length=16), 16) % (9 * low)


def derived_uuid(*parts: str) -> str:
    """Return the same UUID for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ":".join(parts)))


def fresh(prefix: str = "", length: int = 32) -> str:
    """Return an identifier nobody has seen before."""
    return prefix + secrets.token_hex((length + 1) // 2)[:length]


def query_key() -> str:
    """Return a processQueryKey; it ends with `=`, which a careless client does not encode."""
    return base64.b64encode(secrets.token_bytes(22)).decode()


def request_id() -> str:
    """Return a request id as answers carry it."""
    return str(uuid.uuid4()).upper()
