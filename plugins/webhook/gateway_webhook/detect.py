"""Which robot an address belongs to, so that an admin only has to paste it."""

import re
from collections.abc import Iterator

from .credential import HOST
from .robot import Robot
from .robots import ROBOTS

_SHOWN = 4
_SHORTEST_SHOWN = 12
_END = r"(?![A-Za-z0-9_-])"
_OWN = tuple(
    (robot, re.compile(rf"https://{re.escape(robot.host)}{robot.path}{_END}")) for robot in ROBOTS
)
# A private deployment has the platform's paths under a name of its own. Whether it may be
# called is for the operator to say: a configuration with it is refused where it may not.
_ELSEWHERE = tuple(
    (robot, re.compile(rf"https?://(?P<host>{HOST})(?:/[A-Za-z0-9._-]+)*{robot.path}{_END}"))
    for robot in ROBOTS
)


def detect(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the channel type and configuration of the first robot's address in a text."""
    known = sorted(_found(text))
    if not known:
        return None
    _, _, name, url = known[0]
    return name, {"webhook_url": url}


def _found(text: str) -> Iterator[tuple[int, int, str, str]]:
    for order, (robot, address) in enumerate((*_OWN, *_ELSEWHERE)):
        match = address.search(text)
        if match and _may_be(robot, match):
            yield match.start(), order, robot.name, match.group()


def _may_be(robot: Robot, match: re.Match[str]) -> bool:
    """Tell whether a private deployment may be of this brand, by the name it has."""
    host = match.groupdict().get("host")
    return host is None or robot.private_host.fullmatch(host) is not None


def config_in(name: str, text: str) -> dict[str, str] | None:
    """Return the configuration of `name` where the text's first address is one of its robots."""
    found = detect(text)
    return found[1] if found is not None and found[0] == name else None


def masked(url: str) -> str:
    """Return a robot's address as it may be shown: of its token only the tail.

    What is no robot's address is not shown at all.
    """
    for _, address in (*_OWN, *_ELSEWHERE):
        if match := address.fullmatch(url):
            token = match["token"]
            tail = token[-_SHOWN:] if len(token) >= _SHORTEST_SHOWN else ""
            return f"{url[: match.start('token')]}…{tail}"
    return "…"
