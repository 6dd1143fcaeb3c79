"""What a test or an operator may change about the emulated platform, also while it runs."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypedDict

from .faults import parse

EDITIONS: dict[str, int | None] = {"standard": None, "basic_free": 10_000}
"""Monthly calls of a tenant's edition (documentation: "Custom app API call limit")."""

ALLOWED: dict[str, tuple[object, ...]] = {
    "wrong_secret_status": (200, 400),
    "repeated_uuid": ("first", "sending"),
    "edition": tuple(EDITIONS),
    "enforce_limits": (True, False),
    "robot_strict_20k": (True, False),
    "robot_refusal_status": (200, 400),
    "loopback_redirects": (True, False),
}


class SwitchValues(TypedDict, total=False):
    """The keyword arguments of `create`, one per switch."""

    wrong_secret_status: Literal[200, 400]
    repeated_uuid: Literal["first", "sending"]
    enforce_limits: bool
    monthly_quota: int | None
    edition: str
    robot_strict_20k: bool
    robot_refusal_status: Literal[200, 400]
    loopback_redirects: bool
    latency: float
    faults: list[dict[str, Any]]


@dataclass(eq=False)
class Switches:
    """How the emulated platform behaves where the real one may differ or break.

    A rule of `faults` is `{"path": prefix, "kind": ...}` with optional `method`, `times` (null
    for always) and `processed` (the work is done, only the answer is broken). Logins may come back
    to this machine without `redirect_urls` of the app, unless `loopback_redirects` is off.
    """

    wrong_secret_status: Literal[200, 400] = 200
    repeated_uuid: Literal["first", "sending"] = "first"
    enforce_limits: bool = True
    monthly_quota: int | None = None
    edition: str = "standard"
    robot_strict_20k: bool = False
    robot_refusal_status: Literal[200, 400] = 200
    loopback_redirects: bool = True
    latency: float = 0.0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def __setattr__(self, name: str, value: object) -> None:
        allowed = ALLOWED.get(name)
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}")
        if name == "faults":
            value = parse(value)
        super().__setattr__(name, value)

    @property
    def calls_a_month(self) -> int | None:
        """The monthly quota in force: the switch, else what the edition brings."""
        return EDITIONS[self.edition] if self.monthly_quota is None else self.monthly_quota

    def turn(self, values: dict[str, Any]) -> None:
        """Change several switches at once, or raise ValueError and change none."""
        unknown = set(values) - {each.name for each in fields(Switches)}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        Switches(**values)  # tries the values before any of them counts
        for name, value in values.items():
            setattr(self, name, value)
