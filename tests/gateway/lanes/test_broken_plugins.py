"""A plugin that fails where it is opened, asked or rendered: it alone suffers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from gateway.connections import NotConfiguredError, NotOpenedError
from gateway.models import Recipient, RecipientKind
from gateway.plugin import Channel, ChannelType, Context, Limits
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import BulkToy, Credential, Platform, Toy, toy_type

PERSON = Recipient(RecipientKind.EMAIL, "anna@ex.com", email="anna@ex.com")
MISTAKES: tuple[BaseException, ...] = (RuntimeError("canary"), SystemExit(3))


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def broken(**offers: Any) -> ChannelType:  # noqa: ANN401 - any field of the channel type
    return replace(toy_type(Platform(), "broken"), **offers)


async def both(build: Build, kind: ChannelType) -> tuple[House, Platform]:
    """Build a house with a good channel `toy` beside the broken one, and post to both."""
    platform = Platform()
    house = await build(toy_type(platform), kind)
    await house.channel()
    await house.channel("broken", "broken")
    await house.post("email:anna@ex.com")
    return house, platform


async def reason_of(house: House, channel: str) -> str | None:
    [row] = await house.deliveries(channel=channel)
    return None if row.reason is None else str(row.reason)


async def outcome(house: House, channel: str, reason: str) -> None:
    async def there() -> bool:
        return await reason_of(house, channel) == reason

    await house.until(there)


async def sent(house: House) -> None:
    async def there() -> bool:
        return [row.state for row in await house.deliveries(channel="toy")] == ["sent"]

    await house.until(there)


@pytest.mark.parametrize("error", MISTAKES, ids=repr)
@pytest.mark.parametrize("part", ["connect", "limits_for"])
async def test_a_channel_that_cannot_be_opened_waits_and_its_neighbour_goes(
    build: Build, part: str, error: BaseException
) -> None:
    house, _ = await both(build, broken(**{part: failing(error)}))
    await sent(house)
    await outcome(house, "broken", "plugin_error")
    [row] = await house.deliveries(channel="broken")
    assert (row.state, "canary" in row.detail) == ("held", False)
    assert row.updated < row.due <= row.updated + 61_000


async def test_a_plugin_that_opens_again_sends_what_waited(build: Build) -> None:
    def connect(credential: Credential, context: Context) -> Channel[Any]:
        if not mended:
            raise SystemExit(3)
        return Toy(credential, context, Platform())

    mended: list[bool] = []
    house, _ = await both(build, broken(connect=connect))
    await outcome(house, "broken", "plugin_error")
    mended.append(True)
    await house.core.lanes.changed("acme", "broken")
    await house.until_over()
    assert {row.state for row in await house.deliveries()} == {"sent"}


async def test_a_channel_that_opens_as_something_else_is_not_used(build: Build) -> None:
    house, _ = await both(build, broken(connect=lambda *_: None))
    await outcome(house, "broken", "plugin_error")
    with pytest.raises(NotOpenedError, match="NoneType"):
        await house.core.lanes.test("acme", "broken", PERSON)


class AsksWrongly(BulkToy):
    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        raise SystemExit(5)


class Unrenderable(Toy):
    render = failing(SystemExit(6))


class RendersGarbage(Toy):
    def render(self, card: object) -> Any:  # noqa: ANN401 - garbage
        return [card]


class SendsGarbage(Toy):
    async def send(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - garbage
        return {"ok": True}


def of(kind: type[Toy]) -> ChannelType:
    return broken(
        channel=kind, connect=lambda credential, context: kind(credential, context, Platform())
    )


FAULTS: Mapping[type[Toy], str] = {
    AsksWrongly: "lookups raised SystemExit",
    Unrenderable: "render raised SystemExit",
    RendersGarbage: "render returned no mapping",
    SendsGarbage: "the plugin returned a dict instead of a receipt",
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_sample_tells_the_plugins_fault_and_raises_nothing(
    build: Build, kind: type[Toy]
) -> None:
    house = await build(of(kind))
    await house.channel("broken", "broken")
    told = await house.core.lanes.test("acme", "broken", PERSON)
    assert (told["ok"], told["error"], told["sentence"]) == (False, "plugin_error", FAULTS[kind])


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_faulty_plugin_spends_its_attempts_and_stops_no_lane(
    build: Build, kind: type[Toy]
) -> None:
    house, _ = await both(build, of(kind))
    await sent(house)

    async def tried() -> bool:
        return bool(await house.attempts()) and any(
            attempt.error == "plugin_error" for attempt in await house.attempts()
        )

    await house.until(tried)


async def test_a_sample_on_a_channel_that_is_not_there_is_refused(build: Build) -> None:
    house = await build(toy_type(Platform(), limits=Limits()))
    with pytest.raises(NotConfiguredError):
        await house.core.lanes.test("acme", "nowhere", PERSON)
