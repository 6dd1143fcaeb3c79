"""What a test or an operator may change about the emulated platform, also while it runs.

Where the documentation is silent or contradicts itself, a switch has both behaviours and the
stricter one is the default.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypedDict

from .faults import parse

BOTH = (True, False)
ALLOWED: dict[str, tuple[object, ...]] = {
    "repeated_card": ("refuse", "old"),
    "unknown_card_user": ("refuse", "result"),
    "all_invalid": ("listed", "refuse"),
    "repeated_route": ("stored", "refuse"),
    "robot_throttle": (130101, 410100),
    "old_throttle": ("wrapped", "bare"),
    "enforce_limits": BOTH,
    "one_token": BOTH,
    "loose_spaces": BOTH,
    "deliver_without_robot": BOTH,
    "mainland_prefix": BOTH,
    "email_visible": BOTH,
    "mobile_visible": BOTH,
    "loopback_redirects": BOTH,
}


class SwitchValues(TypedDict, total=False):
    """The keyword arguments of `create`, one per switch."""

    repeated_card: Literal["refuse", "old"]
    unknown_card_user: Literal["refuse", "result"]
    all_invalid: Literal["listed", "refuse"]
    repeated_route: Literal["stored", "refuse"]
    robot_throttle: Literal[130101, 410100]
    old_throttle: Literal["wrapped", "bare"]
    enforce_limits: bool
    monthly_quota: int | None
    card_value_bytes: int | None
    one_token: bool
    loose_spaces: bool
    deliver_without_robot: bool
    mainland_prefix: bool
    email_visible: bool
    mobile_visible: bool
    loopback_redirects: bool
    latency: float
    notice_seconds: float
    faults: list[dict[str, Any]]


@dataclass(eq=False)
class Switches:
    """How the emulated platform behaves where the real one may differ or break.

    A rule of `faults` is `{"path": prefix, "kind": ...}` with optional `method`, `times` (null
    for always) and `processed` (the work is done, only the answer is broken). Logins may come back
    to this machine without being in `redirect_urls`, unless `loopback_redirects` is off.
    """

    repeated_card: Literal["refuse", "old"] = "refuse"
    unknown_card_user: Literal["refuse", "result"] = "refuse"
    all_invalid: Literal["listed", "refuse"] = "listed"
    repeated_route: Literal["stored", "refuse"] = "stored"
    robot_throttle: Literal[130101, 410100] = 130101
    old_throttle: Literal["wrapped", "bare"] = "wrapped"
    enforce_limits: bool = True
    monthly_quota: int | None = None
    card_value_bytes: int | None = 1024
    one_token: bool = True
    loose_spaces: bool = False
    deliver_without_robot: bool = False
    mainland_prefix: bool = False
    email_visible: bool = True
    mobile_visible: bool = True
    loopback_redirects: bool = True
    latency: float = 0.0
    notice_seconds: float = 0.0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def __setattr__(self, name: str, value: object) -> None:
        allowed = ALLOWED.get(name)
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}")
        if name == "faults":
            value = parse(value)
        super().__setattr__(name, value)

    def turn(self, values: dict[str, Any]) -> None:
        """Change several switches at once, or raise ValueError and change none."""
        unknown = set(values) - {each.name for each in fields(Switches)}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        Switches(**values)  # tries the values before any of them counts
        for name, value in values.items():
            setattr(self, name, value)
