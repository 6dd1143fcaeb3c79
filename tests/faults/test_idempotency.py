"""One key, one notification: under a crowd and across a kill."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.faults.stage import Api, api_of, email, gateway, house, note, platform, until

KEY = {"Idempotency-Key": "export-4711"}


async def post(api: Api, title: str) -> httpx.Response:
    return await api.http.post("/notify", json=note(email(1), title=title), headers=KEY)


async def test_200_equal_posts_with_one_key_are_one_notification(sqlite_url: str) -> None:
    async with platform() as lark, house(sqlite_url) as home:
        lark.emulator.add_people(1)
        await home.api.prepare(lark)
        replies = await asyncio.gather(*(post(home.api, "Once") for _ in range(200)))
        assert {reply.status_code for reply in replies} == {202}
        assert len({reply.content for reply in replies}) == 1
        assert sum("Idempotent-Replay" not in reply.headers for reply in replies) == 1
        [found] = await home.api.deliveries()
        await home.api.until(found["id"], "sent")
        assert len(lark.emulator.messages) == 1

        other = await post(home.api, "Twice")
        assert other.status_code == 422
        assert other.json()["code"] == "idempotency_mismatch"
        assert other.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]
        assert len(await home.api.deliveries()) == 1


@pytest.mark.faults
async def test_a_key_still_answers_the_same_after_a_kill(tmp_path: Path) -> None:
    async with (
        platform() as lark,
        gateway(tmp_path) as served,
        api_of(served.url) as api,
    ):
        lark.emulator.add_people(1)
        await api.prepare(lark)
        first = await post(api, "Once")
        await served.kill()
        await served.start()
        again = await post(api, "Once")
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["Idempotent-Replay"] == "true"
        assert (await post(api, "Twice")).status_code == 422
        [found] = await api.deliveries()
        await api.until(found["id"], "sent")
        await until(lambda: one_card(lark.emulator.messages), 5)


async def one_card(messages: list[object]) -> bool:
    return len(messages) == 1
