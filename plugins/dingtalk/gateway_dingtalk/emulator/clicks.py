"""A press of a card's button: what the platform sends, and what it does with the answer.

Documentation: "event-callback-card". Nothing is sent from here: a test carries the request to
the application and brings its answer back.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from .model import Card, Json, Press
from .state import Emulator

MOST_SECONDS = 2.0


@dataclass(frozen=True)
class CallbackRequest:
    """The POST a press makes."""

    url: str
    headers: dict[str, str]
    body: bytes


def signature(timestamp: str, secret: str) -> str:
    """Return the sign of a card callback: the message is the timestamp alone."""
    digest = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _card(emulator: Emulator, press: Press) -> Card:
    message = emulator.outbox.get(press.message_id)
    if message is None or message.card is None:
        raise ValueError("the press was not on a card")
    return message.card


def request(emulator: Emulator, press: Press) -> CallbackRequest:
    """Return the callback of a press; ValueError when the card was sent without a route."""
    card = _card(emulator, press)
    route = emulator.routes.get(card.route_key or "")
    if card.callback_type != "HTTP" or route is None:
        raise ValueError("the card has no HTTP callback")
    headers = {"Content-Type": "application/json"}
    if route.secret:
        timestamp = str(int(emulator.clock() * 1000))
        headers["x-ddpaas-signature-timestamp"] = timestamp
        headers["x-ddpaas-signature"] = signature(timestamp, route.secret)
    body = json.dumps(_body(emulator, card, press), ensure_ascii=False).encode()
    return CallbackRequest(route.url, headers, body)


def _body(emulator: Emulator, card: Card, press: Press) -> Json:
    private = {"actionIds": [press.action], "params": press.params}
    return {
        "type": "actionCallback",
        "outTrackId": card.out_track_id,
        "corpId": emulator.corp_id,
        "userId": press.operator,
        "content": json.dumps({"cardPrivateData": private}, ensure_ascii=False),
    }


def answered(emulator: Emulator, press: Press, answer: object, seconds: float = 0.0) -> bool:
    """Apply the answer for the one who pressed; late or unknown answers change nothing."""
    card = _card(emulator, press)
    press.answered = seconds < MOST_SECONDS
    if not press.answered or not isinstance(answer, dict):
        return False
    shown = _variables(answer, "cardData") | _variables(answer, "userPrivateData")
    card.answers[press.operator] = card.answers.get(press.operator, {}) | shown
    return bool(shown)


def _variables(answer: Json, name: str) -> dict[str, str]:
    data = answer.get(name)
    params = data.get("cardParamMap") if isinstance(data, dict) else None
    if not isinstance(params, dict) or not all(isinstance(each, str) for each in params.values()):
        return {}
    return params
