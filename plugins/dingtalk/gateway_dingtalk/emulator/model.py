"""The things a platform keeps: apps, people, groups, messages, cards, robots."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["robot", "card", "notice", "webhook", "ding"]


@dataclass(slots=True)
class App:
    """An internal app with its robot; only published permission points are in `permissions`."""

    app_key: str
    app_secret: str
    agent_id: int
    app_id: str
    permissions: set[str]
    name: str = "Notifications"
    unpublished: set[str] = field(default_factory=set)
    published: bool = True
    enabled: bool = True
    robot_active: bool = True
    ip_white_list: tuple[str, ...] = ()

    @property
    def robot_code(self) -> str:
        """The code of the app's robot, which of an internal app is its AppKey."""
        return self.app_key

    def grants(self, point: str) -> bool:
        """Tell whether a permission point is granted in the published version."""
        return self.published and point in self.permissions

    def publish(self) -> None:
        """Publish a version: points asked for since the last one count from now on."""
        self.published = True
        self.permissions |= self.unpublished
        self.unpublished.clear()


@dataclass(slots=True)
class Token:
    """A token of one app; `old` ones came from `gettoken`."""

    value: str
    app_key: str
    expires: float
    old: bool = False


@dataclass(slots=True)
class Login:
    """A code somebody got by logging in to an app."""

    app_key: str
    person: str
    created: float
    used: bool = False


@dataclass(slots=True)
class Person:
    """Someone of the organisation; `id` is the userid, also called staffId.

    `login_id` makes the person an enterprise account: found by mobile only with the search flag.
    """

    id: str
    name: str
    union_id: str
    email: str | None = None
    mobile: str | None = None
    locale: str = "en"
    departments: tuple[int, ...] = (1,)
    login_id: str | None = None
    in_scope: bool = True
    resigned: bool = False
    active: bool = True
    blocked_robot: bool = False
    flow_controlled: bool = False


@dataclass(slots=True)
class Department:
    """A department; the root is 1."""

    id: int
    name: str
    parent: int = 1
    in_scope: bool = True


@dataclass(slots=True)
class Group:
    """An internal group; `robots` are the robot codes in it."""

    open_conversation_id: str
    chat_id: str
    name: str
    members: list[str] = field(default_factory=list)
    robots: list[str] = field(default_factory=list)
    dissolved: bool = False


@dataclass(slots=True)
class Template:
    """A card template of the Card Platform."""

    template_id: str
    name: str
    published: bool = True
    # By name, its type; None is a console that does not tell.
    variables: dict[str, str] | None = None


@dataclass(slots=True)
class Press:
    """A call-back button somebody pressed: what a card callback will say."""

    time: float
    message_id: str
    operator: str
    label: str
    action: str
    params: dict[str, str]
    answered: bool = False


@dataclass(slots=True)
class Card:
    """One card instance; several receivers of one instance see the same data."""

    out_track_id: str
    template_id: str
    app_key: str
    params: dict[str, str]
    private: dict[str, dict[str, str]]
    created: float
    callback_type: str | None = None
    route_key: str | None = None
    spaces: set[str] = field(default_factory=set)
    updates: list[Json] = field(default_factory=list)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    sent: str = ""

    def seen_by(self, person: str | None) -> dict[str, str]:
        """Return the variables one person sees: public, then private, then a press's answer."""
        name = person or ""
        return self.params | self.private.get(name, {}) | self.answers.get(name, {})


@dataclass(slots=True)
class Message:
    """One message as one receiver sees it; `receiver` is a userid or a group's id."""

    message_id: str
    kind: Kind
    sender: str
    receiver: str
    msg_type: str
    content: Json
    created: float
    query_key: str | None = None
    task_id: int | None = None
    card: Card | None = None
    changes: list[Json] = field(default_factory=list)
    recalled: bool = False
    read: dict[str, float] = field(default_factory=dict)
    presses: list[Press] = field(default_factory=list)

    @property
    def out_track_id(self) -> str | None:
        """The id of the card instance, or None when the message is no card."""
        return self.card.out_track_id if self.card else None

    @property
    def updates(self) -> list[Json]:
        """What changed since the message was sent."""
        return self.card.updates if self.card else self.changes

    def as_json(self) -> Json:
        """Return what the control API tells about the message."""
        return {
            "message_id": self.message_id,
            "kind": self.kind,
            "sender": self.sender,
            "receiver": self.receiver,
            "msg_type": self.msg_type,
            "content": self.content,
            "process_query_key": self.query_key,
            "task_id": self.task_id,
            "out_track_id": self.out_track_id,
            "template_id": self.card.template_id if self.card else None,
            "card": self.card.params if self.card else None,
            "private": self.card.private if self.card else None,
            "created": self.created,
            "updates": len(self.updates),
            "recalled": self.recalled,
            "read": sorted(self.read),
            "presses": [
                {"operator": each.operator, "label": each.label, "params": each.params}
                for each in self.presses
            ],
        }


@dataclass(slots=True)
class Task:
    """One call of the work notice API and what became of it, receiver by receiver."""

    task_id: int
    app_key: str
    created: float
    asked: int
    invalid: list[str] = field(default_factory=list)
    invalid_departments: list[str] = field(default_factory=list)
    forbidden: dict[str, int] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class CardRoute:
    """Where presses of cards with one route key are sent."""

    url: str
    secret: str


@dataclass(slots=True)
class Robot:
    """A custom robot of one group, with its security settings."""

    token: str
    group: str
    secret: str | None = None
    keywords: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One line of the call log."""

    time: float
    key: str
    status: int
    code: str
