import json

import pytest

from gateway_dingtalk.emulator import Emulator, Press, clicks

from .conftest import Client, Clock, Json

ANSWER: Json = {"cardData": {"cardParamMap": {"status": "approved"}}}


async def pressed(client: Client, *, callback: bool = True, secret: str = "s") -> Press:
    body = {"callbackRouteKey": "k", "callbackUrl": "https://a.example/cb", "apiSecret": secret}
    await client.new("POST", "/v1.0/card/callbacks/register", body)
    route = {"callbackType": "HTTP", "callbackRouteKey": "k"} if callback else {}
    data = {"cardParamMap": {"title": "t", "notice_id": "n-1", "primary_text": "Approve"}}
    await client.show("t1", "li.wei", "wang.fang", cardData=data, **route)
    message = client.emulator.messages[0]
    return client.emulator.press(message, client.emulator.people["li.wei"], "primary")


def test_the_signature_is_the_published_one() -> None:
    expected = "9EQUhx+gSqHfgSF/OnOV2ifDC9m1VzjPj00L/WOZeew="
    assert clicks.signature("1577262236757", "example-secret") == expected


async def test_a_press_makes_a_signed_callback(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    request = clicks.request(emulator, await pressed(client))
    assert request.url == "https://a.example/cb"
    timestamp = str(int(clock.now * 1000))
    assert request.headers["x-ddpaas-signature-timestamp"] == timestamp
    assert request.headers["x-ddpaas-signature"] == clicks.signature(timestamp, "s")
    body = json.loads(request.body)
    assert (body["type"], body["outTrackId"], body["userId"]) == ("actionCallback", "t1", "li.wei")
    private = json.loads(body["content"])["cardPrivateData"]
    assert private == {
        "actionIds": ["primary"],
        "params": {"action": "primary", "notice_id": "n-1"},
    }


async def test_without_a_secret_nothing_is_signed_and_without_a_route_nothing_sent(
    client: Client, emulator: Emulator
) -> None:
    request = clicks.request(emulator, await pressed(client, secret=""))
    assert set(request.headers) == {"Content-Type"}
    emulator.cards.clear()
    emulator.outbox.messages.clear()
    with pytest.raises(ValueError, match="no HTTP callback"):
        clicks.request(emulator, await pressed(client, callback=False))
    await client.send("li.wei")
    plain = emulator.press(emulator.messages[-1], emulator.people["li.wei"], "primary")
    with pytest.raises(ValueError, match="not on a card"):
        clicks.request(emulator, plain)


async def test_the_answer_is_seen_by_the_one_who_pressed_and_an_update_by_all(
    client: Client, emulator: Emulator
) -> None:
    press = await pressed(client)
    assert clicks.answered(emulator, press, ANSWER, seconds=0.5)
    card = emulator.cards["t1"]
    assert card.seen_by("li.wei")["status"] == "approved"
    assert "status" not in card.seen_by("wang.fang")
    await client.update("t1", status="closed")
    assert {card.seen_by(each)["status"] for each in ("li.wei", "wang.fang")} == {"closed"}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [(ANSWER, 2.0), ({}, 0.1), ("no", 0.1), ({"cardData": {"cardParamMap": {"n": 1}}}, 0.1)],
)
async def test_a_late_or_unknown_answer_changes_nothing(
    client: Client, emulator: Emulator, answer: object, seconds: float
) -> None:
    press = await pressed(client)
    assert not clicks.answered(emulator, press, answer, seconds=seconds)
    assert "status" not in emulator.cards["t1"].seen_by("li.wei")
