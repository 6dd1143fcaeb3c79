"""Envelopes on their way: what a receiver hears of a notification is that notification's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.plugin import About, Envelopes, Identity, Payload, Receipt
from tests.gateway.lanes.conftest import Build
from tests.gateway.lanes.toy import Platform, Toy, toy_type


@dataclass
class Mailroom(Platform):
    """A platform that keeps what it was told about each notification."""

    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


class Posted(Toy, Envelopes):
    """The toy, which tells what its payloads are about."""

    platform: Mailroom

    def envelop(self, payload: Payload, about: About) -> Payload:
        return {**payload, "about": about.notification, "metadata": about.request.get("metadata")}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        self.platform.told.append((payload["about"], payload["metadata"]))
        return await super().send(to, payload, key=key)


async def test_equal_cards_of_two_notifications_and_two_tenants_keep_their_own_words(
    build: Build,
) -> None:
    room = Mailroom()
    posted = replace(
        toy_type(room), channel=Posted, connect=lambda own, context: Posted(own, context, room)
    )
    house = await build(posted)
    await house.tenant("other")
    expected = []
    for tenant in ("acme", "other"):
        await house.channel(tenant=tenant)
        await house.user("li", tenant=tenant, email="li@ex.com")
        for number in range(2):
            metadata = {"secret_of": tenant, "number": number}
            one = await house.post("user:li", tenant=tenant, metadata=metadata)
            expected.append((one, metadata))
    await house.until_over()
    assert dict(room.told) == dict(expected)
