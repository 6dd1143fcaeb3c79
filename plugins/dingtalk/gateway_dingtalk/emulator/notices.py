"""Work notices of an app: sent, followed, changed and recalled through the old API.

Documentation: "asynchronous-sending-of-enterprise-session-messages", "gets-the-result-of-sending-
messages-asynchronously", "obtain-the-sending-progress-of-asynchronous-sending-of-enterprise-
session", "notification-of-work-withdrawal", "update-work-notification-status-bar".
"""

import json

from . import notice_check
from .call import WHOLE, Call
from .codes import RejectedError
from .gate import Endpoint
from .ids import derived_number
from .limits import moment
from .model import Json, Message, Task
from .permissions import BASE as PERMISSION
from .robots import Draft

BASE = "/topapi/message/corpconversation"
MOST_USERS, MOST_DEPARTMENTS = 100, 20
A_PERSON_A_DAY, A_MINUTE = 500, 5000
TOO_FAST, DAILY_CAP, DUPLICATE = 143103, 143105, 143106
MINUTE, DAY, WEEK = 60.0, 86_400.0, 7 * 86_400.0

RESULTS = (
    "invalid_user_id_list",
    "forbidden_user_id_list",
    "failed_user_id_list",
    "read_user_id_list",
    "unread_user_id_list",
    "invalid_dept_id_list",
    "forbidden_list",
)


def send(call: Call) -> Json:
    """Take a notice in; over the limits it answers success and drops the message."""
    _check_agent(call)
    users, departments = _users(call), _departments(call)
    if not users and not departments and not call.old_flag("to_all_user"):
        raise RejectedError(40035, "缺少参数 userid_list")
    msg_type, content = notice_check.checked(call)
    number = derived_number(call.app.app_key, str(len(call.emulator.outbox.tasks)), digits=12)
    task = Task(number, call.app.app_key, call.now, len(users))
    call.emulator.outbox.tasks[number] = task
    draft = Draft("notice", call.app.app_key, msg_type, content, call.now)
    for user in _receivers(call, task, users, departments):
        _give(call, task, draft, user)
    return {"task_id": number}


def _check_agent(call: Call) -> None:
    if call.old_number("agent_id") != call.app.agent_id:
        raise RejectedError(40056)


def _listed(call: Call, name: str, most: int) -> list[str]:
    """Return a list of the old API, which is a text with commas; an array is refused."""
    value = call.parsed.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, str):
        raise RejectedError(40035, f"不合法的参数 {name}")
    found = [each.strip() for each in value.split(",") if each.strip()]
    if len(found) > most:
        raise RejectedError(40035, f"{name}超过最大数量")
    return list(dict.fromkeys(found))


def _users(call: Call) -> list[str]:
    return _listed(call, "userid_list", MOST_USERS)


def _departments(call: Call) -> list[str]:
    return _listed(call, "dept_id_list", MOST_DEPARTMENTS)


def _receivers(call: Call, task: Task, users: list[str], departments: list[str]) -> list[str]:
    directory = call.emulator.directory
    known = {each for each in departments if WHOLE.fullmatch(each) and directory.has(int(each))}
    task.invalid_departments = [each for each in departments if each not in known]
    found = dict.fromkeys(users)
    for number in known:
        found |= dict.fromkeys(each.id for each in directory.all_members(int(number)))
    everybody = call.old_flag("to_all_user")
    return list(dict.fromkeys(directory.people) if everybody else found)


def _give(call: Call, task: Task, draft: Draft, user: str) -> None:
    """Show the notice to one person, or write down why it was dropped."""
    person = call.emulator.directory.get(user)
    if person is None or not person.in_scope:
        task.invalid.append(user)
        return
    reason = _dropped(call, draft, user)
    if reason:
        task.forbidden[user] = reason
        return
    message = draft.to(user)
    message.task_id = task.task_id
    task.messages.append(call.emulator.outbox.keep(message))


def _dropped(call: Call, draft: Draft, user: str) -> int:
    emulator, day = call.emulator, f"{moment(call.now):%Y-%m-%d}"
    said = json.dumps([draft.msg_type, draft.content], sort_keys=True)
    key, content = (call.app.app_key, user, day), (call.app.app_key, user, day, said)
    if content in emulator.said_today:
        return DUPLICATE
    if emulator.enforce_limits and emulator.noticed[key] >= A_PERSON_A_DAY:
        return DAILY_CAP
    pace = ("notices", call.app.app_key)
    if emulator.enforce_limits and not emulator.windows.take(pace, A_MINUTE, MINUTE, call.now):
        return TOO_FAST
    emulator.said_today.add(content)
    emulator.noticed[key] += 1
    return 0


def _task(call: Call, within: float, name: str = "task_id") -> Task:
    _check_agent(call)
    task = call.emulator.outbox.tasks.get(call.old_number(name))
    if task is None or task.app_key != call.app.app_key or call.now - task.created > within:
        raise RejectedError(400002, f"无效的参数 {name}")
    return task


def progress(call: Call) -> Json:
    """Answer how far the notice is on its way."""
    under_way = _under_way(call, _task(call, WEEK))
    percent, status = (0, 1) if under_way else (100, 2)
    return {"progress": {"progress_in_percent": percent, "status": status}}


def _under_way(call: Call, task: Task) -> bool:
    return call.now - task.created < call.emulator.notice_seconds


def result(call: Call) -> Json:
    """Answer who got the notice, who has read it and who did not get it and why."""
    task = _task(call, DAY)
    if task.asked > MOST_USERS:
        raise RejectedError(40035)
    if _under_way(call, task):
        return {"send_result": {name: [] for name in RESULTS}}
    kept = [each for each in task.messages if not each.recalled]
    return {
        "send_result": {
            "invalid_user_id_list": task.invalid,
            "forbidden_user_id_list": list(task.forbidden),
            "failed_user_id_list": [],
            "read_user_id_list": [each.receiver for each in kept if each.read],
            "unread_user_id_list": [each.receiver for each in kept if not each.read],
            "invalid_dept_id_list": task.invalid_departments,
            "forbidden_list": [
                {"code": str(code), "count": 1, "userid": user}
                for user, code in task.forbidden.items()
            ],
        }
    }


def recall(call: Call) -> Json:
    """Take a notice back; here the task goes by another name."""
    for message in _task(call, DAY, "msg_task_id").messages:
        message.recalled = True
    return {}


def status_bar(call: Call) -> Json:
    """Change the status bar of a notice that was sent with one to a few people."""
    task = _task(call, WEEK)
    value, colour = call.old_text("status_value"), call.parsed.get("status_bg")
    if task.asked > 5 or not all(_has_bar(each) for each in task.messages):
        raise RejectedError(41052)
    for message in task.messages:
        bar = {"status_value": value, "status_bg": colour}
        message.content = {**message.content, "status_bar": bar}
        message.changes.append({"time": call.now, "status_bar": bar})
    return {}


def _has_bar(message: Message) -> bool:
    return message.msg_type == "oa" and isinstance(message.content.get("status_bar"), dict)


ENDPOINTS = (
    Endpoint("POST", f"{BASE}/asyncsend_v2", send, PERMISSION),
    Endpoint("POST", f"{BASE}/getsendprogress", progress, PERMISSION),
    Endpoint("POST", f"{BASE}/getsendresult", result, PERMISSION),
    Endpoint("POST", f"{BASE}/recall", recall, PERMISSION),
    Endpoint("POST", f"{BASE}/status_bar/update", status_bar, PERMISSION),
)
