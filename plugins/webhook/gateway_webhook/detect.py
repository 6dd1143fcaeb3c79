"""Which robot an address belongs to, so that an admin only has to paste it."""

import re

from .robots import ROBOTS

_SHOWN = 4
_SHORTEST_SHOWN = 12
_ADDRESSES = tuple(
    (robot, re.compile(rf"https://{re.escape(robot.host)}{robot.path}(?![A-Za-z0-9_-])"))
    for robot in ROBOTS
)


def detect(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the channel type and configuration of the first robot's address in a text."""
    found = [(address.search(text), robot.name) for robot, address in _ADDRESSES]
    known = [(match.start(), name, match.group()) for match, name in found if match]
    if not known:
        return None
    _, name, url = min(known)
    return name, {"webhook_url": url}


def config_in(name: str, text: str) -> dict[str, str] | None:
    """Return the configuration of `name` where the text's first address is one of its robots."""
    found = detect(text)
    return found[1] if found is not None and found[0] == name else None


def masked(url: str) -> str:
    """Return a robot's address as it may be shown: of its token only the tail.

    What is no robot's address is not shown at all.
    """
    for _, address in _ADDRESSES:
        if match := address.fullmatch(url):
            token = match["token"]
            tail = token[-_SHOWN:] if len(token) >= _SHORTEST_SHOWN else ""
            return f"{url[: match.start('token')]}…{tail}"
    return "…"
