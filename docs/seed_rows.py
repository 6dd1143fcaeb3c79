"""What five products do today for their users' notifications, row by row, and what proves ours."""
# ruff: noqa: INP001 - part of a script, no package

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests" / "seeds"
_NAME = re.compile(r"test_((?:[a-h]\d+_)+)(.+)")
INTRODUCTION = (
    "Five products that notify people through Lark, Feishu and DingTalk were taken as the measure. "
    "Each row is something that at least one of them does for its users. Beside it stand the tests "
    "that run it through a whole gateway against the emulated platforms; their names are what they "
    "prove. A test compares this page with the tests that exist."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour.

    Attributes:
        id: Its letter and number, with which the names of its tests begin.
        does: What the products do.
        note: Where the gateway does it otherwise, or not yet.
    """

    id: str
    does: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test: where it is, and what it says."""

    file: str
    says: str


GROUPS: Mapping[str, tuple[Row, ...]] = {
    "A. Setting an application up on its platform": (
        Row(
            "A1",
            "Admins of both sides take part; the organization is the customer's own, and a check "
            "names it.",
        ),
        Row("A2", "The steps stand in order, for each kind of application."),
        Row("A3", "The application has a bot and a web app; a check tells whether the bot is on."),
        Row("A4", "The homepage address is generated, by region and without anything to fill in."),
        Row("A5", "The web app is best opened in a new tab inside the platform."),
        Row("A6", "The redirect addresses are ready to paste all at once."),
        Row("A7", "The trusted domain is that of the homepage."),
        Row(
            "A8",
            "The permissions are listed, for the features in use; one that the brand lacks is not "
            "asked for. A check tells which are granted.",
            "DingTalk tells nothing of the three that logins want: they are `unknown`, not "
            "guessed.",
        ),
        Row("A9", "The permissions can be imported as JSON."),
        Row("A10", "One link adds all permissions."),
        Row("A11", "Every permission says what it is for, with a link to its documentation."),
        Row(
            "A12",
            "A version has to be published, again after every change; a permission that was only "
            "saved is told as that.",
            "The platform lists what is not granted without telling what was saved: the sentence "
            "says so where a version waits.",
        ),
        Row(
            "A13",
            "The publication may wait for a review.",
            "Lark and Feishu tell of a review, DingTalk does not: there an admin says it, and a "
            "check that finds all granted ends it.",
        ),
        Row("A14", "DingTalk's chatbot receives over HTTP, at a generated address."),
        Row(
            "A15",
            "DingTalk's card template is built, published and checked.",
            "The file to import is ours, after the templates that the platform's makers publish: "
            "its form is not documented, and that a console takes it is not confirmed. The check "
            "proves that the template is published, and compares its variables where the platform "
            "tells them, which it mostly does not.",
        ),
        Row("A16", "A strict network learns which hosts to allow."),
        Row("A17", "Opening the application before it is in effect says so, and whom to ask."),
        Row("A18", "The guide says who does it and how long it takes."),
        Row("A19", "There is a table of regions; an unknown one is refused with the list."),
    ),
    "B. Credentials": (
        Row("B1", "Lark and Feishu take an App ID and an App Secret."),
        Row("B2", "The organization's name is compared with the platform's."),
        Row(
            "B3",
            "A named application is saved first and takes effect by a second step.",
            "Of a new channel the second step is enabling it, of one that is in use applying its "
            "draft. A change without a draft counts at once; the audit log keeps what it was.",
        ),
        Row("B4", "DingTalk Standard takes six fields, each with the place where it is found."),
        Row("B5", "DingTalk Exclusive takes four fields, and hosts of its own."),
        Row("B6", "A group's robot is its address; a sample shows that it works."),
        Row(
            "B7",
            "A credential is proved line by line.",
            "When asked to, never by itself: saving calls nobody, as every call counts.",
        ),
    ),
    "C. People": (
        Row("C1", "Members are picked from the platform's directory."),
        Row("C2", "An existing user is bound by hand."),
        Row("C3", "A member becomes a user and is bound in one step."),
        Row("C4", "Many are matched by mobile number or e-mail address at once."),
        Row("C5", "Who is bound is listed, with how and since when."),
        Row("C6", "Who was unbound hears nothing more on that channel."),
        Row("C7", "A member's id has plain letters and digits, and never changes."),
        Row(
            "C8",
            "Logging in on the platform binds a person, and nothing else is kept of it.",
            "The method of such a binding is called `login`.",
        ),
        Row("C9", "Many people are found by number or address in one call."),
        Row("C10", "A recipient has to be a user first; one who is not does not stop the others."),
        Row("C11", "Departments can be recipients."),
    ),
    "D. Channels": (
        Row("D1", "Each tenant switches its channels on and off."),
        Row("D2", "A saved configuration does nothing before it is enabled."),
        Row("D3", "Only admins configure channels."),
        Row("D4", "Several channels can be on at once."),
        Row("D5", "Without entitlement no channel can be enabled."),
    ),
    "E. Rules": (
        Row("E1", "A reminder is ticked for an event; the condition met, it goes out."),
        Row("E2", "A rule matches on module, kind of business and state."),
        Row("E3", "A rule adds users; nobody hears twice."),
        Row("E4", "Each rule has its own switch."),
        Row("E5", "Only admins edit rules."),
        Row("E6", "A mention reaches only the mentioned person."),
    ),
    "F. Delivery": (
        Row("F1", "A message reaches one person from the application's bot."),
        Row("F2", "Interactive cards are created and changed; there is no second message."),
        Row("F3", "A custom robot posts into its group, with a signature where one is set."),
        Row("F4", "Pictures are uploaded, each once."),
        Row("F5", "Both a person and a group can be told."),
        Row("F6", "Many people are told in few calls."),
        Row("F7", "A person is notified at most once in ten minutes; nothing is dropped."),
        Row("F8", "A free edition has 10,000 calls a month, a paid one has no limit."),
        Row("F9", "A month's use is told, with a forecast."),
        Row("F10", "Phone and desktop show it, and a link opens the page."),
    ),
    "G. Decisions": (
        Row("G1", "An approver decides in the card, on a phone only.", "Not yet."),
        Row("G2", "Callbacks come in over HTTP, signed.", "Not yet."),
        Row("G3", "Two buttons of different urgency reach the application once.", "Not yet."),
    ),
    "H. Groups": (
        Row("H1", "A main group is attached when the channel is enabled.", "Not yet."),
        Row("H2", "A ticket gets a group of its own.", "Not yet."),
        Row("H3", "An invitation link is valid for 24 hours.", "Not yet."),
        Row("H4", "Own colleagues and the vendor's staff are listed apart.", "Not yet."),
        Row(
            "H5",
            "A mention in a group is the platform's own.",
            "Proved for group robots and webhooks in their own tests.",
        ),
        Row("H6", "All tickets and participants of the main group are listed.", "Not yet."),
        Row("H7", "A ticket's card shows its progress.", "As F2, by `collapse_key`."),
    ),
}


def rows() -> Iterator[Row]:
    """Yield every row."""
    for group in GROUPS.values():
        yield from group


def proofs() -> dict[str, list[Proof]]:
    """Return the tests of each row, found by their names."""
    found: dict[str, list[Proof]] = {}
    for path in sorted(TESTS.glob("test_*.py")):
        for name in _tests(path):
            for row, says in _said(name):
                found.setdefault(row, []).append(Proof(path.name, says))
    return found


def _tests(path: Path) -> Iterable[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node.name for node in tree.body if isinstance(node, kinds))


def _said(name: str) -> Iterator[tuple[str, str]]:
    matched = _NAME.fullmatch(name)
    if matched is None:
        return
    for row in matched[1].strip("_").split("_"):
        yield row.upper(), matched[2].replace("_", " ")


def page() -> Iterator[str]:
    """Yield the page's paragraphs and tables."""
    yield INTRODUCTION
    found = proofs()
    for title, group in GROUPS.items():
        yield f"## {title}"
        lines = ["| | what they do | what proves it here |", "| --- | --- | --- |"]
        lines += [
            f"| {row.id} | {row.does} | {_proved(row, found.get(row.id, ()))} |" for row in group
        ]
        yield "\n".join(lines)


def _proved(row: Row, known: Iterable[Proof]) -> str:
    links = [f"[{one.says}](../../tests/seeds/{one.file})" for one in known]
    return "<br>".join([*([row.note] if row.note else []), *links])
