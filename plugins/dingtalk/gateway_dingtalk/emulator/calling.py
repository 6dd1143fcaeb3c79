"""Whom a custom robot's message calls (documentation: "custom-robots-send-group-messages").

Somebody is called where the message lists them in `at`, by number or userid, its text says the
same after an @, and they are in the group. Clients show their name in place of the number.
"""

from .model import Json, Person
from .state import Emulator

Called = dict[str, Person]


def called(emulator: Emulator, group_id: str, content: Json) -> Called:
    """Return who is called, by what stands after the @ in the text."""
    group, at = emulator.groups.get(group_id), content.get("at")
    if group is None or not isinstance(at, dict):
        return {}
    listed = {**_by_user_id(emulator, at), **_by_mobile(emulator, at)}
    text = str(content.get("text") or content.get("content") or "")
    return {
        written: person
        for written, person in listed.items()
        if f"@{written}" in text and person.id in group.members
    }


def _by_user_id(emulator: Emulator, at: Json) -> Called:
    found = {each: emulator.directory.get(each) for each in _texts(at, "atUserIds")}
    return {each: person for each, person in found.items() if person}


def _by_mobile(emulator: Emulator, at: Json) -> Called:
    found = {each: emulator.directory.of_mobile(each) for each in _texts(at, "atMobiles")}
    return {each: people[0] for each, people in found.items() if people}


def _texts(at: Json, name: str) -> list[str]:
    listed = at.get(name)
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
