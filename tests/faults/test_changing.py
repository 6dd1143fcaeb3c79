"""Updates to one card arrive in order, the latest wins, whatever happens in between."""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway_lark.emulator import Message
from tests.faults.stage import Api, Gateway, Platform, api_of, email, gateway, platform, until

ROUNDS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "4711"))
CARDS = 4
VALUE = "value"


def press() -> dict[str, Any]:
    """A card with a button goes out by itself, so that it can change."""
    return {"actions": [{"id": "ok", "label": "OK", "kind": "callback"}]}


def shown(message: Message) -> list[int]:
    """Return the numbers that a card has shown, in order."""
    return [number_in(content) for content in [message.sent_content, *message.updates]]


def number_in(content: str) -> int:
    title = json.loads(content)["header"]["title"]["content"]
    return int(title.removeprefix("Card "))


async def patiently(api: Api, path: str, body: object) -> dict[str, Any]:
    """Post through whatever happens to the gateway, as a client would."""
    while True:
        try:
            reply = await api.http.post(path, json=body)
        except httpx.TransportError:
            await asyncio.sleep(0.02)
            continue
        if reply.status_code == 202:
            answer: dict[str, Any] = reply.json()
            return answer
        await asyncio.sleep(0.02)


async def kill_now_and_then(served: Gateway, rounds: int, done: asyncio.Event) -> None:
    chance = random.Random(SEED)
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.3, 0.9))
        await served.kill()
        await served.start()
    done.set()


async def nothing_waits(api: Api) -> bool:
    found = await api.deliveries()
    return not any(each["pending_change"] or each["state"] in {"queued", "held"} for each in found)


def in_order(lark: Platform) -> None:
    for message in lark.emulator.messages:
        numbers = shown(message)
        assert numbers == sorted(numbers), numbers


@pytest.mark.faults
@pytest.mark.parametrize("rounds", [1, ROUNDS], ids=["short", "full"])
@pytest.mark.timeout(300)
async def test_updates_come_in_order_through_kills(tmp_path: Path, rounds: int) -> None:
    async with platform(enforce_limits=False, latency=0.1) as lark, gateway(tmp_path) as served:
        lark.emulator.add_people(CARDS)
        done = asyncio.Event()
        async with api_of(served.url) as api:
            await api.prepare(lark)
            ids = []
            for person in range(1, CARDS + 1):
                card = {"title": "Card 0", **press()}
                posted = await api.notify(email(person), card=card)
                ids.append(posted["id"])
                await api.until(posted["deliveries"][0]["id"], "sent")
            killing = asyncio.create_task(kill_now_and_then(served, rounds, done))
            number = 0
            while not done.is_set():
                number += 1
                body = {"card": {"title": f"Card {number}", **press()}}
                for one in ids:
                    await patiently(api, f"/v1/notifications/{one}/update", body)
            await killing
            await until(lambda: nothing_waits(api), 60)
        messages = list(lark.emulator.messages)
    assert len(messages) == CARDS
    in_order(lark)
    assert {number_in(message.content) for message in messages} == {number}


@pytest.mark.faults
@pytest.mark.parametrize("rounds", [1, ROUNDS], ids=["short", "full"])
@pytest.mark.timeout(300)
async def test_collapsed_cards_come_in_order_through_kills(tmp_path: Path, rounds: int) -> None:
    async with platform(enforce_limits=False, latency=0.1) as lark, gateway(tmp_path) as served:
        lark.emulator.add_people(CARDS)
        done = asyncio.Event()
        async with api_of(served.url) as api:
            await api.prepare(lark)
            killing = asyncio.create_task(kill_now_and_then(served, rounds, done))
            number = 0
            while not done.is_set():
                number += 1
                for person in range(1, CARDS + 1):
                    body = {"tenant": "acme", "type": "t", "to": [email(person)]}
                    body |= {"card": {"title": f"Card {number}"}, "collapse_key": "k"}
                    await patiently(api, "/notify", body)
            await killing
            await until(lambda: nothing_waits(api), 60)
        messages = list(lark.emulator.messages)
    assert len(messages) == CARDS  # one card for each, however often the gateway died
    in_order(lark)
    assert {number_in(message.content) for message in messages} == {number}
