"""F: cards that change, pictures, people and groups, many at once (seeds 002 and 004)."""

import contextlib
import json
import struct
import uuid
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI, Response

from gateway.serving import listen, port_of, serving
from gateway_dingtalk.emulator import Emulator, create
from tests.faults.stage import BATCH, HOST, MESSAGES, TENANT, UNLIMITED, Api, House, house, until
from tests.seeds.conftest import PATH, Stage

BUTTON = {"id": "ok", "label": "OK", "kind": "callback"}


def asking(title: str) -> dict[str, Any]:
    """A card with a button: it goes out by itself and can change."""
    return {"title": title, "actions": [BUTTON]}


def title_of(content: str) -> str:
    title: str = json.loads(content)["header"]["title"]["content"]
    return title


async def settled_changes(api: Api, notification: str) -> None:
    """Wait until no change of a notification's cards is pending."""

    async def over() -> bool:
        found = await api.deliveries(notification=notification)
        return not any(each["pending_change"] for each in found)

    await until(over, 20)


async def change(api: Api, notification: str, title: str) -> dict[str, int]:
    body = {"card": {"title": title}}
    answer = await api.call("POST", f"/v1/notifications/{notification}/update", body)
    await settled_changes(api, notification)
    counts: dict[str, int] = answer["counts"]
    return counts


async def take_back(api: Api, notification: str) -> dict[str, int]:
    answer = await api.call("POST", f"/v1/notifications/{notification}/recall")
    await settled_changes(api, notification)
    counts: dict[str, int] = answer["counts"]
    return counts


async def test_f2_a_card_changes_its_state_and_no_second_message_comes(stage: Stage) -> None:
    await stage.people("li", "wang")
    posted = await stage.api.notify("user:li", "user:wang", card=asking("Approve?"))
    await stage.settled(posted)
    assert await change(stage.api, posted["id"], "Approved by Li Wei") == {"updating": 2}
    for number in (1, 2):
        [message] = stage.seen_by(number)
        assert title_of(message.content) == "Approved by Li Wei"
    usage = await stage.api.call("GET", f"{PATH}/channels/lark/usage")
    assert "update" in json.dumps(usage)


async def test_f2_a_card_with_a_collapse_key_is_one_message(stage: Stage) -> None:
    await stage.people("li")
    for title in ("Pending", "Running", "Done"):
        await stage.settled(await stage.api.notify("user:li", title=title, collapse_key="job/1"))
    [message] = stage.seen_by(1)
    assert title_of(message.content) == "Done"
    assert [title_of(each) for each in message.updates] == ["Running", "Done"]


async def test_f2_a_card_is_taken_back(stage: Stage) -> None:
    await stage.people("li")
    posted = await stage.api.notify("user:li", card=asking("Approve?"))
    await stage.settled(posted)
    assert await take_back(stage.api, posted["id"]) == {"recalling": 1}
    assert stage.seen_by(1) == []
    [delivery] = await stage.api.deliveries(notification=posted["id"])
    assert (delivery["state"], delivery["reason"]) == ("canceled", "canceled")


async def test_f2_a_batch_cannot_change_but_is_taken_back_as_a_whole(stage: Stage) -> None:
    await stage.people("li", "wang", "zhao")
    everybody = ("user:li", "user:wang", "user:zhao")
    posted = await stage.api.notify(*everybody, title="Maintenance")
    await stage.settled(posted)
    assert await change(stage.api, posted["id"], "Over") == {"unsupported": 3}
    assert await take_back(stage.api, posted["id"]) == {"recalling": 3}
    assert [stage.seen_by(number) for number in (1, 2, 3)] == [[], [], []]
    states = {each["state"] for each in await stage.api.deliveries(notification=posted["id"])}
    assert states == {"canceled"}


