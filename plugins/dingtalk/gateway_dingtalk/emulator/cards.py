"""Interactive cards: created, delivered and updated by the app.

Documentation: "create-and-deliver-cards", "interactive-card-update-interface",
"instructions-for-filling-in-api-card-data", "register-card-callback-address".
"""

import json

from . import spaces
from .call import Call
from .codes import RejectedError, invalid
from .gate import Endpoint
from .model import Card, CardRoute, Json
from .permissions import CARD

BASE = "/v1.0/card"
LONGEST_TRACK_ID = 100
MOST_KEY_BYTES = 100
MOST_BODY_BYTES = 100 * 1024


def _param_map(call: Call, data: object) -> dict[str, str]:
    """Return the variables of one cardData: every value is a string, whatever its type."""
    params = data.get("cardParamMap") if isinstance(data, dict) else None
    if not isinstance(params, dict):
        raise RejectedError("param.invalid", "cardParamMap不合法")
    for name, value in params.items():
        _check_variable(call, name, value)
    return dict(params)


def _check_variable(call: Call, name: str, value: object) -> None:
    if not isinstance(value, str):
        raise RejectedError("param.invalid", f"cardParamMap.{name}必须是字符串")
    most = call.emulator.card_value_bytes
    too_long = most is not None and len(value.encode()) > most
    if too_long or len(name.encode()) > MOST_KEY_BYTES:
        raise RejectedError("param.invalid", f"cardParamMap.{name[:40]}超过最大长度")


def _private(call: Call) -> dict[str, dict[str, str]]:
    """Return the variables of single people, by userid."""
    found: dict[str, dict[str, str]] = {}
    for name, data in (call.mapping("privateData") or {}).items():
        person = call.emulator.directory.named(name, call.number("userIdType", 1))
        if person is None:
            raise RejectedError("param.userIdNotExist")
        found[person.id] = _param_map(call, data)
    return found


def _check_size(call: Call) -> None:
    if len(call.body) > MOST_BODY_BYTES:
        raise RejectedError("param.invalid", "请求体超过最大长度")


def _new_card(call: Call) -> Card:
    """Return the card the body describes; nothing is kept yet."""
    _check_size(call)
    template = call.text("cardTemplateId", "param.cardTemplateIdEmpty")
    track_id = call.text("outTrackId", "param.outTrackIdEmpty")
    if len(track_id) > LONGEST_TRACK_ID:
        raise RejectedError("param.invalid", "outTrackId超过最大长度")
    _check_template(call, template)
    data = call.mapping("cardData")
    if data is None or data.get("cardParamMap") is None:
        raise RejectedError("param.cardPublicDataEmpty")
    card = Card(
        track_id, template, call.app.app_key, _param_map(call, data), _private(call), call.now
    )
    card.callback_type, card.route_key = _callback(call)
    card.spaces = spaces.declared(call)
    card.sent = json.dumps([card.template_id, card.params, card.private], sort_keys=True)
    return card


def _check_template(call: Call, template_id: str) -> None:
    template = call.emulator.templates.get(template_id)
    if template is None:
        raise RejectedError("param.templateNotExist")
    if not template.published:
        raise RejectedError("param.templateUnpublished")


def _callback(call: Call) -> tuple[str | None, str | None]:
    kind, route = call.parsed.get("callbackType"), call.parsed.get("callbackRouteKey")
    if kind not in (None, "STREAM", "HTTP"):
        raise RejectedError("param.invalid", "callbackType不合法")
    if route is not None and not isinstance(route, str):
        raise invalid("callbackRouteKey")
    if kind == "HTTP" and route not in call.emulator.routes:
        raise RejectedError("param.invalid", "callbackRouteKey未注册")
    return kind, route


def _kept(call: Call, card: Card) -> Card:
    """Keep a new card; one whose id is used up is refused, or stays as it was."""
    known = call.emulator.cards.get(card.out_track_id)
    if known is None:
        call.emulator.cards[card.out_track_id] = card
        return card
    if call.emulator.repeated_card == "refuse" or known.app_key != call.app.app_key:
        raise RejectedError("param.cardAlreadyExist")
    return known


