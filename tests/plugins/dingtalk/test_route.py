import asyncio
import json

import httpx
import pytest

from gateway.plugin import ContentError, Identity

from .conftest import Rig, Scripted
from .test_channel import APPROVAL, CARD

SENT = {"success": True, "result": {"deliverResults": [{"success": True}]}}
UNKNOWN = {"code": "param.callbackRouteKeyNotExist", "message": "no"}
LI = Identity("li.wei", "user_id")


class Far:
    """A platform that knows the address, or does not yet."""

    def __init__(self, *, known: bool) -> None:
        self.known = known
        self.named: list[bool] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        named = "callbackRouteKey" in json.loads(request.content)
        self.named.append(named)
        refused = named and not self.known
        return httpx.Response(400, json=UNKNOWN) if refused else httpx.Response(200, json=SENT)


async def test_of_many_cards_at_once_one_finds_out(scripted: type[Scripted]) -> None:
    far = Far(known=False)
    channel = scripted(far.answer).channel
    payload = channel.render(APPROVAL)
    sends = (channel.send(LI, payload, key=f"k{number}") for number in range(64))
    receipts = await asyncio.gather(*sends)
    assert far.named.count(True) == 1
    assert len(far.named) == 65
    assert all("not registered" in (receipt.note or "") for receipt in receipts)


async def test_an_address_that_is_known_costs_no_call_more(scripted: type[Scripted]) -> None:
    far = Far(known=True)
    channel = scripted(far.answer).channel
    payload = channel.render(APPROVAL)
    await asyncio.gather(*(channel.send(LI, payload, key=f"k{n}") for n in range(64)))
    assert far.named == [True] * 64


async def test_a_refusal_is_forgotten_after_five_minutes(scripted: type[Scripted]) -> None:
    far = Far(known=False)
    platform = scripted(far.answer)
    channel = platform.channel
    payload = channel.render(APPROVAL)
    await channel.send(LI, payload, key="a")
    far.known = True
    await platform.clock.advance(299)
    await channel.send(LI, payload, key="b")
    await platform.clock.advance(2)
    receipt = await channel.send(LI, payload, key="c")
    assert far.named == [True, False, False, True]
    assert receipt.note is None


async def test_an_address_that_was_taken_away_is_noticed(scripted: type[Scripted]) -> None:
    far = Far(known=True)
    channel = scripted(far.answer).channel
    payload = channel.render(APPROVAL)
    await channel.send(LI, payload, key="a")
    far.known = False
    receipt = await channel.send(LI, payload, key="b")
    assert far.named == [True, True, False]
    assert "not registered" in (receipt.note or "")


async def test_a_card_without_buttons_names_no_address(scripted: type[Scripted]) -> None:
    far = Far(known=True)
    channel = scripted(far.answer).channel
    await channel.send(LI, channel.render(CARD), key="a")
    assert far.named == [False]


async def test_another_refusal_is_not_about_the_address(scripted: type[Scripted]) -> None:
    refusal = httpx.Response(400, json={"code": "param.invalid", "message": "cardParamMap"})
    platform = scripted(lambda _: refusal)
    with pytest.raises(ContentError):
        await platform.channel.send(LI, platform.channel.render(APPROVAL), key="a")
    assert len(platform.requests) == 1


async def test_presses_report_back_once_their_address_is_registered(rig: Rig) -> None:
    channel = rig.channel()
    before = await channel.send(LI, channel.render(APPROVAL), key="before")
    assert "not registered" in (before.note or "")
    await channel.register_callbacks("https://notify.example.com/v1/callbacks/acme/dingtalk")
    after = await channel.send(LI, channel.render(APPROVAL), key="after")
    assert after.note is None
    assert rig.emulator.cards["after"].route_key == channel.route_key
    assert rig.emulator.cards["before"].route_key is None
