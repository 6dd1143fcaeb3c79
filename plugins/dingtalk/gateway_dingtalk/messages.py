"""What identifies a message on the platform, and how it goes out: as a card or by the chatbot.

A card is known by its `outTrackId`, which its callbacks name too. A chatbot's message is known by
the `processQueryKey` of its call, in a group together with the group; a work notice by the task
of its call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.plugin import ContentError, Identity, Payload, RecipientError

from .cards import LONGEST_SUMMARY
from .lookup import CHAT

MARK = "|"
AND = ","
PERSON_MESSAGE = "robot"
GROUP_MESSAGE = "group"
NOTICE = "notice"
CARD_SPACES = "dtv1.card//"
NO_ROUTE = "Its buttons do not report back: the address for button presses is not registered."


@dataclass(frozen=True, slots=True)
class Known:
    """A message as its id tells.

    Attributes:
        form: `card`, `robot`, `group` or `notice`.
        key: The `outTrackId`, the `processQueryKey` or the `task_id`.
        chat: The group, of a group's message.
    """

    form: str
    key: str
    chat: str = ""

    @property
    def keys(self) -> list[str]:
        """What the platform calls each part: a message to a department is several calls."""
        return self.key.split(AND)


def person_message(key: str) -> str:
    """Return the id of a chatbot's message to people."""
    return f"{PERSON_MESSAGE}{MARK}{key}"


def group_message(chat: str, key: str) -> str:
    """Return the id of a chatbot's message to a group."""
    return f"{GROUP_MESSAGE}{MARK}{chat}{MARK}{key}"


def notice_message(task: str) -> str:
    """Return the id of a work notice."""
    return f"{NOTICE}{MARK}{task}"


def joined(message_ids: Sequence[str]) -> str:
    """Return one id for messages of one form, which went to the same department."""
    first, *others = message_ids
    return AND.join([first, *(each.partition(MARK)[2] for each in others)])


def known(message_id: str) -> Known:
    """Read a message's id; without a mark in it, it is a card's."""
    form, _, rest = message_id.partition(MARK)
    if form == PERSON_MESSAGE and rest:
        return Known(form, rest)
    if form == NOTICE and all(each.isdecimal() for each in rest.split(AND)):
        return Known(form, rest)
    chat, _, key = rest.partition(MARK)
    if form == GROUP_MESSAGE and key:
        return Known(form, key, chat)
    return Known("card", message_id)


def form_of(payload: Payload, name: str) -> Mapping[str, Any]:
    """Return a form of the payload; an application's overrides may have broken it."""
    found = payload.get(name)
    if not isinstance(found, dict) or not found:
        raise ContentError(f"The payload has no {name}.")
    return found


def variables_of(payload: Payload) -> dict[str, str]:
    """Return a card's variables; the platform takes nothing but texts."""
    found = form_of(payload, "card").get("variables")
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ContentError("The card's variables have to be texts, each and every one.")
    return dict(found)


def note_of(payload: Payload, name: str, *more: str) -> str | None:
    """Return what is worth telling of a form that was sent."""
    notes = payload.get("notes")
    own = str(notes.get(name, "")) if isinstance(notes, dict) else ""
    return " ".join(filter(None, [own, *more])) or None


def space(to: Identity, payload: Payload, robot_code: str) -> dict[str, Any]:
    """Return where a card goes: to a person's chat with the chatbot, or to a group.

    Raises:
        RecipientError: The id would name more than one place.
    """
    if ";" in to.id:
        raise RecipientError("This is no userid and no group of DingTalk.")
    card = form_of(payload, "card")
    summary = str(card.get("summary") or "-")[:LONGEST_SUMMARY]
    model = {
        "supportForward": True,
        "lastMessageI18n": {"ZH_CN": summary, "EN_US": summary},
        "notification": {"alertContent": summary, "notificationOff": False},
    }
    if to.kind == CHAT:
        return {
            "openSpaceId": f"{CARD_SPACES}IM_GROUP.{to.id}",
            "imGroupOpenSpaceModel": model,
            "imGroupOpenDeliverModel": {"robotCode": robot_code},
        }
    deliver = {"spaceType": "IM_ROBOT", "robotCode": robot_code, "extension": {}}
    return {
        "openSpaceId": f"{CARD_SPACES}IM_ROBOT.{to.id}",
        "imRobotOpenSpaceModel": model,
        "imRobotOpenDeliverModel": deliver,
    }


def called(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return whom a card calls by name."""
    mentions = card.get("mentions")
    return {"cardAtUserIds": mentions} if isinstance(mentions, list) and mentions else {}
