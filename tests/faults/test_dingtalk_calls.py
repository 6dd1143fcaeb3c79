"""How many calls DingTalk sees for a thousand people, through the whole gateway."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.serving import listen, port_of, serving
from gateway_dingtalk.emulator import Emulator, create
from tests.faults.stage import HOST, TENANT, UNLIMITED, Api, house, until

PEOPLE = [{"mobile": f"+659{number:07d}"} for number in range(1, 1001)]


@contextlib.asynccontextmanager
async def dingtalk() -> AsyncIterator[tuple[Emulator, dict[str, Any]]]:
    """Serve an emulated DingTalk with a thousand people while the body runs."""
    app = create(enforce_limits=False)
    sock = listen(HOST, 0)
    url = f"http://{HOST}:{port_of(sock)}"
    emulator: Emulator = app.state.emulator
    emulator.add_people(1000)
    async with serving(app, sock, drain=1):
        yield emulator, {**app.state.demo["config"], "api_base": url, "oapi_base": url}


async def connect(api: Api, config: dict[str, Any]) -> None:
    await api.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Acme"})
    path = f"/v1/tenants/{TENANT}/channels/ding"
    body = {"type": "dingtalk", "config": config, "limits": UNLIMITED}
    await api.call("PUT", path, body)
    await api.call("POST", f"{path}/enable")


async def sent(api: Api, emulator: Emulator, title: str) -> dict[str, int]:
    """Notify everybody and return the calls that took, by the last part of their path."""
    emulator.reset_counts()
    posted = await api.notify(*PEOPLE, title=title)

    async def over() -> bool:
        found = await api.call("GET", f"/v1/notifications/{posted['id']}")
        return bool(found["status"] == "completed")

    await until(over, 100, every=0.2)
    assert not emulator.rejections
    return {key.rpartition("/")[2]: count for key, count in emulator.calls.items()}


@pytest.mark.faults
async def test_the_chatbot_writes_to_1000_people_in_1051_calls_and_then_50(
    sqlite_url: str,
) -> None:
    async with dingtalk() as (emulator, config), house(sqlite_url) as home:
        await connect(home.api, config)
        cold = await sent(home.api, emulator, "Cold")
        assert cold == {"accessToken": 1, "getbymobile": 1000, "batchSend": 50}
        assert await sent(home.api, emulator, "Warm") == {"batchSend": 50}


@pytest.mark.faults
async def test_work_notices_go_to_1000_people_in_10_calls_and_10_that_ask_who_got_them(
    sqlite_url: str,
) -> None:
    async with dingtalk() as (emulator, config), house(sqlite_url) as home:
        await connect(home.api, {**config, "person_messages": "work_notice"})
        cold = await sent(home.api, emulator, "Cold")
        notices = {"asyncsend_v2": 10, "getsendresult": 10}
        assert cold == {"accessToken": 1, "getbymobile": 1000, **notices}
        assert await sent(home.api, emulator, "Warm") == notices
        assert len({each.receiver for each in emulator.messages}) == 1000
        assert len(emulator.messages) == 2000
