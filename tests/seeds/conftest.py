"""A gateway, an emulated Lark and people on both sides, for every row of the seeds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from gateway_lark.emulator import Message
from tests.faults.stage import TENANT, Api, House, Platform, house, platform

PATH = f"/v1/tenants/{TENANT}"


@dataclass
class Stage:
    """The gateway with one enabled channel `lark`, and the platform behind it."""

    house: House
    lark: Platform

    @property
    def api(self) -> Api:
        return self.house.api

    async def people(self, *names: str) -> None:
        """Make users who have an account on the platform, too."""
        for number, name in enumerate(names, 1):
            body = {"email": f"p{number}@example.com"}
            await self.api.call("PUT", f"{PATH}/users/{name}", body)
        self.lark.emulator.add_people(len(names))

    def seen_by(self, number: int) -> list[Message]:
        """Return what the person of this number, from 1, has on their screen."""
        person = self.lark.emulator.people[f"p{number}"]
        found: list[Message] = self.lark.emulator.visible_messages(person)
        return found

    async def settled(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """Wait until nothing of a notification is queued and return its deliveries."""
        for each in answer["deliveries"]:
            if each["state"] == "queued":
                await self.api.until(each["id"], "sent")
        return await self.api.deliveries(notification=answer["id"])

    async def refused(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call what has to be refused and return the problem."""
        reply = await self.api.http.request(method, path, json=body)
        assert reply.is_client_error, reply.text
        problem: dict[str, Any] = reply.json()
        return problem


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as served:
        await served.api.prepare(lark)
        yield Stage(served, lark)
