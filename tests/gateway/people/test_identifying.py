"""Who logged in, by the login's own answer and by the directory, where that may be read."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.connections import NotConfiguredError, NotOpenedError
from gateway.errors import CredentialError, RateLimitedError, ScopeMissingError, UncertainError
from gateway.fence import PluginFault
from gateway.models import Identity
from gateway.people.identifying import (
    LoginError,
    described,
    known,
    told_as_pages,
)
from gateway.plugin import LoggedIn, Person
from gateway.problems import ProblemError
from gateway.testing.clock import FakeClock
from tests.gateway.people.toys import Listed, Single, questions_of

ME = Identity("ou_me", "open_id")
UNION = Identity("on_me", "union_id")
USER = Identity("me", "user_id")


async def test_the_directory_adds_names_and_addresses() -> None:
    channel = Listed()
    channel.people = [Person(ME, "Me", "Me@Example.com", "+65 9123 0001", "me")]
    told = LoggedIn(ME, (UNION,), mobile="13912345678")
    somebody = await known(questions_of(channel, FakeClock()), told)
    assert somebody.identity == ME
    assert somebody.names == {ME, UNION, USER}
    assert somebody.addresses == {"me@example.com", "+6591230001", "+8613912345678"}


class Closed(Listed):
    """A directory that may not be read."""

    async def describe(self, identities: Any) -> Any:  # noqa: ANN401 - raises
        raise ScopeMissingError("not allowed", scopes=("contacts",))


class Odd(Listed):
    """A directory that breaks the contract."""

    async def describe(self, identities: Any) -> Any:  # noqa: ANN401 - whatever it is
        return None


class Scribbled(Listed):
    """A directory whose people are none that its type promises."""

    async def describe(self, identities: Any) -> Any:  # noqa: ANN401 - whatever it is
        return [Person(ME, "Me", email=5)]  # type: ignore[arg-type]


@pytest.mark.parametrize("channel", [Single(), Closed(), Odd(), Scribbled(), Listed()])
async def test_without_a_directory_the_logins_own_answer_counts(channel: Single) -> None:
    told = LoggedIn(ME, (UNION,), email="me@example.com")
    somebody = await known(questions_of(channel, FakeClock()), told)
    assert somebody.names == {ME, UNION}
    assert somebody.addresses == {"me@example.com"}


class Silent(Listed):
    """A directory that never answers."""

    async def describe(self, identities: Any) -> Any:  # noqa: ANN401 - it never returns
        await asyncio.Event().wait()


async def test_nobody_waits_for_a_directory_as_long_as_it_likes() -> None:
    assert await described(questions_of(Silent(), FakeClock()), ME, timedelta(0)) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ScopeMissingError("x"), "login_application_refused"),
        (CredentialError("x"), "login_application_refused"),
        (RateLimitedError("x"), "platform_unavailable"),
        (UncertainError("x"), "platform_unavailable"),
        (NotOpenedError("x"), "plugin_failed"),
        (NotConfiguredError("x"), "channel_incomplete"),
        (PluginFault("x"), "plugin_failed"),
        (ProblemError("not_found", "x"), "unknown_channel"),
        (ProblemError("unknown_tenant", "x"), "unknown_channel"),
        (ProblemError("channel_incomplete", "x"), "channel_incomplete"),
    ],
)
def test_each_error_has_its_page_and_its_reason(error: Exception, code: str) -> None:
    with pytest.raises(LoginError) as told, told_as_pages():
        raise error
    assert (told.value.code, told.value.detail) == (code, "x")


@pytest.mark.parametrize(
    "error", [UncertainError("the-code is odd"), ProblemError("conflict", "the-code is odd")]
)
def test_no_reason_repeats_the_code(error: Exception) -> None:
    with pytest.raises(LoginError) as told, told_as_pages(hidden="the-code"):
        raise error
    assert told.value.detail == "*** is odd"
