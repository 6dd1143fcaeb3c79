import asyncio
from datetime import timedelta

import httpx
import pytest

from gateway.plugin import (
    CredentialError,
    DeliveryError,
    TemporaryError,
    Token,
    Tokens,
    UncertainError,
    token_from,
)
from gateway.testing import FakeClock, RushedClock

TWO_HOURS = timedelta(hours=2)


class Source:
    """Gives out tokens and counts them."""

    def __init__(self, clock: FakeClock, life: timedelta = TWO_HOURS) -> None:
        self.clock = clock
        self.life = life
        self.fetched: list[str] = []
        self.error: Exception | None = None

    async def __call__(self, kind: str) -> Token:
        self.fetched.append(kind)
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return Token(f"t-{len(self.fetched)}", self.clock.now() + self.life)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def keep(source: Source, clock: FakeClock) -> Tokens:
    return Tokens(source, clock, refresh_before=timedelta(minutes=29))


async def test_sixty_four_cold_starts_fetch_one_token(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(64)))) == {"t-1"}
    assert len(source.fetched) == 1


async def test_two_hundred_sends_over_an_expiry_refresh_once(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    await asyncio.gather(*(tokens.get() for _ in range(100)))
    await clock.advance(7_200)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(100)))) == {"t-2"}
    assert len(source.fetched) == 2


async def test_two_hundred_refused_sends_refresh_once(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)

    async def send(token: str) -> str:
        await asyncio.sleep(0)
        return "stale" if token == "t-1" else "sent"

    sends = (tokens.use(send, lambda answer: answer == "stale") for _ in range(200))
    assert set(await asyncio.gather(*sends)) == {"sent"}
    assert len(source.fetched) == 2


async def test_a_call_refused_with_a_new_token_too_is_answered_as_it_is(clock: FakeClock) -> None:
    source = Source(clock)
    seen: list[str] = []

    async def send(token: str) -> str:
        seen.append(token)
        return "stale"

    assert await keep(source, clock).use(send, lambda answer: answer == "stale") == "stale"
    assert seen == ["t-1", "t-2"]


async def test_every_kind_has_a_token_of_its_own(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    await asyncio.gather(*(tokens.get(kind) for kind in ("app", "tenant") * 8))
    assert sorted(source.fetched) == ["app", "tenant"]
    app = await tokens.get("app")
    tokens.drop(app, "tenant")
    assert await tokens.get("app") == app


async def test_a_failed_fetch_fails_for_all_who_wait_and_is_tried_again_later(
    clock: FakeClock,
) -> None:
    source = Source(clock)
    source.error = CredentialError("wrong")
    tokens = keep(source, clock)
    results = await asyncio.gather(*(tokens.get() for _ in range(8)), return_exceptions=True)
    assert all(isinstance(result, CredentialError) for result in results)
    assert len(source.fetched) == 1
    source.error = None
    assert await tokens.get() == "t-2"


async def test_one_caller_giving_up_takes_the_token_from_nobody(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    first, second = asyncio.create_task(tokens.get()), asyncio.create_task(tokens.get())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "t-1"
    assert len(source.fetched) == 1


async def test_near_its_end_one_caller_gets_a_newer_one_and_nobody_waits(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    await tokens.get()
    await clock.advance(5_459)
    assert await tokens.get() == "t-1"
    await clock.advance(2)
    assert await asyncio.gather(*(tokens.get() for _ in range(3))) == ["t-2", "t-1", "t-1"]
    assert await tokens.get() == "t-2"
    assert len(source.fetched) == 2


async def test_a_refresh_that_fails_leaves_the_old_token_in_use(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    await tokens.get()
    await clock.advance(6_000)
    source.error = CredentialError("revoked")
    assert [await tokens.get() for _ in range(3)] == ["t-1"] * 3
    assert len(source.fetched) == 2
    source.error = None
    await clock.advance(61)
    assert await tokens.get() == "t-3"


async def test_an_expired_token_is_never_used(clock: FakeClock) -> None:
    source = Source(clock)
    tokens = keep(source, clock)
    await tokens.get()
    await clock.advance(7_200)
    source.error = CredentialError("revoked")
    with pytest.raises(CredentialError):
        await tokens.get()


async def test_short_lived_tokens_are_asked_for_once_a_minute_at_most(clock: FakeClock) -> None:
    source = Source(clock, timedelta(minutes=5))
    tokens = keep(source, clock)
    for _ in range(20):
        await tokens.get()
        await clock.advance(15)
    assert len(source.fetched) == 5


async def test_only_the_refused_token_is_dropped(clock: FakeClock) -> None:
    tokens = keep(Source(clock), clock)
    await tokens.get()
    tokens.drop("t-0")
    assert await tokens.get() == "t-1"
    tokens.drop("t-1")
    assert await tokens.get() == "t-2"


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadTimeout("late"), httpx.ConnectError("no"), UncertainError("?"), TemporaryError("!")],
    ids=lambda failure: type(failure).__name__,
)
async def test_without_a_token_surely_nothing_was_sent(failure: Exception) -> None:
    clock = RushedClock()
    source = Source(clock)
    source.error = failure
    with pytest.raises(TemporaryError):
        await keep(source, clock).get()
    assert len(source.fetched) == 3


async def test_a_refusal_of_the_credential_is_not_repeated(clock: FakeClock) -> None:
    source = Source(clock)
    source.error = CredentialError("wrong")
    with pytest.raises(CredentialError):
        await keep(source, clock).get()
    assert len(source.fetched) == 1


@pytest.mark.parametrize("life", [None, "7200", 0, -5, 1e99, True, [], float("nan"), 10**9])
def test_a_senseless_life_is_a_minute(clock: FakeClock, life: object) -> None:
    assert token_from("t", life, clock.now()).expires == clock.now() + timedelta(minutes=1)


def test_a_life_counts_from_when_the_token_was_asked_for(clock: FakeClock) -> None:
    assert token_from("t", 7200, clock.now()).expires == clock.now() + TWO_HOURS


@pytest.mark.parametrize("value", [None, "", 1, "a\nb", "tökén"])
def test_what_no_header_carries_is_no_token(clock: FakeClock, value: object) -> None:
    with pytest.raises(DeliveryError):
        token_from(value, 7200, clock.now())


def test_a_token_does_not_show_itself(clock: FakeClock) -> None:
    assert "t-secret" not in f"{token_from('t-secret', 1, clock.now())!r}"
