"""A ready organisation: an app with everything granted, six people, a group and its robots."""

from typing import Any

from .ids import derived
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
ROBOT_TOKEN = "demo-robot"  # noqa: S105 - the emulator's, and public
SIGNED_ROBOT_TOKEN = "demo-signed-robot"  # noqa: S105 - the same


def fill(emulator: Emulator) -> dict[str, Any]:
    """Add the organisation and return what a gateway needs to know of it."""
    salt = emulator.brand.salt
    app_id = derived("cli_", salt, "demo", length=16)
    secret = derived("", salt, "demo", "secret")
    emulator.add_app(app_id, secret, name="Notification gateway")
    people = [_person(emulator, *each) for each in PEOPLE]
    group_id = derived("oc_", salt, "demo", "group")
    group = emulator.add_chat("On call", emulator.people.values(), chat_id=group_id)
    emulator.add_robot(ROBOT_TOKEN, group)
    robot_secret = derived("", salt, "demo", "robot", length=22)
    emulator.add_robot(SIGNED_ROBOT_TOKEN, group, secret=robot_secret)
    organization = emulator.organization
    return {
        "config": {"app_id": app_id, "app_secret": secret, "organization": organization},
        "people": people,
        "groups": [{"id": group.chat_id, "display_name": group.name}],
        "robot_token": ROBOT_TOKEN,
        "channels": {
            f"{emulator.brand.name}-robot": {
                "webhook_url": f"/open-apis/bot/v2/hook/{SIGNED_ROBOT_TOKEN}",
                "secret": robot_secret,
            }
        },
    }


def _person(
    emulator: Emulator, user_id: str, name: str, mobile: str, locale: str
) -> dict[str, str]:
    email = f"{user_id}@{DOMAIN}"
    emulator.add_person(name, user_id=user_id, email=email, mobile=mobile, locale=locale)
    return {
        "id": user_id,
        "display_name": name,
        "email": email,
        "mobile": mobile,
        "locale": locale,
    }
