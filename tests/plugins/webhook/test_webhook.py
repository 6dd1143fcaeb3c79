import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from gateway.plugin import (
    Card,
    ChannelGoneError,
    ContentError,
    DeliveryError,
    Identity,
    RateLimitedError,
    Recipient,
    RecipientError,
    RecipientKind,
    TemporaryError,
    UncertainError,
)
from gateway.registry import secret_fields
from gateway.testing import Answer, FakeClock, ScriptedTransport
from gateway_webhook import webhook

from .conftest import HOOK, HOOK_SECRET, KEY, TO, Connect

CARD = Card.model_validate(
    {
        "title": "<b>李伟</b> 🚑 {{x}}",
        "blocks": [{"type": "markdown", "text": "  **a**\r\n<at id=all></at>\\\t"}],
        "actions": [{"kind": "callback", "id": "yes", "label": "Yes", "value": {"n": [1, None]}}],
    }
)
OK = httpx.Response(204)


def test_the_signature_is_that_of_the_standard() -> None:
    body = '{"test": 2432232314}'
    moment = datetime.fromtimestamp(1614265330, UTC)
    sign = Webhook(HOOK_SECRET).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, body)
    assert sign == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_an_event_is_signed_over_the_body_that_goes_out(
    receiver: Connect, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    far_end.then(OK)
    channel = receiver(headers={"Authorization": "Bearer abc"})
    receipt = await channel.send(TO, channel.render(CARD), key=KEY)
    (request,) = far_end.requests
    signed = Webhook(HOOK_SECRET).sign(KEY, fake_clock.now(), request.content.decode())
    assert str(request.url) == HOOK
    assert request.headers["webhook-id"] == receipt.message_id == KEY
    assert request.headers["webhook-timestamp"] == "1767600000"
    assert request.headers["webhook-signature"] == signed
    assert request.headers["authorization"] == "Bearer abc"
    assert request.headers["content-type"].startswith("application/json")
    assert request.extensions["purpose"] == "send"


async def test_the_card_goes_out_with_every_text_unchanged(
    receiver: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(OK)
    channel = receiver()
    await channel.send(TO, channel.render(CARD), key=KEY)
    (body,) = far_end.bodies
    assert set(body) == {"type", "timestamp", "data"}
    assert (body["type"], body["timestamp"]) == ("notification", "2026-01-05T08:00:00.000Z")
    assert Card.model_validate(body["data"]["card"]) == CARD


async def test_every_attempt_has_the_same_id_and_its_own_moment(
    receiver: Connect, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    far_end.then(OK, OK)
    channel = receiver()
    for _ in range(2):
        await channel.send(TO, channel.render(CARD), key=KEY)
        await fake_clock.advance(7200)
    first, second = (request.headers for request in far_end.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]


async def test_overrides_name_the_type_and_add_data(
    receiver: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(OK)
    own = {"type": "ticket.closed", "timestamp": "2026-01-01T00:00:00Z", "data": {"n": 1}}
    await receiver().send(TO, own, key=KEY)
    assert far_end.bodies == [own]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_2xx_is_a_success_whatever_it_says(
    receiver: Connect, far_end: ScriptedTransport, status: int
) -> None:
    far_end.then(httpx.Response(status, text="<html>no"))
    assert (await receiver().send(TO, {}, key=KEY)).http_status == status


@pytest.mark.parametrize(
    ("status", "error"),
    [(status, TemporaryError) for status in (301, 302, 400, 401, 403, 404, 405, 413, 422, 503)]
    + [(408, UncertainError), (500, UncertainError), (502, UncertainError), (504, UncertainError)]
    + [(410, ChannelGoneError), (429, RateLimitedError)],
)
async def test_any_other_answer_is_tried_again_but_410(
    receiver: Connect, far_end: ScriptedTransport, status: int, error: type[DeliveryError]
) -> None:
    far_end.then(httpx.Response(status, text=HOOK_SECRET))
    with pytest.raises(DeliveryError) as raised:
        await receiver().send(TO, {}, key=KEY)
    assert type(raised.value) is error
    assert raised.value.http_status == status
    assert HOOK_SECRET not in str(raised.value)


async def test_the_receiver_says_how_long_to_wait(
    receiver: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(httpx.Response(429, headers={"retry-after": "90"}))
    with pytest.raises(RateLimitedError) as raised:
        await receiver().send(TO, {}, key=KEY)
    assert raised.value.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        (httpx.Response(204), "ok", ""),
        (httpx.Response(401), "error", "The receiver answered HTTP 401."),
        (httpx.ConnectTimeout("late"), "error", "No answer came: ConnectTimeout."),
    ],
)
async def test_a_check_posts_an_event_without_content(
    receiver: Connect, far_end: ScriptedTransport, answer: Answer, state: str, detail: str
) -> None:
    far_end.then(answer)
    (line,) = await receiver().check()
    assert (line.state, line.detail) == (state, detail)
    assert far_end.bodies[0]["type"] == "channel.check"
    assert far_end.bodies[0]["data"] == {}
    assert "webhook-signature" in far_end.requests[0].headers


async def test_the_only_recipient_is_the_channel_itself(receiver: Connect) -> None:
    channel = receiver()
    found = await channel.resolve(Recipient(RecipientKind.CHANNEL, "audit"))
    assert found == Identity("audit", "channel")
    with pytest.raises(RecipientError):
        await channel.resolve(Recipient(RecipientKind.USER, "li.wei"))


def test_a_value_that_no_json_can_carry_is_refused(receiver: Connect) -> None:
    action = {"kind": "callback", "id": "a", "label": "A", "value": {"n": object()}}
    card = Card.model_validate({"title": "T", "actions": [action]})
    with pytest.raises(ContentError):
        receiver().render(card)


def test_secret_and_headers_are_sealed(receiver: Connect) -> None:
    assert secret_fields(webhook.channel_type()) == {"secret", "headers"}
    channel = receiver(headers={"X-Key": "canary-value"})
    shown = f"{channel.credential!r} {channel!r}"
    assert "canary-value" not in shown
    assert HOOK_SECRET not in shown


@pytest.mark.parametrize(
    "change",
    [
        *({"url": url} for url in ("", "x", "ftp://a.example", "https://[", "https://a@b.example")),
        *({"url": url} for url in ("https://a.example/#x", "https://a.example/ b", "https:///a")),
        *({"secret": secret} for secret in ("", "abc", "whsec_", "whsec_AAAA", "whsec_!!!!")),
        {"secret": HOOK_SECRET.removeprefix("whsec_")},
        *({"headers": {name: "canary"}} for name in ("Host", "Cookie", "te", "Webhook-Id", "a b")),
        *({"headers": {name: "canary"}} for name in ("Sec-X", "X-Forwarded-For", "", "é")),
        {"headers": {"X-A": "canary\r\nX-B: 1"}},
        {"headers": {"X-A": "canary\u00e9"}},
        {"headers": {"X-A": "canary", "x-a": "canary"}},
        {"headers": {f"X-{n}": "canary" for n in range(21)}},
        {"headers": {"X-A": "canary" * 1000}},
        {"headers": ["canary"]},
        {"nonsense": 1},
    ],
)
def test_a_bad_configuration_is_refused_without_repeating_secrets(
    receiver: Connect, change: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as raised:
        receiver(**change)
    assert "canary" not in str(raised.value)
    assert json.loads(raised.value.json(include_input=False))


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_may_be_of_any_usual_length(receiver: Connect, size: int) -> None:
    secret = base64.b64encode(bytes(range(size))).decode()
    for each in (secret, secret.rstrip("=")):
        receiver(secret=f" whsec_{each} ")


def test_a_receiver_has_fifteen_seconds_to_answer() -> None:
    assert webhook.channel_type().attempt_seconds == 15
