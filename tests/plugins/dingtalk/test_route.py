import asyncio
import json

import httpx
import pytest

from gateway.plugin import ContentError, Identity

from .conftest import EDITIONS, Rig, Scripted
from .test_channel import APPROVAL, CARD

SENT = {"success": True, "result": {"deliverResults": [{"success": True}]}}
UNKNOWN = {"code": "param.callbackRouteKeyNotExist", "message": "no"}
LI = Identity("li.wei", "user_id")
URL = "https://notify.example.com/v1/callbacks/acme/dingtalk"


class Far:
    """A platform that takes addresses, or does not, and forgets them when told to."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.known = False
        self.seen: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/register"):
            self.seen.append("register")
            self.known = self.takes
            return httpx.Response(200 if self.takes else 500, json={"success": self.takes})
        named = "callbackRouteKey" in json.loads(request.content)
        self.seen.append("named" if named else "plain")
        refused = named and not self.known
        return httpx.Response(400, json=UNKNOWN) if refused else httpx.Response(200, json=SENT)


async def test_of_many_cards_at_once_one_registers_the_address(scripted: type[Scripted]) -> None:
    far = Far()
    channel = scripted(far.answer, callback_url=URL).channel
    payload = channel.render(APPROVAL)
    sends = (channel.send(LI, payload, key=f"k{number}") for number in range(64))
    receipts = await asyncio.gather(*sends)
    assert far.seen == ["register", *["named"] * 64]
    assert all(receipt.note is None for receipt in receipts)


async def test_without_an_address_of_ours_nothing_is_registered_and_the_sender_hears_it(
    scripted: type[Scripted],
) -> None:
    far = Far()
    channel = scripted(far.answer).channel
    receipt = await channel.send(LI, channel.render(APPROVAL), key="a")
    assert far.seen == ["plain"]
    assert "do not report back" in (receipt.note or "")


async def test_an_address_that_is_not_taken_holds_no_card_back_and_is_tried_again_later(
    scripted: type[Scripted],
) -> None:
    far = Far(takes=False)
    platform = scripted(far.answer, callback_url=URL)
    channel = platform.channel
    payload = channel.render(APPROVAL)
    sends = (channel.send(LI, payload, key=f"k{number}") for number in range(8))
    receipts = await asyncio.gather(*sends)
    assert far.seen == ["register", *["plain"] * 8]
    assert all("do not report back" in (receipt.note or "") for receipt in receipts)
    far.takes = True
    platform.clock.jump(299)
    await channel.send(LI, payload, key="b")
    platform.clock.jump(2)
    receipt = await channel.send(LI, payload, key="c")
    assert far.seen[9:] == ["plain", "register", "named"]
    assert receipt.note is None


async def test_a_dead_wire_at_registering_holds_no_card_back(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/register"):
            raise httpx.ReadTimeout("late", request=request)
        return httpx.Response(200, json=SENT)

    channel = scripted(answer, callback_url=URL).channel
    receipt = await channel.send(LI, channel.render(APPROVAL), key="a")
    assert "do not report back" in (receipt.note or "")


async def test_an_address_that_was_taken_away_is_noticed_and_registered_again(
    scripted: type[Scripted],
) -> None:
    far = Far()
    platform = scripted(far.answer, callback_url=URL)
    channel = platform.channel
    payload = channel.render(APPROVAL)
    await channel.send(LI, payload, key="a")
    far.known = False
    receipt = await channel.send(LI, payload, key="b")
    assert "do not report back" in (receipt.note or "")
    platform.clock.jump(301)
    await channel.send(LI, payload, key="c")
    assert far.seen == ["register", "named", "named", "plain", "register", "named"]


async def test_a_card_without_buttons_names_no_address(scripted: type[Scripted]) -> None:
    far = Far()
    channel = scripted(far.answer, callback_url=URL).channel
    await channel.send(LI, channel.render(CARD), key="a")
    assert far.seen == ["plain"]


async def test_another_refusal_is_not_about_the_address(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/register"):
            return httpx.Response(200, json={"success": True})
        return httpx.Response(400, json={"code": "param.invalid", "message": "cardParamMap"})

    platform = scripted(answer, callback_url=URL)
    with pytest.raises(ContentError):
        await platform.channel.send(LI, platform.channel.render(APPROVAL), key="a")
    assert len(platform.requests) == 2


@pytest.mark.parametrize("edition", [edition.name for edition in EDITIONS])
async def test_the_platform_learns_the_address_and_what_signs_its_presses(edition: str) -> None:
    rig = Rig(edition, callback_url=URL)
    channel = rig.channel()
    receipt = await channel.send(LI, channel.render(APPROVAL), key="a")
    assert receipt.note is None
    key = rig.emulator.cards["a"].route_key
    assert key is not None
    assert rig.emulator.routes[key].url == URL
    assert len(rig.emulator.routes[key].secret) > 40
    assert rig.config["app_secret"] not in rig.emulator.routes[key].secret


async def test_two_gateways_with_one_application_keep_their_own_addresses() -> None:
    rig = Rig("dingtalk", callback_url=URL)
    await rig.channel().send(LI, rig.channel().render(APPROVAL), key="a")
    other = Rig("dingtalk", callback_url="https://staging.example.com/v1/callbacks/acme/dingtalk")
    await other.channel().send(LI, other.channel().render(APPROVAL), key="a")
    assert rig.emulator.cards["a"].route_key != other.emulator.cards["a"].route_key
