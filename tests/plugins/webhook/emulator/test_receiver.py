from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from gateway_webhook.emulator import Receiver, create

BODY = '{"type":"notification","data":{"card":{"title":"<b>李伟</b>"}}}'


@pytest.fixture
def app() -> Starlette:
    return create()


@pytest.fixture
def receiver(app: Starlette) -> Receiver:
    found: Receiver = app.state.receiver
    return found


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver.test") as client:
        yield client


async def post(
    http: httpx.AsyncClient, receiver: Receiver, body: str = BODY, *, minutes_old: int = 0
) -> int:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_old)
    headers = {
        "webhook-id": "k1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(receiver.secret).sign("k1", moment, body),
    }
    return (await http.post("/in", content=body.encode(), headers=headers)).status_code


async def test_a_genuine_event_is_taken_and_shown(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    assert await post(http, receiver) == 204
    page = await http.get("/")
    assert "&lt;b&gt;李伟&lt;/b&gt;" in page.text
    assert "signature verified" in page.text
    assert "<b>李伟" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_page_waits_for_a_first_event(http: httpx.AsyncClient) -> None:
    assert "Nothing came yet" in (await http.get("/")).text
    assert (await http.get("/_emulator/static/page.css")).status_code == 200


async def test_what_is_not_signed_rightly_is_refused_and_shown(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    assert (await http.post("/in", content=BODY)).status_code == 401
    assert await post(http, receiver, minutes_old=6) == 401
    assert await post(http, receiver, "no json") == 401
    assert [bool(each.refusal) for each in receiver.events] == [True] * 3
    assert (await http.get("/")).text.count(">refused<") == 3


async def test_a_repeat_is_told_from_a_new_event(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    for _ in range(2):
        await post(http, receiver)
    assert [each.repeat for each in receiver.events] == [False, True]
    told = (await http.get("/_emulator/messages")).json()["messages"]
    assert [each["verified"] for each in told] == [True, True]
    assert told[0]["body"]["type"] == "notification"


async def test_its_answer_can_be_chosen(http: httpx.AsyncClient, receiver: Receiver) -> None:
    assert (await http.post("/_emulator/switches", json={"status": 410})).status_code == 200
    assert await post(http, receiver) == 410
    assert (await http.post("/_emulator/switches", json={"status": "x"})).status_code == 400
    await http.post("/_emulator/reset")
    assert (receiver.status, list(receiver.events)) == (204, [])


def test_it_has_one_brand() -> None:
    with pytest.raises(KeyError):
        create(brand="lark")
