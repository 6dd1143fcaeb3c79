"""A sample goes to whom a delivery would go to."""

import pytest

from gateway.models import Recipient, RecipientKind
from gateway.store.bindings import BindingRow, put_binding
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type

PERSON = Recipient(RecipientKind.EMAIL, "li@ex.com", email="li@ex.com")


async def opened(build: Build, platform: Platform) -> House:
    house = await build(toy_type(platform))
    await house.channel()
    return house


async def bind(house: House, **more: object) -> None:
    row = BindingRow("acme", "toy", PERSON.key, "manual", 1, **more)  # type: ignore[arg-type]
    await house.core.store.write(lambda c: put_binding(c, row))


async def test_a_sample_goes_to_the_identity_that_somebody_bound(build: Build) -> None:
    platform = Platform()
    house = await opened(build, platform)
    await bind(house, identity_kind="toy_id", identity="bound-by-hand")
    assert (await house.core.lanes.test("acme", "toy", PERSON))["ok"] is True
    assert [who for who, _, _ in platform.sends] == ["bound-by-hand"]
    assert platform.lookups == []


async def test_whoever_nobody_bound_is_looked_up(build: Build) -> None:
    platform = Platform()
    house = await opened(build, platform)
    assert (await house.core.lanes.test("acme", "toy", PERSON))["ok"] is True
    assert len(platform.lookups) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"unbound": True}, "an admin unbound this recipient; bind it again first"),
        (
            {"identity_kind": "toy_id", "identity": "x", "stale_since": 1, "stale_reason": "left"},
            "the binding is stale: left",
        ),
    ],
)
async def test_a_sample_tells_why_a_delivery_would_not_go(
    build: Build, more: dict[str, object], said: str
) -> None:
    platform = Platform()
    house = await opened(build, platform)
    await bind(house, **more)
    told = await house.core.lanes.test("acme", "toy", PERSON)
    assert (told["ok"], told["error"], told["sentence"]) == (False, "recipient", said)
    assert (platform.sends, platform.lookups) == ([], [])
