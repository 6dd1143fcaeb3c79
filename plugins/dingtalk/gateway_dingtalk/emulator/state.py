"""The emulated platform: one organisation of one edition, and what a test may do with it."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TypedDict, Unpack

from .brands import Brand
from .directory import ROOT, Directory
from .faults import Sleep
from .ids import derived, derived_number, derived_uuid, fresh
from .limits import Penalties, Quota, Windows
from .model import (
    App,
    Card,
    CardRoute,
    Department,
    Group,
    LoggedCall,
    Login,
    Message,
    Person,
    Press,
    Robot,
    Template,
    Token,
)
from .outbox import Outbox
from .permissions import EVERY
from .switches import Switches, SwitchValues

LOGGED_CALLS = 10_000


class PersonDetails(TypedDict, total=False):
    """What may be said about a new person besides the name."""

    email: str | None
    mobile: str | None
    locale: str
    departments: tuple[int, ...]
    login_id: str | None
    in_scope: bool
    resigned: bool
    active: bool
    blocked_robot: bool
    flow_controlled: bool


class AppDetails(TypedDict, total=False):
    """What may be said about a new app besides its credential and permissions."""

    name: str
    unpublished: set[str]
    published: bool
    enabled: bool
    robot_active: bool
    ip_white_list: tuple[str, ...]


class RobotDetails(TypedDict, total=False):
    """The security settings of a custom robot."""

    secret: str | None
    keywords: tuple[str, ...]
    ips: tuple[str, ...]
    stopped: bool


class Emulator(Switches):
    """State of the emulated platform, its switches, and the operations of tests."""

    def __init__(
        self, brand: Brand, clock: Callable[[], float], **switches: Unpack[SwitchValues]
    ) -> None:
        super().__init__(**switches)
        self.brand = brand
        self.clock = clock
        self.sleep: Sleep = asyncio.sleep
        self.organization = brand.organization
        self.corp_id = derived("ding", brand.salt, "corp", length=32)
        self.directory = Directory()
        self.apps: dict[str, App] = {}
        self.groups: dict[str, Group] = {}
        self.robots: dict[str, Robot] = {}
        self.templates: dict[str, Template] = {}
        self.routes: dict[str, CardRoute] = {}
        self.redirect_urls: dict[str, tuple[str, ...]] = {}
        self.reset()

    def reset(self) -> None:
        """Forget messages, cards, tokens and counts; keep apps, people, groups and routes."""
        self.outbox = Outbox()
        self.cards: dict[str, Card] = {}
        self.tokens: dict[str, Token] = {}
        self.logins: dict[str, Login] = {}
        self.user_tokens: dict[str, tuple[Login, float]] = {}
        self.windows = Windows()
        self.penalties = Penalties()
        self.quota = Quota()
        self.noticed: Counter[tuple[str, str, str]] = Counter()
        self.said_today: set[tuple[str, str, str, str]] = set()
        self.robot_uuids: dict[tuple[str, str], str] = {}
        self.dings: dict[str, list[Message]] = {}
        self.reset_counts()

    def reset_counts(self) -> None:
        """Start counting calls and rejections anew."""
        self.calls: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()
        self.calls_log: deque[LoggedCall] = deque(maxlen=LOGGED_CALLS)

    @property
    def people(self) -> dict[str, Person]:
        """Everybody of the organisation, by userid."""
        return self.directory.people

    @property
    def messages(self) -> list[Message]:
        """Every message ever accepted, oldest first."""
        return self.outbox.messages

    @property
    def calls_a_month(self) -> int | None:
        """The monthly quota in force: the switch, else what the edition brings."""
        if self.monthly_quota is not None:
            return self.monthly_quota
        return self.brand.calls_a_month if self.enforce_limits else None

    def add_app(
        self,
        app_key: str,
        app_secret: str,
        permissions: Iterable[str] = EVERY,
        **details: Unpack[AppDetails],
    ) -> App:
        """Add an internal app with a robot; its permission points are granted and published."""
        agent_id = derived_number(self.brand.salt, app_key, "agent")
        app_id = derived_uuid(self.brand.salt, app_key)
        app = App(app_key, app_secret, agent_id, app_id, set(permissions), **details)
        return self.apps.setdefault(app_key, app)

    def publish(self, app_key: str) -> None:
        """Publish a version of an app: its robot and pending permission points count now."""
        self.apps[app_key].publish()

    def add_person(
        self, name: str, user_id: str | None = None, **details: Unpack[PersonDetails]
    ) -> Person:
        """Add someone; without a userid the platform makes one up."""
        if user_id is None:
            user_id = str(derived_number(self.brand.salt, str(len(self.people)), name, digits=18))
        union_id = derived("", self.brand.salt, user_id, "union", length=24) + "iE"
        return self.directory.add(Person(user_id, name, union_id, **details))

    def add_people(self, count: int, prefix: str = "p") -> list[Person]:
        """Add many people at once: p1 with p1@example.com and +6590000001, and so on."""
        return [self._numbered(prefix, number) for number in range(1, count + 1)]

    def _numbered(self, prefix: str, number: int) -> Person:
        name = f"{prefix}{number}"
        mobile = f"+659{number:07d}" if prefix == "p" else None
        login_id = name if self.brand.enterprise_accounts else None
        email = f"{name}@example.com"
        return self.add_person(name, name, email=email, mobile=mobile, login_id=login_id)

    def add_department(self, name: str, parent: int = ROOT) -> Department:
        """Add a department under another one or under the root."""
        number = derived_number(self.brand.salt, str(len(self.directory.departments)), digits=9)
        department = Department(number, name, parent)
        self.directory.departments[number] = department
        return department

    def add_group(
        self,
        name: str,
        members: Iterable[Person] = (),
        robots: Iterable[str] | None = None,
        open_conversation_id: str | None = None,
    ) -> Group:
        """Add a group; the robots of all apps are in it unless codes are given."""
        group_id = open_conversation_id or f"{fresh('cid', 22)}=="
        group = Group(group_id, derived("chat", group_id, length=32), name)
        group.members = [person.id for person in members]
        group.robots = list(self.apps if robots is None else robots)
        return self.groups.setdefault(group_id, group)

    def add_robot(self, token: str, group: Group, **details: Unpack[RobotDetails]) -> Robot:
        """Add a custom robot to a group."""
        return self.robots.setdefault(token, Robot(token, group.open_conversation_id, **details))

    def add_template(self, template_id: str, name: str, *, published: bool = True) -> Template:
        """Add a card template whose variables are those of the default contract."""
        return self.templates.setdefault(template_id, Template(template_id, name, published))

    def visible_messages(self, person: Person) -> list[Message]:
        """Return all a person sees, in private and in groups, oldest first, recalled ones not."""
        joined = [key for key, group in self.groups.items() if person.id in group.members]
        found = [each for receiver in (person.id, *joined) for each in self.outbox.to(receiver)]
        return sorted((each for each in found if not each.recalled), key=lambda each: each.created)

    def duplicates(self) -> list[Message]:
        """Return messages somebody sees although an equal one came before."""
        return self.outbox.duplicates()

    def read(self, person: Person) -> None:
        """Let a person read all that was sent in private."""
        for message in self.outbox.to(person.id):
            message.read.setdefault(person.id, self.clock())

    def unread(self, person: Person) -> int:
        """Return how many private messages a person has not read."""
        sent = self.outbox.to(person.id)
        return sum(person.id not in each.read and not each.recalled for each in sent)

    def press(self, message: Message, person: Person, action: str) -> Press:
        """Let a person press a call-back button of the default card template."""
        shown = message.card.seen_by(person.id) if message.card else {}
        params = {"action": action, "notice_id": shown.get("notice_id", "")}
        label = shown.get(f"{action}_text", action)
        press = Press(self.clock(), message.message_id, person.id, label, action, params)
        message.presses.append(press)
        return press
