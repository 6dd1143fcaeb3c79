"""A ready organisation: an app with everything granted, six people, a group and a robot."""

from typing import Any

from .ids import derived, derived_uuid
from .state import Emulator

PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("li.wei", "Li Wei", "+6591230001", "zh-CN"),
    ("tan.mei.ling", "Tan Mei Ling", "+6591230002", "en"),
    ("wang.fang", "王芳", "+6591230003", "zh-CN"),
    ("arjun.nair", "Arjun Nair", "+6591230004", "en"),
    ("sofia.costa", "Sofia Costa", "+6591230005", "en"),
    ("zhao.jun", "赵军", "+6591230006", "zh-CN"),
)
DOMAIN = "merlion.example"
ROBOT_TOKEN = "0" * 56 + "deadbeef"
ROBOT_SECRET = "SEC" + "0" * 56 + "deadbeef"
AGENT_FIELDS = ("app_id", "agent_id")


def fill(emulator: Emulator) -> dict[str, Any]:
    """Add the organisation and return what a gateway needs to know of it."""
    config = _app(emulator)
    people = [_person(emulator, *each) for each in PEOPLE]
    group_id = derived("cid", emulator.brand.salt, "group", length=22) + "=="
    group = emulator.add_group("On call", emulator.people.values(), open_conversation_id=group_id)
    emulator.add_robot(ROBOT_TOKEN, group, secret=ROBOT_SECRET)
    robot = {"webhook_url": f"/robot/send?access_token={ROBOT_TOKEN}", "secret": ROBOT_SECRET}
    return {
        "config": config,
        "people": people,
        "groups": [{"id": group.open_conversation_id, "display_name": group.name}],
        "robot": robot,
        "channels": {"dingtalk-robot": robot},
    }


def _app(emulator: Emulator) -> dict[str, Any]:
    salt = emulator.brand.salt
    app_key = derived("ding", salt, "demo", length=16)
    secret = derived("", salt, "demo", "secret", length=64)
    app = emulator.add_app(app_key, secret, name="Notification gateway")
    template_id = f"{derived_uuid(salt, 'card')}.schema"
    emulator.add_template(template_id, "Notification")
    config: dict[str, Any] = {
        "app_id": app.app_id,
        "agent_id": str(app.agent_id),
        "app_key": app_key,
        "app_secret": secret,
        "robot_code": app.robot_code,
        "card_template_id": template_id,
    }
    unasked = () if emulator.brand.asks_for_agent else AGENT_FIELDS
    return {name: value for name, value in config.items() if name not in unasked}


def _person(
    emulator: Emulator, user_id: str, name: str, mobile: str, locale: str
) -> dict[str, str]:
    email = f"{user_id}@{DOMAIN}"
    login_id = user_id if emulator.brand.enterprise_accounts else None
    emulator.add_person(name, user_id, email=email, mobile=mobile, locale=locale, login_id=login_id)
    return {
        "id": user_id,
        "display_name": name,
        "email": email,
        "mobile": mobile,
        "locale": locale,
    }
