"""Finding people: by mobile number, one call each, or by login id where there are such accounts.

The platform has no look-up by e-mail address and none of many people at once. Its calls are
"Query a user by mobile number", "Query user details" and "Obtain a userid by unionid"; none of
them counts against the month.
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.plugin import (
    ContentError,
    DeliveryError,
    Identity,
    Recipient,
    RecipientError,
    RecipientKind,
    ScopeMissingError,
)

from .asking import ask
from .client import Client, texts
from .scopes import MEMBER, MOBILE

BY_MOBILE = "/topapi/v2/user/getbymobile"
BY_UNION = "/topapi/user/getbyunionid"
DETAILS = "/topapi/v2/user/get"

USER = "user_id"
UNION = "union_id"
LOGIN = "login_id"
CHAT = "open_conversation_id"
DEPARTMENT = "department_id"

OPEN_CHAT = "/v1.0/im/chat/{}/convertToOpenConversationId"

NO_MOBILE = (
    "DingTalk finds people by mobile number only, and the gateway knows none of this person. "
    "Add the number to the user, or bind the user to a userid of your organisation."
)
NO_EMAIL = (
    "DingTalk cannot find people by e-mail address. Name the person by mobile number, or make "
    "them a user of the gateway and bind that user to a userid of your organisation."
)
NO_NUMBERED = "DingTalk names its departments by number; this is none."
NO_FORM = "DingTalk has no recipient of this form."
NOT_FOUND = (
    "DingTalk names nobody: no current member of your organisation has this number, or the "
    "person is outside the application's contact range. Check the number, or bind the user to "
    "a userid."
)
NO_LOGIN = (
    "No enterprise account has this login id. Add a mobile number to the user, or bind the user "
    "to a userid of your organisation."
)
AMBIGUOUS = (
    "Several enterprise accounts have this mobile number. Bind the user to the right userid."
)
NO_NUMBER = "DingTalk does not take this for a mobile number. Correct it, or bind the user."
_NO_NUMBER = frozenset({"40104", "400002", "40035"})
NO_CHAT = (
    "DingTalk knows this group only by its openConversationId, which begins with cid. Name it by "
    "that, or grant the application qyapi_chat_read."
)
_DEPARTMENT = re.compile(r"[1-9][0-9]{0,17}")
_OLD_CHAT = re.compile(r"chat[0-9a-f]{32}")
_NOT_DIALLED = re.compile(r"[\s().\-]+")
_HOME = "+86"


def number(mobile: str) -> str:
    """Return a number as the platform dials it: mainland ones without their country code."""
    dialled = _NOT_DIALLED.sub("", mobile)
    return dialled.removeprefix(_HOME)


def direct(recipient: Recipient) -> Identity | RecipientError | None:
    """Return what is known without a call, or None where somebody has to be looked up."""
    match recipient.kind:
        case RecipientKind.CHAT if not _OLD_CHAT.fullmatch(recipient.id):
            return Identity(recipient.id, CHAT)
        case RecipientKind.DEPARTMENT:
            named = _DEPARTMENT.fullmatch(recipient.id)
            return Identity(recipient.id, DEPARTMENT) if named else RecipientError(NO_NUMBERED)
        case RecipientKind.CHANNEL:
            return RecipientError(NO_FORM)
        case RecipientKind.EMAIL if not recipient.mobile:
            return RecipientError(NO_EMAIL)
    return None


async def find(client: Client, recipient: Recipient) -> Identity:
    """Find one recipient; a department, or a group by its openConversationId, needs no call.

    Raises:
        RecipientError: The platform has nobody like that, or nothing is known to find them by.
    """
    known = direct(recipient)
    if isinstance(known, RecipientError):
        raise known
    if known is not None:
        return known
    if recipient.kind is RecipientKind.CHAT:
        return Identity(await by_chat(client, recipient.id), CHAT)
    by_number = recipient.kind is RecipientKind.MOBILE
    mobile = number(recipient.id if by_number else recipient.mobile or "")
    if mobile:
        return Identity(await by_mobile(client, mobile), USER)
    if client.application.edition.by_login_id and recipient.kind is RecipientKind.USER:
        return Identity(await by_login(client, recipient.id), USER)
    raise RecipientError(NO_MOBILE)


async def by_mobile(client: Client, mobile: str) -> str:
    """Return the userid of the person who has this number."""
    question = {"mobile": mobile, **client.application.edition.look_up}
    try:
        answer = await ask(client, BY_MOBILE, question, MOBILE, purpose="resolve")
    except RecipientError as error:
        raise _nobody(NOT_FOUND, error) from error
    except ContentError as error:
        if error.provider_code not in _NO_NUMBER:
            raise
        raise _nobody(NO_NUMBER, error) from error
    if not answer.result:
        raise answer.odd("The answer names nobody and gives no reason.")
    return _one_of(answer.result)


async def by_login(client: Client, login_id: str) -> str:
    """Return the userid of the enterprise account with this login id."""
    try:
        question = {"login_id": login_id, "language": "zh_CN"}
        answer = await ask(client, DETAILS, question, MEMBER, purpose="resolve")
    except RecipientError as error:
        raise _nobody(NO_LOGIN, error) from error
    found = answer.result
    same = str(found.get("login_id", login_id)).casefold() == login_id.casefold()
    if found.get("exclusive_account") is not True or not same or not _userid(found):
        raise RecipientError(NO_LOGIN)
    return _userid(found)


async def by_union(client: Client, union_id: str) -> str:
    """Return the userid behind a unionid."""
    answer = await ask(client, BY_UNION, {"unionid": union_id}, MEMBER, purpose="resolve")
    if not _userid(answer.result):
        raise answer.odd("The answer has no userid.")
    return _userid(answer.result)


async def by_chat(client: Client, chat: str) -> str:
    """Return the openConversationId of a group that is named by its older chat id."""
    try:
        answer = await client.post(OPEN_CHAT.format(chat), {}, purpose="group")
    except ScopeMissingError as error:  # one group's matter: the channel works without
        raise _nobody(NO_CHAT, error) from error
    return answer.text("openConversationId")


def _one_of(found: Mapping[str, Any]) -> str:
    """Prefer the organisation's own member; of several enterprise accounts guess none."""
    accounts = texts(found.get("exclusive_account_userid_list"))
    if _userid(found):
        return _userid(found)
    if len(accounts) == 1:
        return accounts[0]
    raise RecipientError(AMBIGUOUS if accounts else NOT_FOUND)


def _userid(found: Mapping[str, Any]) -> str:
    value = found.get("userid")
    return value if isinstance(value, str) else ""


def _nobody(said: str, error: DeliveryError) -> RecipientError:
    return RecipientError(
        said,
        provider_code=error.provider_code,
        http_status=error.http_status,
        log_id=error.log_id,
    )
