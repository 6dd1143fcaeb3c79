"""Messages of an app's robot to people and groups, their read status and recall.

Documentation: "chatbots-send-one-on-one-chat-messages-in-batches", "the-robot-sends-a-group-
message", "chatbot-batch-query-the-read-status-of-messages", "batch-message-recall-chat".
"""

from dataclasses import dataclass

from . import msg_keys
from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh, query_key
from .model import App, Group, Json, Kind, Message, Person
from .permissions import ROBOT

MOST_PEOPLE = 20
MOST_KEYS = 20
DAY = 86_400.0
ONE, GROUP = "/v1.0/robot/oToMessages", "/v1.0/robot/groupMessages"


def robot_of(call: Call, code: str) -> App:
    """Return the app of a robot code, which must be the calling one and published."""
    app = call.emulator.apps.get(code)
    if app is None or not app.published:
        raise RejectedError("invalidParameter.robotCode.notExsit")
    if app is not call.app:
        raise RejectedError("invalidParameter.robotCode.auth")
    if not app.robot_active:
        raise RejectedError("bot.stopped")
    return app


def _robot(call: Call) -> App:
    return robot_of(call, call.text("robotCode", "invalidParameter.robotCode.empty"))


@dataclass(frozen=True)
class Draft:
    """One message before it has a receiver."""

    kind: Kind
    sender: str
    msg_type: str
    content: Json
    created: float
    query_key: str | None = None

    def to(self, receiver: str) -> Message:
        """Return the message as one receiver gets it."""
        return Message(
            fresh("msg"),
            self.kind,
            self.sender,
            receiver,
            self.msg_type,
            self.content,
            self.created,
            self.query_key,
        )


def batch_send(call: Call) -> Json:
    """Send to at most twenty people; who cannot be reached is named in a list, with HTTP 200."""
    app, users = _robot(call), _users(call)
    key, content = msg_keys.checked(call)
    known = {user: call.emulator.directory.get(user) for user in users}
    invalid = [user for user, person in known.items() if not _reachable(person)]
    slowed = [each.id for each in known.values() if each and each.flow_controlled]
    if len(invalid) == len(known) and call.emulator.all_invalid == "refuse":
        raise RejectedError("staffId.notExisted")
    draft = Draft("robot", app.robot_code, key, content, call.now, query_key())
    for user in known:
        if user not in invalid and user not in slowed:
            call.emulator.outbox.keep(draft.to(user))
    return {
        "processQueryKey": draft.query_key,
        "invalidStaffIdList": invalid,
        "flowControlledStaffIdList": [user for user in slowed if user not in invalid],
    }


def _users(call: Call) -> list[str]:
    users = call.texts("userIds")
    if not users:
        raise RejectedError("invalidParameter.userIds.empty")
    if len(users) > MOST_PEOPLE:
        raise RejectedError("invalidParameter.userIds.overMax")
    return users


def _reachable(person: Person | None) -> bool:
    return person is not None and person.in_scope and not person.blocked_robot


def group_of(call: Call, name: str = "openConversationId") -> Group:
    """Return the group of the body, which must exist and not be dissolved."""
    group = call.emulator.groups.get(call.text(name, "miss.openConversationId"))
    if group is None:
        raise RejectedError("invalid.openConversationId")
    if group.dissolved:
        raise RejectedError("group.disbanded")
    return group


def group_send(call: Call) -> Json:
    """Send to a group the robot is in."""
    app, group = _robot(call), group_of(call)
    if app.robot_code not in group.robots:
        raise RejectedError("invalidParameter.robotCode.auth")
    key, content = msg_keys.checked(call)
    draft = Draft("robot", app.robot_code, key, content, call.now, query_key())
    call.emulator.outbox.keep(draft.to(group.open_conversation_id))
    return {"processQueryKey": draft.query_key}


def _sent(call: Call, key: str, code: str) -> list[Message]:
    """Return what one call sent within the last day, or raise the code."""
    messages = call.emulator.outbox.of_key(key)
    if not messages or messages[0].sender != call.app.robot_code:
        raise RejectedError(code)
    if call.now - messages[0].created > DAY:
        raise RejectedError(code)
    return messages


def read_status(call: Call) -> Json:
    """Answer who has read what one call sent."""
    code = call.query.get("robotCode", "")
    robot_of(call, code)
    messages = _sent(call, call.query.get("processQueryKey", ""), "processQueryKey.expireTime")
    status = "RECALLED" if all(each.recalled for each in messages) else "SUCCESS"
    return {"sendStatus": status, "messageReadInfoList": [_read(call, each) for each in messages]}


def _read(call: Call, message: Message) -> Json:
    return {
        "name": call.emulator.people[message.receiver].name,
        "userId": message.receiver,
        "readStatus": "READ" if message.read else "UNREAD",
    }


def recall(call: Call) -> Json:
    """Take back what at most twenty calls of the last day sent."""
    _robot(call)
    keys = call.texts("processQueryKeys")
    if not keys:
        raise RejectedError("invalidParameter.processQueryKeys.empty")
    if len(keys) > MOST_KEYS:
        raise RejectedError("invalidParameter.processQueryKeys.overMax")
    failed = {key: reason for key in keys if (reason := _not_recallable(call, key))}
    done = [key for key in keys if key not in failed]
    for key in done:
        for message in call.emulator.outbox.of_key(key):
            message.recalled = True
    return {"successResult": done, "failedResult": failed}


def _not_recallable(call: Call, key: str) -> str:
    messages = call.emulator.outbox.of_key(key)
    if not messages or messages[0].sender != call.app.robot_code:
        return "processQueryKey不存在"
    if call.now - messages[0].created > DAY:
        raise RejectedError("robot.processQueryKey.expired")
    # whether the carrierId of a card can be recalled is not documented: the strict answer is no
    return "不支持撤回卡片" if messages[0].kind == "card" else ""


def group_recall(call: Call) -> Json:
    """Take back what was sent to one group."""
    group_of(call)
    return recall(call)


def group_query(call: Call) -> Json:
    """Answer who of a group has read one message."""
    group_of(call)
    _robot(call)
    messages = _sent(call, call.text("processQueryKey"), "processQueryKey.expireTime")
    status = "RECALLED" if messages[0].recalled else "SUCCESS"
    return {"sendStatus": status, "readUserIds": sorted(messages[0].read), "hasMore": False}


ENDPOINTS = (
    Endpoint("POST", f"{ONE}/batchSend", batch_send, ROBOT),
    Endpoint("GET", f"{ONE}/readStatus", read_status, ROBOT),
    # the page of the recall really spells it with a small t, and paths are case-sensitive
    Endpoint("POST", "/v1.0/robot/otoMessages/batchRecall", recall, ROBOT),
    Endpoint("POST", f"{GROUP}/send", group_send, ROBOT),
    Endpoint("POST", f"{GROUP}/query", group_query, ROBOT),
    Endpoint("POST", f"{GROUP}/recall", group_recall, ROBOT),
)
