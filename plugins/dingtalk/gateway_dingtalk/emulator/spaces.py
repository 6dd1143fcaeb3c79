"""Where a card may be shown: the grammar of openSpaceId, and delivery space by space.

Documentation: "delivery-card-interface" and "open-the-interface-to-create-a-card-instance".
"""

import re
from dataclasses import dataclass

from .call import Call
from .codes import RejectedError
from .ids import fresh, query_key
from .model import Card, Json, Message

LONGEST_ID = 1000
SPACE = re.compile(r"dtv1\.card//(IM_ROBOT|IM_GROUP|IM_SINGLE|ONE_BOX)\.([^;]+)")
LOOSE = re.compile(r"dtv1\.card:?//(IM_ROBOT|IM_GROUP|IM_SINGLE|ONE_BOX)\.([^;]+)", re.IGNORECASE)


@dataclass(frozen=True)
class SpaceKind:
    """The fields by which a card is allowed into a kind of space and delivered to it."""

    space_model: str
    deliver_model: str
    is_chat: bool = True


KINDS = {
    "IM_ROBOT": SpaceKind("imRobotOpenSpaceModel", "imRobotOpenDeliverModel"),
    "IM_GROUP": SpaceKind("imGroupOpenSpaceModel", "imGroupOpenDeliverModel"),
    "IM_SINGLE": SpaceKind("imSingleOpenSpaceModel", "imSingleOpenDeliverModel"),
    "ONE_BOX": SpaceKind("topOpenSpaceModel", "topOpenDeliverModel", is_chat=False),
}


@dataclass(frozen=True)
class Space:
    """One place named by an openSpaceId."""

    kind: str
    id: str


def parse(call: Call) -> list[Space]:
    """Return the places of the body's openSpaceId, or raise what the card API answers."""
    value = call.text("openSpaceId", "param.openSpaceIdInvalid")
    pattern = LOOSE if call.emulator.loose_spaces else SPACE
    found = [pattern.fullmatch(part) for part in value.split(";")]
    if len(value) > LONGEST_ID or not all(found):
        raise RejectedError("param.openSpaceIdInvalid")
    return [Space(each[1].upper(), each[2]) for each in found if each]


def declared(call: Call) -> set[str]:
    """Return the kinds of spaces the body allows the card into."""
    return {kind for kind, fields in KINDS.items() if _allows(call, fields)}


def _allows(call: Call, fields: SpaceKind) -> bool:
    model = call.mapping(fields.space_model)
    if model is not None and fields.is_chat and not isinstance(model.get("supportForward"), bool):
        raise RejectedError("param.openSpaceModelInvalid", "supportForward为空")
    return model is not None


def check(call: Call, spaces: list[Space], allowed: set[str]) -> None:
    """Raise unless every space is declared, has its deliver model, and names who exists."""
    for space in spaces:
        if space.kind not in allowed:
            raise RejectedError("param.openSpaceModelInvalid")
        _check_deliver_model(call, space)
        unknown = space.kind == "IM_ROBOT" and _person(call, space) is None
        if unknown and call.emulator.unknown_card_user == "refuse":
            raise RejectedError("param.userIdNotExist")


def _check_deliver_model(call: Call, space: Space) -> None:
    model = call.mapping(KINDS[space.kind].deliver_model)
    if model is None:
        raise RejectedError("param.openDeliverModelEmpty")
    if space.kind == "IM_ROBOT" and model.get("spaceType") != "IM_ROBOT":
        raise RejectedError("param.openDeliverModelError", "spaceType不合法")
    optional = space.kind != "IM_GROUP" and call.emulator.deliver_without_robot
    if not model.get("robotCode") and (optional or not KINDS[space.kind].is_chat):
        return
    _check_robot(call, model.get("robotCode"))


def _check_robot(call: Call, code: object) -> None:
    """The robot must be the calling app's, published and active: the docs want it for groups."""
    app = call.emulator.apps.get(str(code))
    if app is not call.app or not app.published or not app.robot_active:
        raise RejectedError("param.openDeliverModelError", "robotCode不合法")


def _person(call: Call, space: Space) -> str | None:
    person = call.emulator.directory.named(space.id, call.number("userIdType", 1))
    return person.id if person else None


def deliver(call: Call, card: Card, space: Space) -> Json:
    """Show a card in one place and return the result for this place."""
    receiver, reason = _receiver(call, space)
    result: Json = {"spaceType": space.kind, "spaceId": space.id}
    if reason:
        return result | {"success": False, "carrierId": "", "errorMsg": reason}
    message = _shown_already(call, card, receiver) or _show(call, card, receiver)
    return result | {"success": True, "carrierId": message.query_key, "errorMsg": ""}


def _receiver(call: Call, space: Space) -> tuple[str, str]:
    """Return who sees the card, and why it cannot be shown if it cannot."""
    if space.kind == "IM_ROBOT":
        return _robot_chat(call, space)
    if space.kind != "IM_GROUP":
        return "", "该场域未开通"
    group = call.emulator.groups.get(space.id)
    if group is None or group.dissolved or call.app.robot_code not in group.robots:
        return "", "群不存在或机器人不在群中"
    return group.open_conversation_id, ""


def _robot_chat(call: Call, space: Space) -> tuple[str, str]:
    person = call.emulator.directory.named(space.id, call.number("userIdType", 1))
    if person is None:
        return "", "用户不存在"
    if not person.in_scope:
        return "", "用户不在应用可见范围内"
    return person.id, "用户屏蔽了机器人" if person.blocked_robot else ""


def _shown_already(call: Call, card: Card, receiver: str) -> Message | None:
    found = (each for each in call.emulator.outbox.to(receiver) if each.card is card)
    return next(found, None)


def _show(call: Call, card: Card, receiver: str) -> Message:
    content = {"cardTemplateId": card.template_id, "cardParamMap": dict(card.params)}
    message = Message(
        fresh("msg"), "card", call.app.robot_code, receiver, "card", content, call.now, query_key()
    )
    message.card = card
    return call.emulator.outbox.keep(message)
