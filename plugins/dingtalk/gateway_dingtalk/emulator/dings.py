"""DING: an urgent message in the app, by SMS or by phone (page "robot-sends-nail-message")."""

from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh
from .model import App, Json
from .permissions import DING
from .robots import Draft

BASE = "/v1.0/robot/ding"
MOST_RECEIVERS = {1: 200, 2: 20, 3: 20}
KINDS = {1: "DING", 2: "DING by SMS", 3: "DING by phone"}


def _robot(call: Call) -> App:
    app = call.emulator.apps.get(call.text("robotCode", "invalid.chatbotId"))
    if app is not call.app or not app.published or not app.robot_active:
        raise RejectedError("invalid.chatbotId")
    return app


def send(call: Call) -> Json:
    """Send one DING; who is unknown is named under a reason, with HTTP 200."""
    app, users = _robot(call), call.texts("receiverUserIdList")
    kind = call.number("remindType", 0)
    if kind not in KINDS:
        raise RejectedError("param.invalid", "remindType不合法")
    if not users:
        raise RejectedError("miss.staffId")
    if len(users) > MOST_RECEIVERS[kind]:
        raise RejectedError("ding.receivercount.limit")
    content = {"content": call.text("content"), "remindType": kind}
    draft = Draft("ding", app.robot_code, KINDS[kind], content, call.now)
    known = [each for each in dict.fromkeys(users) if call.emulator.directory.get(each)]
    ding_id = fresh("ding", 24)
    call.emulator.dings[ding_id] = [call.emulator.outbox.keep(draft.to(each)) for each in known]
    failed = [each for each in users if each not in known]
    return {"openDingId": ding_id, "failedList": {"staffId.notExisted": failed} if failed else {}}


def recall(call: Call) -> Json:
    """Take back one DING."""
    _robot(call)
    ding_id = call.text("openDingId")
    if ding_id not in call.emulator.dings:
        raise RejectedError("invalidParam", "openDingId不合法")
    for message in call.emulator.dings[ding_id]:
        message.recalled = True
    return {"openDingId": ding_id}


ENDPOINTS = (
    Endpoint("POST", f"{BASE}/send", send, DING),
    Endpoint("POST", f"{BASE}/recall", recall, DING),
)
