"""Cards as entities (documentation: "Create card entity" and the other card APIs)."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from . import content
from .call import Call
from .card_check import CardError, check, is_new
from .codes import RejectedError
from .gate import Endpoint
from .limits import PER_CARD
from .model import CardEntity, Json
from .scopes import CARDKIT

BASE = "/open-apis/cardkit/v1/cards"
CARD = f"{BASE}/:card_id"
ELEMENT = f"{CARD}/elements/:element_id"
OWN_CODES = {11310: 300305, 300301: 300301, 300302: 300302}
MOST_SEQUENCE = 2_147_483_647
UUID_LENGTH = 64

Change = Callable[[Json], None]


def create(call: Call) -> Json:
    """Make a card that can be sent once, within 14 days."""
    card = _card_of(call, call.parsed)
    card_id = next(call.emulator.card_numbers)
    call.emulator.cards[card_id] = CardEntity(card_id, call.app.app_id, card, call.now)
    return {"data": {"card_id": card_id}}


def _card_of(call: Call, given: Json) -> Json:
    kind, data = given.get("type"), given.get("data")
    if kind not in ("card_json", "template") or not isinstance(data, str):
        raise RejectedError(10002, status=400)
    if len(data.encode()) > content.CARD_BYTES:
        raise RejectedError(200860)
    try:
        parsed = content.card_of(data)
        card = content.filled_template(call, {"data": parsed}) if kind == "template" else parsed
    except CardError as error:
        raise RejectedError(200220, error.ext) from error
    judge(call, card)
    return card


def judge(call: Call, card: Json) -> None:
    """Return when a card may be an entity, or raise with the card API's own codes."""
    if not card:
        raise RejectedError(300307)
    if not is_new(card):
        raise RejectedError(300303)
    if len(json.dumps(card, ensure_ascii=False).encode()) > content.CARD_BYTES:
        raise RejectedError(200860)
    try:
        check(card, content.known_in(call, None))
    except CardError as error:
        raise RejectedError(OWN_CODES.get(error.sub, 200220), error.ext) from error


def _entity(call: Call) -> CardEntity:
    entity = call.emulator.cards.get(call.path("card_id"))
    if entity is None:
        raise RejectedError(200740)
    if entity.app_id != call.app.app_id:
        raise RejectedError(300311)
    if call.now - entity.created > content.CARD_DAYS:
        raise RejectedError(200750)
    return entity


def _changed(call: Call, change: Change) -> Json:
    """Apply a change to a copy of the card and keep it when all is in order."""
    entity = _entity(call)
    uuid = call.optional_text("uuid", UUID_LENGTH)
    if _is_repeated(call, entity, uuid):
        return {"data": {}}
    sequence = call.number("sequence")
    if not entity.sequence < sequence <= MOST_SEQUENCE:
        raise RejectedError(300317)
    _check_rate(call, entity)
    card: Json = json.loads(json.dumps(entity.card))
    change(card)
    judge(call, card)
    entity.card, entity.sequence = card, sequence
    if uuid is not None:
        entity.uuids[uuid] = _digest(call)
    _tell(call, entity)
    return {"data": {}}


def _digest(call: Call) -> str:
    return hashlib.sha256(call.key.encode() + call.body).hexdigest()


def _is_repeated(call: Call, entity: CardEntity, uuid: str | None) -> bool:
    known = entity.uuids.get(uuid or "")
    if known is not None and known != _digest(call):
        raise RejectedError(200770)
    return known is not None


def _check_rate(call: Call, entity: CardEntity) -> None:
    if not call.emulator.enforce_limits:
        return
    if call.emulator.windows.take(("card", entity.card_id), PER_CARD, call.now) is not None:
        raise RejectedError(230020)


def _tell(call: Call, entity: CardEntity) -> None:
    for message in call.emulator.messages:
        if message.entity is entity:
            message.updated = call.now
            message.updates.append(json.dumps(entity.card, ensure_ascii=False))


def replace(call: Call) -> Json:
    """Replace the whole card."""
    given = call.parsed.get("card")
    if not isinstance(given, dict):
        raise RejectedError(10002, status=400)

    def change(card: Json) -> None:
        new = _card_of(call, given)
        card.clear()
        card.update(new)

    return _changed(call, change)


def settings(call: Call) -> Json:
    """Change the configuration and the link of the card."""
    wanted = _inner(call, "settings")

    def change(card: Json) -> None:
        _set(card, wanted)

    return _changed(call, change)


def _set(card: Json, wanted: Any) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(wanted, dict) or set(wanted) - {"config", "card_link"}:
        raise RejectedError(10002, status=400)
    card.update(wanted)


