"""The emulated platform: one tenant of one brand, and what a test may do with it."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any, TypedDict, Unpack

from .brands import Brand
from .directory import ROOT, Directory
from .faults import Sleep
from .ids import card_numbers, derived, fresh
from .limits import Quota, Windows
from .model import (
    App,
    CardEntity,
    CardToken,
    Chat,
    Department,
    Json,
    LoggedCall,
    Login,
    Message,
    Person,
    Press,
    Robot,
    Upload,
)
from .outbox import Outbox
from .scopes import EVERY_SCOPE
from .switches import Switches, SwitchValues

LOGGED_CALLS = 10_000


class PersonDetails(TypedDict, total=False):
    """What may be said about a new person besides the name."""

    email: str | None
    mobile: str | None
    locale: str
    department: str
    available: bool
    resigned: bool
    frozen: bool
    activated: bool
    in_contact_range: bool
    muted_bot: bool


class AppDetails(TypedDict, total=False):
    """What may be said about a new app besides its credential and scopes."""

    name: str
    unpublished: set[str]
    published: bool
    enabled: bool
    bot_active: bool
    redirect_urls: tuple[str, ...]
    ip_white_list: tuple[str, ...]


class RobotDetails(TypedDict, total=False):
    """The security settings of a custom robot."""

    secret: str | None
    keywords: tuple[str, ...]
    ips: tuple[str, ...]


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
        self.tenant_key = derived("", brand.salt, "tenant", length=16)
        self.directory = Directory(brand.salt)
        self.apps: dict[str, App] = {}
        self.chats: dict[str, Chat] = {}
        self.robots: dict[str, Robot] = {}
        self.templates: dict[str, Json] = {}
        self.reset()

    def reset(self) -> None:
        """Forget messages, cards, files, tokens and counts; keep apps, people and groups."""
        self.outbox = Outbox()
        self.cards: dict[str, CardEntity] = {}
        self.card_numbers = card_numbers()
        self.uploads: dict[str, Upload] = {}
        self.tokens: dict[str, tuple[str, float]] = {}
        self.card_tokens: dict[str, CardToken] = {}
        self.logins: dict[str, Login] = {}
        self.user_tokens: dict[str, tuple[Login, float]] = {}
        self.chat_uuids: dict[tuple[str, str, str], tuple[float, Chat]] = {}
        self.windows = Windows()
        self.quota = Quota()
        self.batched: Counter[tuple[str, str]] = Counter()
        self.reset_counts()

    def reset_counts(self) -> None:
        """Start counting calls and rejections anew."""
        self.calls: Counter[str] = Counter()
        self.rejections: Counter[int] = Counter()
        self.calls_log: deque[LoggedCall] = deque(maxlen=LOGGED_CALLS)

    @property
    def people(self) -> dict[str, Person]:
        """Everybody of the tenant, by user_id."""
        return self.directory.people

    @property
    def messages(self) -> list[Message]:
        """Every message ever accepted, oldest first."""
        return self.outbox.messages

    def add_app(
        self,
        app_id: str,
        app_secret: str,
        scopes: Iterable[str] = EVERY_SCOPE,
        **details: Unpack[AppDetails],
    ) -> App:
        """Add a custom app whose scopes are granted and, by default, published."""
        bot = derived("ou_", self.brand.salt, app_id, "bot")
        app = App(app_id, app_secret, bot, set(scopes), **details)
        self.apps[app_id] = app
        self.directory.add_app(app_id)
        return app

    def add_person(
        self, name: str, user_id: str | None = None, **details: Unpack[PersonDetails]
    ) -> Person:
        """Add someone; without a user_id the platform makes one up."""
        if user_id is None:
            user_id = derived("", self.brand.salt, str(len(self.people)), name, length=8)
        union_id = derived("on_", self.brand.salt, user_id)
        return self.directory.add(Person(user_id, name, union_id, **details))

    def add_people(self, count: int, prefix: str = "p") -> list[Person]:
        """Add many people at once: p1 with p1@example.com and +6590000001, and so on."""
        return [self._numbered(prefix, number) for number in range(1, count + 1)]

    def _numbered(self, prefix: str, number: int) -> Person:
        name = f"{prefix}{number}"
        mobile = f"+659{number:07d}" if prefix == "p" else None
        email = f"{name}@example.com"
        return self.add_person(name, user_id=name, email=email, mobile=mobile)

    def add_department(self, name: str, parent: str = ROOT) -> Department:
        """Add a department under another one or under the root."""
        number = len(self.directory.departments) + 1
        open_id = derived("od-", self.brand.salt, str(number))
        department = Department(f"D{number:03d}", open_id, name, parent)
        self.directory.departments[department.id] = department
        return department

    def add_chat(
        self,
        name: str,
        members: Iterable[Person] = (),
        bots: Iterable[str] | None = None,
        chat_id: str | None = None,
    ) -> Chat:
        """Add a group; the bots of all apps are in it unless app ids are given."""
        chat = Chat(chat_id or fresh("oc_"), name)
        chat.members = [person.id for person in members]
        chat.bots = list(self.apps if bots is None else bots)
        return self.chats.setdefault(chat.chat_id, chat)

    def add_robot(self, token: str, chat: Chat, **details: Unpack[RobotDetails]) -> Robot:
        """Add a custom robot to a group."""
        return self.robots.setdefault(token, Robot(token, chat.chat_id, **details))

    def add_template(self, template_id: str, card: Json) -> None:
        """Release a card template; `${name}` in its texts is replaced by variables."""
        self.templates[template_id] = card

    def private_chat(self, app_id: str, person: Person) -> Chat:
        """Return the chat between one person and one app's bot."""
        chat_id = derived("oc_", self.brand.salt, app_id, person.id)
        chat = Chat(chat_id, person.name, [person.id], [app_id], private=True)
        return self.chats.setdefault(chat_id, chat)

    def open_id(self, app_id: str, person: Person) -> str:
        """Return the id by which an app addresses a person."""
        return self.directory.open_id(app_id, person)

    def visible_messages(self, person: Person) -> list[Message]:
        """Return all a person sees, in private and in groups, oldest first, recalled ones not."""
        groups = [chat.chat_id for chat in self.chats.values() if self._in_group(chat, person)]
        found = [each for receiver in (person.id, *groups) for each in self.outbox.to(receiver)]
        return sorted((each for each in found if not each.recalled), key=lambda each: each.created)

    @staticmethod
    def _in_group(chat: Chat, person: Person) -> bool:
        return not chat.private and person.id in chat.members

    def duplicates(self) -> list[Message]:
        """Return messages somebody sees although an equal one came before."""
        return self.outbox.duplicates()

    def read(self, person: Person) -> None:
        """Let a person read all that the bots wrote in private."""
        for message in self.outbox.to(person.id):
            message.read.setdefault(person.id, self.clock())

    def unread(self, person: Person) -> int:
        """Return how many private messages a person has not read."""
        sent = self.outbox.to(person.id)
        return sum(person.id not in each.read and not each.recalled for each in sent)

    def card_token(self, message: Message) -> str:
        """Return a token with which the card of a message may be updated after a press."""
        token = fresh("c-", 40)
        self.card_tokens[token] = CardToken(message, self.clock())
        return token

    def press(self, message: Message, person: Person, label: str, value: Any) -> Press:  # noqa: ANN401 - a callback value is any JSON
        """Let a person press a button; the press is kept with the message."""
        press = Press(self.clock(), message.message_id, person.id, label, "button", value)
        message.presses.append(press)
        return press
