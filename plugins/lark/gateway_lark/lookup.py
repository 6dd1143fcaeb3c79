"""Finding people: what fits into one look-up, and what its answer says of each.

The platform's call is "Obtain user ID via email or mobile number" (`batch_get_id`).
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.plugin import DeliveryError, Identity, Recipient, RecipientError, RecipientKind

from .client import items, mapping

PATH = "/open-apis/contact/v3/users/batch_get_id?user_id_type=open_id"
DEPARTMENT_ID = "department_id"
ROOT = "0"
EACH = 50
"""Addresses, and numbers besides, that one call takes."""

NOT_FOUND = (
    "The platform names nobody: no such person, outside the application's contact data range, "
    "or the address is an enterprise mailbox instead of the one people log in with. "
    "Check the address, widen the contact data range and publish a version."
)
NO_ADDRESS = (
    "The gateway knows neither e-mail address nor mobile number of this user. "
    "Add one, or bind the user to an account of the platform."
)
NO_ROOT = "The platform sends nothing to its root department; name those below it."
NO_FORM = "The platform has no recipient of this form."
_GONE: Mapping[str, tuple[bool, str]] = {
    "is_resigned": (True, "The person has left."),
    "is_exited": (True, "The person has left the organisation."),
    "is_frozen": (True, "The person's account is frozen."),
    "is_activated": (False, "The person has not activated the account yet."),
}
_NOT_DIALLED = re.compile(r"[\s().\-]+")

Found = Mapping[str, Mapping[str, Any]]


def direct(recipient: Recipient) -> Identity | RecipientError | None:
    """Return what is known without a call, or None where somebody has to be looked up."""
    if recipient.kind is RecipientKind.CHAT:
        return Identity(recipient.id, "chat_id")
    if recipient.kind is RecipientKind.CHANNEL:
        return RecipientError(NO_FORM)
    if recipient.kind is RecipientKind.DEPARTMENT:
        whole = recipient.id == ROOT
        return RecipientError(NO_ROOT) if whole else Identity(recipient.id, DEPARTMENT_ID)
    return None if any(addresses(recipient)) else RecipientError(NO_ADDRESS)


def addresses(recipient: Recipient) -> tuple[str, str]:
    """Return the e-mail address and the mobile number to look up, each empty where unknown."""
    match recipient.kind:
        case RecipientKind.EMAIL:
            email, mobile = recipient.id, recipient.mobile or ""
        case RecipientKind.MOBILE:
            email, mobile = recipient.email or "", recipient.id
        case RecipientKind.USER:
            email, mobile = recipient.email or "", recipient.mobile or ""
        case _:
            return "", ""
    return email.strip(), _NOT_DIALLED.sub("", mobile)


def parts(recipients: Sequence[Recipient]) -> list[list[Recipient]]:
    """Split recipients into as few look-ups as there can be.

    Who has both an address and a number comes first and fills both halves of a call alike; the
    others then fill what is left of each half.
    """
    calls: defaultdict[int, list[Recipient]] = defaultdict(list)
    emails = mobiles = 0
    for recipient in sorted(recipients, key=lambda each: not all(addresses(each))):
        email, mobile = addresses(recipient)
        calls[(emails if email else mobiles) // EACH if email or mobile else 0].append(recipient)
        emails += bool(email)
        mobiles += bool(mobile)
    return [calls[number] for number in sorted(calls)]


def question(recipients: Sequence[Recipient]) -> dict[str, Any]:
    """Return the body of one look-up; people who left are asked for too, to say so."""
    asked = [addresses(recipient) for recipient in recipients]
    emails = dict.fromkeys(email for email, _ in asked if email)
    mobiles = dict.fromkeys(mobile for _, mobile in asked if mobile)
    return {"emails": [*emails], "mobiles": [*mobiles], "include_resigned": True}


def found_in(data: Mapping[str, Any]) -> Found:
    """Return the entry of each address and number that an answer names a person for."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in items(data.get("user_list")):
        for name in ("email", "mobile"):
            key = _key(entry.get(name))
            if key and isinstance(entry.get("user_id"), str) and _better(entry, found.get(key)):
                found[key] = entry
    return found


def outcome(recipient: Recipient, found: Found) -> Identity | DeliveryError:
    """Return who the recipient is, by address rather than by number."""
    known = direct(recipient)
    if known is not None:
        return known
    entries = (found.get(_key(address)) for address in addresses(recipient) if address)
    entry = next((entry for entry in entries if entry), None)
    if entry is None:
        return RecipientError(NOT_FOUND)
    why = _why_gone(entry)
    return RecipientError(why, gone=True) if why else Identity(entry["user_id"], "open_id")


def _better(entry: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    """Prefer somebody present to somebody who had the same address before."""
    return other is None or bool(_why_gone(other) and not _why_gone(entry))


def _why_gone(entry: Mapping[str, Any]) -> str:
    status = mapping(entry.get("status"))
    return next((why for name, (bad, why) in _GONE.items() if status.get(name) is bad), "")


def _key(address: object) -> str:
    """Return what two spellings of one address or number share.

    Numbers of mainland China come with and without their country code.
    """
    if not isinstance(address, str):
        return ""
    if "@" in address:
        return address.strip().casefold()
    return _NOT_DIALLED.sub("", address).removeprefix("+86")
