"""What the templates ask about a message: its parts, its buttons, its state."""

from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from . import calling, markdown
from .model import Json, Message, Person
from .state import Emulator

STATUSES = {
    "pending": "amber",
    "approved": "green",
    "agree": "green",
    "rejected": "red",
    "reject": "red",
    "closed": "grey",
    "info": "blue",
}
SLOTS = ("primary", "secondary")
KINDS = {"notice": "Work notice", "webhook": "Custom robot", "ding": "DING"}
MULTI = ("sampleActionCard2", "sampleActionCard3", "sampleActionCard4", "sampleActionCard5")


@dataclass(frozen=True)
class Button:
    """A button as it is drawn; one without a link reports back under its action."""

    label: str
    link: str = ""
    action: str = ""
    look: str = ""


@dataclass(frozen=True)
class View:
    """One message as one reader sees it."""

    emulator: Emulator
    message: Message
    reader: Person | None

    @property
    def sender(self) -> str:
        """The name above the message."""
        app = self.emulator.apps.get(self.message.sender)
        return app.name if app else "Custom robot"

    @property
    def badge(self) -> str:
        """What kind of message it is."""
        return KINDS.get(self.message.kind, "Robot")

    @property
    def variables(self) -> dict[str, str]:
        """The card's variables as the reader sees them."""
        card = self.message.card
        return card.seen_by(self.reader.id if self.reader else None) if card else {}

    @property
    def tone(self) -> str:
        """The colour of the card's status."""
        return STATUSES.get(self.variables.get("status", ""), "blue")

    @property
    def extra(self) -> dict[str, str]:
        """Variables the default template does not show by name."""
        return {name: value for name, value in self.variables.items() if name not in CONTRACT}

    def markdown(self, text: object) -> Markup:
        """Return a text with its markup."""
        return markdown.blocks(str(text or ""))

    def name_of(self, user_id: str) -> str:
        """Return the name of a person."""
        person = self.emulator.people.get(user_id)
        return person.name if person else user_id

    @property
    def card_buttons(self) -> list[Button]:
        """The two slots that report back, and the link."""
        shown = self.variables
        found = [
            Button(shown[f"{slot}_text"], action=slot, look=slot)
            for slot in SLOTS
            if shown.get("show_actions") == "true" and shown.get(f"{slot}_text")
        ]
        link = markdown.web_address(shown.get("detail_url", ""))
        return [*found, Button(shown.get("detail_text") or "Open", link)] if link else found

    @property
    def title(self) -> str:
        """The title of a message that is no card."""
        head = self.message.content.get("head")
        if self.message.msg_type == "oa" and isinstance(head, dict):
            return str(head.get("text", ""))
        return str(self.message.content.get("title", ""))

    @property
    def text(self) -> str:
        """The text of a message that is no card."""
        content = self.message.content
        text = str(content.get("text") or content.get("markdown") or content.get("content") or "")
        for written, person in self.called.items():
            text = text.replace(f"@{written}", self._call(person))
        return text

    @property
    def called(self) -> dict[str, Person]:
        """Whom the message calls, by what its text writes after an @."""
        return calling.called(self.emulator, self.message.receiver, self.message.content)

    def _call(self, person: Person) -> str:
        plain = self.message.msg_type == "text"
        return f"@{person.name}" if plain else f"<a atId={person.id}>@{person.name}</a>"

    @property
    def buttons(self) -> list[Button]:
        """The link buttons of a message that is no card."""
        found = [Button(str(title), link) for title, url in self._pairs() if (link := _link(url))]
        return found[:6]

    def _pairs(self) -> list[tuple[object, object]]:
        content, kind = self.message.content, self.message.msg_type
        if kind in MULTI:
            numbers = range(1, int(kind[-1]) + 1)
            return [(content[f"actionTitle{n}"], content[f"actionURL{n}"]) for n in numbers]
        if kind == "sampleActionCard6":
            return [(content[f"buttonTitle{n}"], content[f"buttonUrl{n}"]) for n in (1, 2)]
        single = content.get("singleTitle") or content.get("single_title")
        if single:
            return [(single, content.get("singleURL") or content.get("single_url"))]
        return [_pair(row) for row in _rows(content)]

    @property
    def across(self) -> bool:
        """Tell whether the buttons stand side by side."""
        content = self.message.content
        side = content.get("btnOrientation") or content.get("btn_orientation")
        return self.message.msg_type == "sampleActionCard6" or str(side) == "1"

    @property
    def link(self) -> str:
        """Where the whole message leads."""
        content = self.message.content
        url = content.get("messageUrl") or content.get("message_url") or ""
        return _link(url)

    @property
    def feed(self) -> list[Button]:
        """The lines of a feed card."""
        links = self.message.content.get("links")
        rows = links if isinstance(links, list) else []
        return [Button(str(row.get("title", "")), _link(row.get("messageURL"))) for row in rows]

    @property
    def form(self) -> Json:
        """The body of an `oa` notice."""
        body = self.message.content.get("body")
        return body if isinstance(body, dict) else {}

    def preview(self) -> str:
        """Return one line for a list of conversations."""
        return self.variables.get("title") or self.title or self.text or f"[{self.badge}]"


CONTRACT = frozenset(
    (
        "title",
        "markdown",
        "status",
        "status_text",
        "source",
        "time",
        "detail_url",
        "detail_text",
        "show_actions",
        "primary_text",
        "secondary_text",
        "notice_id",
        "footer",
    )
)
"""The variables of the default card template."""


def _link(url: object) -> str:
    return markdown.web_address(str(url or ""))


def _rows(content: Json) -> list[Json]:
    rows = content.get("btns") or content.get("btn_json_list") or []
    return [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


def _pair(row: Json) -> tuple[object, object]:
    return row.get("title", ""), row.get("actionURL") or row.get("action_url")


def clock_time(seconds: float) -> str:
    """Return a moment as the page shows it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%d %b %H:%M}"
