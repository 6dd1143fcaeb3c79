"""The demo is a whole gateway: it is ready by itself, sends, and may be started again."""

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.cli.demo import _curl, _introduce, _notify
from gateway.cli.following import follow
from gateway.cli.posting import Gateway, Server
from gateway.demo.emulators import emulated_types, home
from gateway.demo.process import Demo, Options, running
from gateway.demo.tenant import DemoError, first_notification
from gateway.request import NotifyRequest
from gateway.store import StoreLockedError

ANY_PORT = 0
TENANT = "/v1/tenants/demo"

pytestmark = pytest.mark.asyncio(loop_scope="module")


def options(folder: Path) -> Options:
    return Options(folder / "demo", ANY_PORT, ANY_PORT)


@pytest.fixture(scope="module", autouse=True)
def no_settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
            patch.delenv(name)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with running(options(tmp_path_factory.mktemp("shared"))) as started:
        yield started


async def messages(demo: Demo) -> dict[str, list[Any]]:
    async with httpx.AsyncClient(trust_env=False) as http:
        found = {}
        for each in demo.emulators:
            asked = f"{each.url}/_emulator/messages?person={demo.person}"
            found[each.channel_type.name] = (await http.get(asked)).json()["messages"]
        return found


async def ended(demo: Demo, notification: str) -> list[str]:
    async with Gateway(Server(demo.url, demo.key)) as gateway:
        told = await follow(gateway, notification, 10.0)
    return [delivery["state"] for delivery in told["deliveries"]]


async def test_every_emulated_type_gets_an_enabled_channel_whose_check_passes(demo: Demo) -> None:
    assert [check.channel for check in demo.checks] == list(emulated_types())
    assert all(check.ok for check in demo.checks)
    channels = (await demo.api.call("GET", f"{TENANT}/channels"))["items"]
    assert {channel["name"] for channel in channels} == set(emulated_types())
    assert all(channel["enabled"] for channel in channels)


async def test_the_people_of_the_platforms_are_users(demo: Demo) -> None:
    user = await demo.api.call("GET", f"{TENANT}/users/{demo.person}")
    assert user["email"]
    assert user["mobile"]


async def test_the_first_notification_arrives_on_every_platform(demo: Demo) -> None:
    accepted = await demo.send()
    assert set(await ended(demo, accepted["id"])) == {"sent"}
    assert all(len(found) >= 1 for found in (await messages(demo)).values())


async def test_a_second_notification_is_not_held_back(demo: Demo) -> None:
    again = [await demo.send(), await demo.send()]
    assert [set(await ended(demo, each["id"])) for each in again] == [{"sent"}, {"sent"}]


async def test_it_may_be_started_again_on_the_same_data(tmp_path: Path) -> None:
    async with running(options(tmp_path)) as first:
        key = first.key
        sent = await first.send()
        await ended(first, sent["id"])
    async with running(options(tmp_path)) as second:
        assert second.key == key
        assert await second.api.call("GET", f"/v1/notifications/{sent['id']}")
        assert all(check.ok for check in second.checks)


async def test_a_second_demo_on_the_same_data_is_refused(demo: Demo) -> None:
    with pytest.raises(StoreLockedError):
        async with running(options(demo.key_file.parent.parent)):
            pass


async def test_a_demo_takes_free_ports_where_others_are_taken(demo: Demo, tmp_path: Path) -> None:
    taken = int(demo.url.rpartition(":")[2])
    elsewhere = Options(tmp_path / "other", taken, taken)
    async with running(elsewhere) as other:
        pages = {each.url for each in other.emulators}
    assert not pages & {demo.url, other.url, *(each.url for each in demo.emulators)}


async def test_a_platform_answers_once_for_all_its_channel_types(demo: Demo) -> None:
    urls = {each.channel_type.name: each.url for each in demo.emulators}
    assert urls["lark-robot"] == urls["lark"]
    assert urls["dingtalk-robot"] == urls["dingtalk"]
    assert len(set(urls.values())) == len({home(each.channel_type) for each in demo.emulators})


async def test_the_first_notification_goes_to_groups_and_receivers_too(demo: Demo) -> None:
    assert set(demo.groups) == {"dingtalk-robot", "feishu-robot", "lark-robot", "webhook"}
    sent = await demo.send()
    assert set(await ended(demo, sent["id"])) == {"sent"}
    [*_, event] = (await messages(demo))["webhook"]
    assert (event["verified"], event["body"]["type"]) == (True, "notification")


async def test_without_an_emulator_there_is_no_demo(tmp_path: Path) -> None:
    nobody = Options(tmp_path, ANY_PORT, ANY_PORT, plugins=frozenset({"nobody"}))
    with pytest.raises(DemoError, match="emulator"):
        async with running(nobody):
            pass


async def test_the_owners_key_is_for_its_owner_only(demo: Demo) -> None:
    assert stat.S_IMODE(demo.key_file.stat().st_mode) == 0o600


async def test_a_refusal_is_told_in_the_gateways_words(demo: Demo) -> None:
    with pytest.raises(DemoError, match="nobody-here"):
        await demo.api.call("GET", "/v1/tenants/nobody-here")


async def test_the_first_notification_is_one_the_gateway_takes() -> None:
    NotifyRequest.model_validate(first_notification("li.wei"))


async def test_the_printed_lines_work_as_they_stand(demo: Demo) -> None:
    curl = await asyncio.to_thread(_shell, _curl(demo))
    assert json.loads(curl)["status"] == "accepted"
    program = Path(sys.executable).with_name("gateway")
    line = re.sub(r"^\S+ notify", f"{program} notify", _notify(demo))
    assert "sent" in await asyncio.to_thread(_shell, line)


async def test_a_person_is_told_what_to_open_and_what_to_type(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    _introduce(demo, Options(demo.key_file.parent, port=1), "ntf_1")
    told = capsys.readouterr().out
    urls = [f"{demo.url}/docs", *(each.url for each in demo.emulators)]
    assert all(url in told for url in urls)
    assert _curl(demo) in told
    assert _notify(demo) in told
    assert "Port 1 is taken" in told
    assert "ntf_1" in told


def _shell(line: str) -> str:
    return subprocess.run(line, shell=True, check=True, capture_output=True, text=True).stdout


async def test_ctrl_c_ends_the_program_cleanly(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("gateway"))
    process = await asyncio.create_subprocess_exec(
        program, "demo", "--json", "--send", "--port", "0", cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    text = (await process.stdout.readuntil(b"\n}\n")).decode()
    assert json.loads(text)["sent"].startswith("ntf_")
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, errors.decode()) == (0, "")
