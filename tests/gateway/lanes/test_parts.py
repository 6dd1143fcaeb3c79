"""A card that one message cannot hold is one delivery of several calls."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.card import Card
from gateway.errors import ContentError, TemporaryError, UncertainError
from gateway.models import Identity, Receipt
from gateway.plugin import ChannelType, Context, Limits, Payload, Splits
from gateway.store.schema import delivery
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Credential, Platform, Toy, toy_type


class LongToy(Toy, Splits):
    """Says each word of a title by itself."""

    def split(self, card: Card) -> Sequence[Payload]:
        if card.title == "never":
            raise ContentError("too long")
        if card.title == "broken":
            return []
        return [{"title": word} for word in card.title.split()]


def long_type(platform: Platform, limits: Limits | None = None) -> ChannelType:
    def connect(credential: Credential, context: Context) -> LongToy:
        return LongToy(credential, context, platform)

    return replace(toy_type(platform, limits=limits), channel=LongToy, connect=connect)


async def house_of(build: Build, platform: Platform, limits: Limits | None = None) -> House:
    house = await build(long_type(platform, limits))
    await house.channel()
    return house


async def test_a_delivery_is_sent_when_all_its_parts_are(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform)
    await house.post("email:a@ex.com", title="one two three")
    await house.until_over()
    assert [title for _, title, _ in platform.sends] == ["one", "two", "three"]
    assert len({key for _, _, key in platform.sends}) == 3
    [row] = await house.deliveries()
    assert (row.state, row.attempts, row.maybe_duplicate) == ("sent", 1, False)
    assert row.message_id == "m-3"
    told = [attempt.sentence for attempt in await house.attempts()]
    assert told == ["part 1 of 3", "part 2 of 3", "part 3 of 3"]


async def test_a_retry_goes_on_with_the_part_that_failed(build: Build) -> None:
    platform = Platform()
    failures = [TemporaryError("away"), UncertainError("no answer")]

    async def second_fails(to: Identity) -> Receipt | None:
        if len(platform.sends) == 1 and failures:
            raise failures.pop()
        return None

    platform.misdeed = second_fails
    house = await house_of(build, platform)
    await house.post("email:a@ex.com", title="one two three")

    async def failed_once() -> bool:
        return len(await house.attempts()) == 2

    await house.until(failed_once)
    [row] = await house.deliveries()
    assert (row.state, row.parts, row.attempts, row.maybe_duplicate) == ("queued", 1, 1, True)
    await house.stop()  # another owner goes on
    failures.clear()
    await house.core.store.write(lambda c: c.execute(delivery.update().values(due=0)))
    house.start()
    await house.until_over()
    assert [title for _, title, _ in platform.sends] == ["one", "two", "three"]
    [row] = await house.deliveries()
    assert (row.state, row.parts) == ("sent", 2)


async def test_parts_keep_to_the_pace(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform, Limits(calls_per_second=2))
    await house.post("email:a@ex.com", title="one two three four five")
    await house.until_over()
    assert [title for _, title, _ in platform.sends] == ["one", "two", "three", "four", "five"]
    at = platform.at
    assert all(later - former >= 1.0 for former, later in zip(at, at[2:], strict=False))


async def test_a_card_that_has_too_many_parts_is_refused(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform)
    await house.post("email:a@ex.com", title="never")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.reason, row.detail) == ("failed", "content_rejected", "too long")


async def test_no_parts_at_all_are_the_plugins_fault(build: Build) -> None:
    house = await house_of(build, Platform())
    await house.post("email:a@ex.com", title="broken")

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried)
    [attempt] = await house.attempts()
    assert (attempt.error, attempt.sentence) == ("plugin_error", "split returned no payloads")


async def test_overrides_reach_every_part(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform)
    await house.post("email:a@ex.com", title="one two", overrides={"toy": {"title": "own"}})
    await house.until_over()
    assert [title for _, title, _ in platform.sends] == ["own", "own"]