def create(call: Call) -> Json:
    """Create a card that nobody sees yet."""
    return {"success": True, "result": _kept(call, _new_card(call)).out_track_id}


def create_and_deliver(call: Call) -> Json:
    """Create a card and show it; every place has its own result, with HTTP 200."""
    card = _new_card(call)
    places = spaces.parse(call)
    spaces.check(call, places, card.spaces)
    card = _kept(call, card)
    results = [spaces.deliver(call, card, place) for place in places]
    return {
        "success": True,
        "result": {"outTrackId": card.out_track_id, "deliverResults": results},
    }


def _known(call: Call) -> Card:
    card = call.emulator.cards.get(call.text("outTrackId", "param.outTrackIdEmpty"))
    if card is None or card.app_key != call.app.app_key:
        raise RejectedError("param.cardNotExist")
    return card


def deliver(call: Call) -> Json:
    """Show a card that exists; here the results stand right under `result`."""
    card, places = _known(call), spaces.parse(call)
    spaces.check(call, places, card.spaces)
    return {"success": True, "result": [spaces.deliver(call, card, place) for place in places]}


def add_spaces(call: Call) -> Json:
    """Allow a card into more kinds of spaces."""
    card = _known(call)
    card.spaces |= spaces.declared(call)
    return {"success": True, "result": True}


def update(call: Call) -> Json:
    """Change a card for everybody: without the by-key option all other variables are wiped."""
    _check_size(call)
    call.text("outTrackId", "param.outTrackIdEmpty")
    data = call.mapping("cardData")
    params = None if data is None or data.get("cardParamMap") is None else _param_map(call, data)
    private = _private(call)
    if not params and not private:
        raise RejectedError("param.cardDataAndPrivateDataBothEmpty")
    _apply(_known(call), params, private, call.mapping("cardUpdateOptions") or {}, call.now)
    return {"success": True, "result": True}


def _apply(
    card: Card,
    params: dict[str, str] | None,
    private: dict[str, dict[str, str]],
    options: Json,
    now: float,
) -> None:
    if params is not None:
        by_key = options.get("updateCardDataByKey") is True
        card.params = {**card.params, **params} if by_key else params
    keep = options.get("updatePrivateDataByKey") is True
    for person, mine in private.items():
        card.private[person] = {**(card.private.get(person, {}) if keep else {}), **mine}
    card.answers.clear()  # what everybody is told now comes after what a press had answered
    card.updates.append({"time": now, "cardParamMap": params, "privateData": private, **options})


def register(call: Call) -> Json:
    """Register where the presses of cards with a route key are sent."""
    key, url = call.text("callbackRouteKey"), call.text("callbackUrl")
    secret = str(call.parsed.get("apiSecret") or "")
    if not url.startswith(("http://", "https://")):
        raise RejectedError("param.invalid", "callbackUrl不合法")
    stored = call.emulator.routes.get(key)
    if stored is None or call.parsed.get("forceUpdate") is True:
        stored = call.emulator.routes[key] = CardRoute(url, secret)
    elif call.emulator.repeated_route == "refuse":
        raise RejectedError("param.callbackRouteKeyExist")
    return {"success": True, "result": {"callbackUrl": stored.url, "apiSecret": stored.secret}}


ENDPOINTS = (
    Endpoint("POST", f"{BASE}/instances", create, CARD),
    Endpoint("POST", f"{BASE}/instances/createAndDeliver", create_and_deliver, CARD),
    Endpoint("POST", f"{BASE}/instances/deliver", deliver, CARD),
    Endpoint("PUT", f"{BASE}/instances/spaces", add_spaces, CARD),
    Endpoint("PUT", f"{BASE}/instances", update, CARD),
    Endpoint("POST", f"{BASE}/callbacks/register", register, CARD),
)
