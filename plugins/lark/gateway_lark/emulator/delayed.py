"""The delayed update of a card after a press (documentation: "Delayed card update")."""

import json

from . import content
from .call import Call
from .card_check import CardError, check, is_shared
from .codes import RejectedError
from .gate import Endpoint
from .messages import replace
from .model import CardToken, Json, Message

TOKEN_SECONDS = 1800.0
MOST_USES = 2


def update(call: Call) -> Json:
    """Replace the card somebody pressed a button of; a token serves twice in 30 minutes."""
    token = call.parsed.get("token")
    known = _token(call, token)
    message = known.message
    card = call.parsed.get("card")
    if not isinstance(card, dict):
        raise RejectedError(100030)
    _check_message(call, message)
    shown, said = _shown(call, card)
    if not is_shared(shown) and not card.get("open_ids"):
        raise RejectedError(300090)
    known.uses += 1
    message.template_card, message.entity = shown, None
    replace(message, said, call.now)
    return {}


def _token(call: Call, token: object) -> CardToken:
    if not isinstance(token, str) or not token.startswith("c-"):
        raise RejectedError(300020)
    known = call.emulator.card_tokens.get(token)
    if known is None or call.now - known.created > TOKEN_SECONDS:
        raise RejectedError(300030)
    if known.uses >= MOST_USES:
        raise RejectedError(300040)
    return known


def _check_message(call: Call, message: Message) -> None:
    if message.app_id != call.app.app_id:
        raise RejectedError(200310)
    if message.recalled:
        raise RejectedError(200000)


def _shown(call: Call, card: Json) -> tuple[Json, str]:
    said = json.dumps(card, ensure_ascii=False)
    try:
        if card.get("type") == "template":
            return content.filled_template(call, card), said
        plain = {name: card[name] for name in card if name != "open_ids"}
        check(plain, content.known_in(call, None))
    except CardError as error:
        raise RejectedError(11311, error.ext) from error
    return plain, said


ENDPOINTS = (Endpoint("POST", "/open-apis/interactive/v1/card/update", update),)
