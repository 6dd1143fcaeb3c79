"""What is about to be posted to a robot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Post:
    """An address, which holds the robot's token, and the body for it."""

    url: str = field(repr=False)
    body: Mapping[str, Any]