def png() -> bytes:
    """A picture of one point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00\xff\xff\xff")
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@contextlib.asynccontextmanager
async def picture() -> AsyncIterator[str]:
    """Serve a picture while the body runs, and yield its address."""
    app = FastAPI()

    @app.get("/logo.png")
    def logo() -> Response:
        return Response(png(), media_type="image/png")

    sock = listen(HOST, 0)
    address = f"http://{HOST}:{port_of(sock)}/logo.png"
    async with serving(app, sock, drain=1):
        yield address


async def test_f4_a_picture_is_uploaded_once_for_a_channel(stage: Stage) -> None:
    await stage.people("li", "wang")
    async with picture() as url:
        image = {"type": "image", "url": url, "alt": "Logo"}
        for title in ("One", "Two"):
            card = {"title": title, "blocks": [image]}
            await stage.settled(await stage.api.notify("user:li", "user:wang", card=card))
        await stage.api.channel("second", stage.lark)
        routing = {"channels": ["second"]}
        await stage.settled(await stage.api.notify("user:li", card=card, routing=routing))
    assert stage.lark.calls("/open-apis/im/v1/images") == 2
    assert all("img_" in message.content for message in stage.seen_by(1))


async def test_f5_a_person_and_a_group_both_hear_of_it(stage: Stage) -> None:
    await stage.people("li")
    group = stage.lark.emulator.add_chat("Operations")
    chat = {"chat": group.chat_id, "channel": "lark"}
    deliveries = await stage.settled(await stage.api.notify("user:li", chat))
    assert {each["recipient"]: each["state"] for each in deliveries} == {
        "user:li": "sent",
        f"chat:{group.chat_id}": "sent",
    }


async def test_f6_a_thousand_people_hear_of_it_in_five_calls(stage: Stage) -> None:
    stage.lark.emulator.add_people(1000)
    everybody = [{"email": f"p{number}@example.com"} for number in range(1, 1001)]
    posted = await stage.api.notify(*everybody, title="Maintenance")

    async def over() -> bool:
        found = await stage.api.call("GET", f"/v1/notifications/{posted['id']}")
        return bool(found["status"] == "completed")

    await until(over, 60)
    assert (stage.lark.calls(BATCH), stage.lark.calls(MESSAGES)) == (5, 0)


async def test_f2_what_a_robot_has_said_cannot_change(stage: Stage) -> None:
    token = str(uuid.uuid4())
    stage.lark.emulator.add_robot(token, stage.lark.emulator.add_chat("Operations"))
    path = f"{PATH}/channels/robot"
    config = {"webhook_url": f"{stage.lark.url}/open-apis/bot/v2/hook/{token}"}
    await stage.api.call("PUT", path, {"type": "lark-robot", "config": config})
    await stage.api.call("POST", f"{path}/enable")
    posted = await stage.api.notify({"channel": "robot"})
    await stage.settled(posted)
    assert await change(stage.api, posted["id"], "Over") == {"unsupported": 1}
    assert await take_back(stage.api, posted["id"]) == {"unsupported": 1}


@dataclass
class DingTalk:
    """The gateway with one enabled channel `ding`, and the platform behind it."""

    house: House
    emulator: Emulator

    @property
    def api(self) -> Api:
        return self.house.api


@contextlib.asynccontextmanager
async def emulated() -> AsyncIterator[tuple[Emulator, dict[str, Any]]]:
    app = create(enforce_limits=False)
    sock = listen(HOST, 0)
    url = f"http://{HOST}:{port_of(sock)}"
    emulator: Emulator = app.state.emulator
    emulator.add_people(3)
    async with serving(app, sock, drain=1):
        yield emulator, {**app.state.demo["config"], "api_base": url, "oapi_base": url}


@pytest.fixture
async def dingtalk(sqlite_url: str) -> AsyncIterator[DingTalk]:
    async with emulated() as (emulator, config), house(sqlite_url) as served:
        path = f"{PATH}/channels/ding"
        await served.api.call("PUT", PATH, {"name": TENANT})
        body = {"type": "dingtalk", "config": config, "limits": UNLIMITED}
        await served.api.call("PUT", path, body)
        await served.api.call("POST", f"{path}/enable")
        yield DingTalk(served, emulator)


PERSON = {"mobile": "+6590000001"}
ANOTHER = {"mobile": "+6590000002"}


async def delivered(stage: DingTalk, posted: dict[str, Any]) -> None:
    for each in posted["deliveries"]:
        await stage.api.until(each["id"], "sent")


async def test_f2_a_card_of_dingtalk_changes_and_is_marked_as_withdrawn(dingtalk: DingTalk) -> None:
    posted = await dingtalk.api.notify(PERSON, card=asking("Approve?"))
    await delivered(dingtalk, posted)
    [message] = dingtalk.emulator.messages
    assert message.card is not None
    assert await change(dingtalk.api, posted["id"], "Approved by Li Wei") == {"updating": 1}
    assert message.card.params["title"] == "Approved by Li Wei"
    assert await take_back(dingtalk.api, posted["id"]) == {"recalling": 1}
    assert "Withdrawn" in message.card.params["status_text"]
    assert len(dingtalk.emulator.messages) == 1


async def test_f2_cards_of_dingtalk_collapse(dingtalk: DingTalk) -> None:
    for title in ("Pending", "Done"):
        posted = await dingtalk.api.notify(PERSON, card=asking(title), collapse_key="job/1")
        await delivered(dingtalk, posted)
    [message] = dingtalk.emulator.messages
    assert message.card is not None
    assert message.card.params["title"] == "Done"


async def test_f2_plain_messages_of_dingtalk_are_taken_back_in_one_call(
    dingtalk: DingTalk,
) -> None:
    posted = await dingtalk.api.notify(PERSON, ANOTHER, title="Maintenance")
    await delivered(dingtalk, posted)
    assert await change(dingtalk.api, posted["id"], "Over") == {"unsupported": 2}
    assert await take_back(dingtalk.api, posted["id"]) == {"recalling": 2}
    assert all(message.recalled for message in dingtalk.emulator.messages)
    states = {each["state"] for each in await dingtalk.api.deliveries(notification=posted["id"])}
    assert states == {"canceled"}
