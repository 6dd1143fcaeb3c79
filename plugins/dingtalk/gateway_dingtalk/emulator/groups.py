"""How an app learns a group's openConversationId and the robots in it.

Documentation: "obtain-group-openconversationid", "query-the-list-of-robots-in-a-group",
"create-a-group".
"""

from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .model import App, Group, Json, Person
from .permissions import GROUP, GROUP_READ
from .robots import group_of

LONGEST_NAME = 20
CONVERT = "/v1.0/im/chat/{chat_id}/convertToOpenConversationId"


def convert(call: Call) -> Json:
    """Answer with the openConversationId of an old chat id."""
    for group in call.emulator.groups.values():
        if group.chat_id == call.path("chat_id"):
            return {"openConversationId": group.open_conversation_id}
    raise RejectedError("invalideChatId")


def robots(call: Call) -> Json:
    """Answer with the robots of a group."""
    apps = call.emulator.apps
    found = [_robot(apps[code]) for code in group_of(call).robots if code in apps]
    return {"chatbotInstanceVOList": found}


def _robot(app: App) -> Json:
    return {"robotCode": app.robot_code, "name": app.name, "openRobotType": 2}


def create(call: Call) -> Json:
    """Create an internal group; the calling app's robot is not in it by itself."""
    name, owner = call.text("name"), _person(call, call.text("owner"))
    if len(name) > LONGEST_NAME:
        raise RejectedError("invalidParam", "name超过最大长度")
    members = [_person(call, each) for each in call.texts("useridlist")]
    people = {each.id: each for each in (owner, *members)}
    return _named(call.emulator.add_group(name, people.values(), robots=()))


def _person(call: Call, user_id: str) -> Person:
    person = call.emulator.directory.get(user_id)
    if person is None or not person.in_scope:
        raise RejectedError("permession.checkFailed")
    return person


def _named(group: Group) -> Json:
    return {
        "openConversationId": group.open_conversation_id,
        "chatid": group.chat_id,
        "conversationTag": 2,
    }


def add_robot(call: Call) -> Json:
    """Put the calling app's robot into a group."""
    group, code = group_of(call), call.text("robotCode")
    if code != call.app.robot_code:
        raise RejectedError("invalidParameter.robotCode.auth")
    if code not in group.robots:
        group.robots.append(code)
    return {"success": True}


ENDPOINTS = (
    Endpoint("POST", CONVERT, convert, GROUP_READ, raw=True),  # the vendor's client sends no body
    Endpoint("POST", "/v1.0/im/group/create", create, GROUP),
    Endpoint("POST", "/v1.0/robot/groups/robots/query", robots, GROUP),
    Endpoint("POST", "/v1.0/robot/groups/orgRobots/add", add_robot, GROUP),
)
