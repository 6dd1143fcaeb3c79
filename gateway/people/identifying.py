"""Whom a platform names for the code of a login, and what its directory adds to that."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeGuard
from urllib.parse import urlsplit

from gateway.connections import NotConfiguredError, NotOpenedError
from gateway.errors import ContentError, CredentialError, DeliveryError, RecipientError
from gateway.fence import PluginFault, fence
from gateway.lanes.calls import guarded
from gateway.models import Identity
from gateway.people.addresses import keys_of
from gateway.people.asking import Questions
from gateway.people.connecting import Somebody
from gateway.plugin import LoggedIn, LogsIn, Person
from gateway.problems import ProblemError

ANSWER_LASTS = timedelta(seconds=20)
USER_ID = "user_id"
_IDENTITY = re.compile(r"[!-~]{1,256}")
_PAGES: dict[type[Exception], str] = {
    ContentError: "login_code_refused",
    RecipientError: "login_not_a_member",
    CredentialError: "login_application_refused",
    DeliveryError: "platform_unavailable",
    NotOpenedError: "plugin_failed",
    NotConfiguredError: "channel_incomplete",
    PluginFault: "plugin_failed",
}
"""What page tells of an error, those named by their exact kind first."""


class LoginError(Exception):
    """The login cannot go on.

    Attributes:
        code: Why, as the page that tells of it is named.
        detail: One sentence for an admin; people do not see it.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@contextmanager
def told_as_pages(hidden: str = "") -> Iterator[None]:
    """Turn what goes wrong with a channel into a `LoginError`, whose detail holds no `hidden`."""
    try:
        yield
    except ProblemError as error:
        code = error.problem.code
        gone = code in ("not_found", "unknown_tenant")
        raise LoginError("unknown_channel" if gone else code, _without(hidden, error)) from None
    except tuple(_PAGES) as error:
        page = next(page for kind, page in _PAGES.items() if isinstance(error, kind))
        raise LoginError(page, _without(hidden, error)) from None


def able(channel: object) -> LogsIn:
    """Return a channel as one that people can log in on.

    Raises:
        LoginError: It is none.
    """
    if not isinstance(channel, LogsIn):
        raise LoginError("not_supported")
    return channel


def login_page(channel: object, back: str, state: str) -> str:
    """Return the platform's page that people log in on.

    Raises:
        LoginError: Nobody can log in there.
        PluginFault: The plugin names no page.
    """
    logging_in = able(channel)
    with fence("login_url"):
        page = logging_in.login_url(back, state)
        there = urlsplit(page)
    if there.scheme not in ("https", "http") or not there.hostname:
        raise PluginFault("login_url returned no address of a page")
    return page


async def identified(questions: Questions, code: str, back: str) -> LoggedIn:
    """Return whom the platform names for a code.

    Raises:
        DeliveryError: It names nobody.
        PluginFault: The plugin's answer is none that a binding could keep.
    """
    channel = able(questions.live.channel)
    told = await guarded(lambda: channel.identify(code, back), ANSWER_LASTS)
    if isinstance(told, Exception):
        raise told
    if not isinstance(told, LoggedIn) or not _bindable(told):
        raise PluginFault("identify did not say who logged in")
    if told.identity.kind not in questions.live.channel_type.identity_kinds:
        raise PluginFault(f"identify named a {told.identity.kind}, which no binding here is")
    return told


async def known(questions: Questions, told: LoggedIn) -> Somebody:
    """Return who logged in, with all that the application's directory adds, where it may read it.

    The addresses are those that the platform tells of the person, at the login or there.
    """
    people = await described(questions, told.identity)
    names = {told.identity, *told.others, *(name for each in people for name in _names(each))}
    addresses = keys_of(told.email, told.mobile).union(
        *(keys_of(p.email, p.mobile) for p in people)
    )
    return Somebody(told.identity, frozenset(names), addresses)


async def described(
    questions: Questions, identity: Identity, within: timedelta = ANSWER_LASTS
) -> list[Person]:
    """Return what the platform's directory tells of a person, if anything, and in time."""
    told = await guarded(lambda: questions.describe([identity]), within)
    return [] if isinstance(told, Exception) else [each for each in told if _describes(each)]


def _without(hidden: str, error: Exception) -> str:
    return str(error).replace(hidden, "***") if hidden else str(error)


def _names(person: Person) -> list[Identity]:
    own = [Identity(person.user_id, USER_ID)] if person.user_id else []
    return [person.identity, *own]


def _bindable(told: LoggedIn) -> bool:
    """Tell whether a plugin's answer is what its type promises, and fit for a binding."""
    return (
        _is_text(told.email, told.mobile)
        and isinstance(told.others, Sequence)
        and all(isinstance(each, Identity) for each in (told.identity, *told.others))
        and _IDENTITY.fullmatch(told.identity.id) is not None
    )


def _describes(told: object) -> TypeGuard[Person]:
    return (
        isinstance(told, Person)
        and _is_text(told.email, told.mobile, told.user_id)
        and isinstance(told.identity, Identity)
    )


def _is_text(*values: object) -> bool:
    return all(value is None or isinstance(value, str) for value in values)