def _inner(call: Call, name: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(call.text(name))
    except ValueError:
        raise RejectedError(10002, status=400) from None


def _lists(node: Any) -> Iterator[list[Any]]:  # noqa: ANN401 - any JSON
    children = node.values() if isinstance(node, dict) else node
    if isinstance(node, list):
        yield node
    for child in children:
        if isinstance(child, dict | list):
            yield from _lists(child)


def _find(card: Json, element_id: object) -> tuple[list[Any], int]:
    for elements in _lists(card.get("body", {})):
        for index, each in enumerate(elements):
            if isinstance(each, dict) and each.get("element_id") == element_id:
                return elements, index
    raise RejectedError(300313)


def _add(card: Json, params: Json) -> None:
    elements = params.get("elements")
    place = params.get("type", "append")
    if not isinstance(elements, list) or place not in ("append", "insert_before", "insert_after"):
        raise RejectedError(300314)
    if place == "append" and "target_element_id" not in params:
        card.setdefault("body", {}).setdefault("elements", []).extend(elements)
        return
    around, index = _find(card, params.get("target_element_id"))
    if place == "append":
        around[index].setdefault("elements", []).extend(elements)
        return
    index += place == "insert_after"
    around[index:index] = elements


def _delete(card: Json, params: Json) -> None:
    for element_id in params.get("element_ids", []):
        elements, index = _find(card, element_id)
        del elements[index]


def _merge(card: Json, params: Json) -> None:
    elements, index = _find(card, params.get("element_id"))
    wanted = params.get("partial_element")
    if not isinstance(wanted, dict) or "tag" in wanted:
        raise RejectedError(300314)
    elements[index] = elements[index] | wanted


def _swap(card: Json, params: Json) -> None:
    elements, index = _find(card, params.get("element_id"))
    elements[index] = params.get("element")


def _settle(card: Json, params: Json) -> None:
    _set(card, params.get("settings"))


ACTIONS: dict[str, Callable[[Json, Json], None]] = {
    "partial_update_setting": _settle,
    "add_elements": _add,
    "delete_elements": _delete,
    "partial_update_element": _merge,
    "update_element": _swap,
}


def batch_update(call: Call) -> Json:
    """Apply a list of actions, all or none."""
    actions = _inner(call, "actions")
    if not isinstance(actions, list) or not all(isinstance(each, dict) for each in actions):
        raise RejectedError(10002, status=400)

    def change(card: Json) -> None:
        for each in actions:
            _act(card, each)

    return _changed(call, change)


def _act(card: Json, action: Json) -> None:
    name, params = action.get("action"), action.get("params")
    if name not in ACTIONS or not isinstance(params, dict):
        raise RejectedError(10002, status=400)
    ACTIONS[name](card, params)


def _one(call: Call, action: str, params: Json) -> Json:
    return _changed(call, lambda card: ACTIONS[action](card, params))


def add_elements(call: Call) -> Json:
    """Add elements at the end of the card or next to one of its elements."""
    names = ("type", "target_element_id")
    params = {name: call.parsed[name] for name in names if name in call.parsed}
    return _one(call, "add_elements", params | {"elements": _inner(call, "elements")})


def put_element(call: Call) -> Json:
    """Replace one element."""
    element = _inner(call, "element")
    params = {"element_id": call.path("element_id"), "element": element}
    return _one(call, "update_element", params)


def patch_element(call: Call) -> Json:
    """Change some properties of one element."""
    wanted = _inner(call, "partial_element")
    params = {"element_id": call.path("element_id"), "partial_element": wanted}
    return _one(call, "partial_update_element", params)


def stream_text(call: Call) -> Json:
    """Set the text of one element, as streaming does."""
    said = {"content": call.text("content")}
    params = {"element_id": call.path("element_id"), "partial_element": said}
    return _one(call, "partial_update_element", params)


def delete_element(call: Call) -> Json:
    """Remove one element."""
    return _one(call, "delete_elements", {"element_ids": [call.path("element_id")]})


ENDPOINTS = (
    Endpoint("POST", BASE, create, CARDKIT),
    Endpoint("PUT", CARD, replace, CARDKIT),
    Endpoint("PATCH", f"{CARD}/settings", settings, CARDKIT),
    Endpoint("POST", f"{CARD}/batch_update", batch_update, CARDKIT),
    Endpoint("POST", f"{CARD}/elements", add_elements, CARDKIT),
    Endpoint("PUT", ELEMENT, put_element, CARDKIT),
    Endpoint("PATCH", ELEMENT, patch_element, CARDKIT),
    Endpoint("DELETE", ELEMENT, delete_element, CARDKIT),
    Endpoint("PUT", f"{ELEMENT}/content", stream_text, CARDKIT),
)
