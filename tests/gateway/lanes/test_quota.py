"""What a plan's monthly calls cover: counted as they are made, for all who share an application."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, SecretStr

from gateway.card import Card
from gateway.models import Identity, Receipt, Recipient
from gateway.plugin import (
    Channel,
    ChannelType,
    Check,
    Context,
    Limits,
    Payload,
    RecipientError,
    raise_for_reply,
)
from gateway.store.schema import audit, usage
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.leaping import LeapingClock

QUOTA = 20
COVERED = 18  # the last tenth is kept for what is urgent
START = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)  # an hour before the platform's February


class Credential(BaseModel):
    token: SecretStr = SecretStr("a-token")


def calling_type(url: str, *, quota: int = QUOTA) -> ChannelType:
    class Calling(Channel[Credential]):
        async def check(self) -> Sequence[Check]:
            return [Check("token", "Token", "ok")]

        async def resolve(self, recipient: Recipient) -> Identity:
            return Identity(recipient.id, "calling_id")

        def render(self, card: Card) -> Payload:
            return {"title": card.title}

        async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
            path = "refused" if to.id.startswith("refused") else "sent"
            options = {"extensions": {"purpose": "send"}}
            reply = await self.http.post(f"{url}/{path}", json={**payload, "key": key}, **options)
            if reply.is_client_error:
                raise RecipientError("nobody like that")
            raise_for_reply(reply)
            return Receipt(reply.json()["id"])

    def connect(credential: Credential, context: Context) -> Calling:
        return Calling(credential, context)

    limits = Limits(monthly_quota=quota)
    return ChannelType("calling", "Calling", Credential, Calling, connect=connect, limits=limits)


class Far:
    """A platform that counts, and takes a moment, so that many calls are in the air."""

    def __init__(self) -> None:
        self.sent = self.refused = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head.lower())
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(await self._answered(refused=b"/refused" in head))
        writer.close()

    async def _answered(self, *, refused: bool) -> bytes:
        await asyncio.sleep(0.01)
        self.refused += refused
        self.sent += not refused
        status, body = (b"400 Bad", b"{}") if refused else (b"200 OK", b'{"id":"m-%d"}' % self.sent)
        head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        return head % (status, len(body)) + body


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, str]]:
    platform = Far()
    server = await asyncio.start_server(platform.answer, "127.0.0.1", 0)
    yield platform, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def a_house(build: Build, url: str, clock: LeapingClock) -> House:
    return await build(calling_type(url), clock=clock, egress_allow="127.0.0.0/8")


async def quiet(house: House, held: int) -> None:
    async def settled() -> bool:
        rows = await house.deliveries()
        waiting = [row for row in rows if row.state == "queued"]
        return not waiting and sum(row.state == "held" for row in rows) == held

    await house.until(settled)


def people(number: int, name: str = "p") -> list[str]:
    return [f"email:{name}{each}@ex.com" for each in range(number)]


async def test_ordinary_calls_stop_exactly_where_the_reserve_begins(
    build: Build, far: tuple[Far, str]
) -> None:
    platform, url = far
    house = await a_house(build, url, LeapingClock(START))
    await house.channel(kind="calling")
    await house.post(*people(60))
    await quiet(house, 60 - COVERED)
    assert platform.sent == COVERED
    assert {row.reason for row in await house.deliveries(state="held")} == {"quota_exhausted"}


async def test_the_reserve_is_for_urgent_ones_and_no_call_goes_beyond_the_quota(
    build: Build, far: tuple[Far, str]
) -> None:
    platform, url = far
    house = await a_house(build, url, LeapingClock(START))
    await house.channel(kind="calling")
    await house.post(*people(30))
    await quiet(house, 30 - COVERED)
    await house.post(*people(10, "urgent"), priority="urgent")
    await quiet(house, 40 - QUOTA)
    assert platform.sent == QUOTA


async def test_two_channels_of_one_application_share_its_quota(
    build: Build, far: tuple[Far, str]
) -> None:
    platform, url = far
    house = await a_house(build, url, LeapingClock(START))
    for name in ("one", "two"):
        await house.channel(name, kind="calling", lane="acme/app")
    await house.post(*people(30), routing={"channels": ["one"]})
    await house.post(*people(30), routing={"channels": ["two"]})
    await quiet(house, 60 - COVERED)
    assert platform.sent == COVERED


async def test_refused_calls_spend_nothing_also_after_a_restart(
    build: Build, far: tuple[Far, str]
) -> None:
    platform, url = far
    house = await a_house(build, url, LeapingClock(START))
    await house.channel(kind="calling")
    await house.post(*people(12, "refused"))
    await house.until(lambda: booked(house, "send", 12, refused=12))
    await house.core.lanes.changed("acme", "toy")
    house.core.connections._tallies.clear()
    await house.post(*people(30))
    await quiet(house, 30 - COVERED)
    assert (platform.refused, platform.sent) == (12, COVERED)
    await house.until(lambda: booked(house, "send", 12 + COVERED, refused=12))


async def booked(house: House, purpose: str, calls: int, *, refused: int) -> bool:
    rows = await house.core.store.read(lambda c: c.execute(sa.select(usage)).all())
    return [(r.purpose, r.calls, r.refused) for r in rows] == [(purpose, calls, refused)]


async def test_a_new_month_of_the_platform_sends_what_was_held(
    build: Build, far: tuple[Far, str]
) -> None:
    platform, url = far
    clock = LeapingClock(START)
    house = await a_house(build, url, clock)
    await house.channel(kind="calling")
    await house.post(*people(30))
    await quiet(house, 30 - COVERED)
    clock.leap(hours=1, minutes=1)
    await house.until_over()
    assert platform.sent == 30


async def test_a_raised_quota_resumes_what_is_held(build: Build, far: tuple[Far, str]) -> None:
    platform, url = far
    house = await a_house(build, url, LeapingClock(START))
    await house.channel(kind="calling")
    await house.post(*people(30))
    await quiet(house, 30 - COVERED)
    await house.set_channel(limits={"monthly_quota": 100}, version=2)
    await house.until_over()
    assert platform.sent == 30


async def test_the_admin_is_told_of_each_mark_once(build: Build, far: tuple[Far, str]) -> None:
    _, url = far
    house = await a_house(build, url, LeapingClock(START))
    await house.channel(kind="calling")
    for number, name in ((10, "few"), (6, "soon"), (2, "last")):
        await house.post(*people(number, name))
        await house.until_over()
    await house.post(*people(9, "urgent"), priority="urgent")
    await quiet(house, 7)

    async def told_of_all() -> bool:
        return len(await notices(house)) == 3

    await house.until(told_of_all)
    assert [row.after["used"] * 100 // QUOTA >= 80 for row in await notices(house)] == [True] * 3
    assert (await notices(house))[-1].after["used"] == QUOTA


async def notices(house: House) -> list[sa.Row]:
    query = sa.select(audit).where(audit.c.action == "quota.reached").order_by(audit.c.id)
    return await house.core.store.read(lambda c: list(c.execute(query)))


async def test_no_call_is_made_in_an_hour_without_work(build: Build, far: tuple[Far, str]) -> None:
    platform, url = far
    clock = LeapingClock(START)
    house = await a_house(build, url, clock)
    await house.channel(kind="calling")
    await house.post("email:a@ex.com")
    await house.until_over()
    for _ in range(60):
        clock.leap(minutes=1)
        await asyncio.sleep(0.005)
    assert (platform.sent, platform.refused) == (1, 0)
    assert house.core.engine.stats().running
