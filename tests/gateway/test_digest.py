"""Several notifications on one card: nothing is lost, nothing is shown twice."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.card import Card, MarkdownBlock, Severity
from gateway.digest import Member, digest_card, parts, weigh
from gateway.plugin import DigestRoom

ROOM = DigestRoom()
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
LINKS = st.none() | st.sampled_from(["https://ex.com/a_(b)?c=1&d=*", "https://ex.com/工单"])


@st.composite
def cards(draw: st.DrawFn) -> Card:
    count = draw(st.integers(0, 4))
    actions = [
        {"kind": draw(st.sampled_from(["callback", "url"])), "id": f"a{n}", "label": draw(TEXTS)}
        for n in range(count)
    ]
    for action in actions:
        if action["kind"] == "url":
            action["url"] = f"https://ex.com/{action['id']}"
    return Card.model_validate(
        {
            "title": draw(TEXTS),
            "severity": draw(st.sampled_from(list(Severity))),
            "summary": draw(st.just("") | TEXTS),
            "blocks": [{"type": "markdown", "text": draw(TEXTS)}],
            "actions": actions,
            "link": draw(LINKS),
        }
    )


def a_member(number: int, card: Card) -> Member:
    return Member(f"dlv_{number:026}", card)


def read(text: str) -> str:
    """Read markdown as a platform does: what is escaped stands for itself."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def texts_of(card: Card) -> list[str]:
    return [block.text for block in card.blocks if isinstance(block, MarkdownBlock)]


def digests(members: list[Member], room: DigestRoom = ROOM) -> list[list[Member]]:
    by_id = {member.delivery: member for member in members}
    made = parts(((member.delivery, weigh(member)) for member in members), room)
    return [[by_id[one] for one in part] for part in made]


@given(st.lists(cards(), min_size=1, max_size=90))
def test_every_notification_is_shown_once_with_its_title_its_links_and_its_buttons(
    held: list[Card],
) -> None:
    members = [a_member(number, card) for number, card in enumerate(held)]
    made = digests(members)
    assert [one for part in made for one in part] == members
    for part in made:
        if len(part) > 1:
            shows_all(part, digest_card(part, "en"))


def shows_all(part: list[Member], card: Card) -> None:
    assert len(card.blocks) == len(part) <= ROOM.members
    texts = texts_of(card)
    assert card.title == f"{len(part)} notifications"
    for member, shown in zip(part, texts, strict=True):
        text = read(shown)
        assert " ".join(member.card.title.split()) in text
        assert text.count("](https://ex.com/") == (member.card.link is not None) + len(
            [action for action in member.card.actions if action.kind == "url"]
        )
    wanted = [
        f"{member.delivery}.{action.id}"
        for member in part
        for action in member.card.actions
        if action.kind == "callback"
    ]
    assert [action.id for action in card.actions] == wanted
    assert sum(len(text.encode()) for text in texts) <= ROOM.text_bytes


def test_it_is_as_serious_as_the_worst_and_speaks_the_persons_language() -> None:
    members = [
        a_member(n, Card(title=f"T{n}", severity=one))
        for n, one in enumerate((Severity.INFO, Severity.CRITICAL, Severity.SUCCESS))
    ]
    card = digest_card(members, "zh-CN")
    assert (card.title, card.severity) == ("3 条通知", Severity.CRITICAL)
    assert digest_card(members, None).title == "3 notifications"
    assert card.summary == "T0 · T1 · T2"


def test_a_digest_reads_like_this() -> None:
    approve = {"kind": "callback", "id": "ok", "label": "Approve", "once": True}
    details = {"kind": "url", "id": "d", "label": "Details", "url": "https://ex.com/d"}
    first = {
        "title": "Export *4711*",
        "severity": "warning",
        "summary": "Li asks",
        "link": "https://ex.com/4711",
        "actions": [approve, details],
    }
    members = [
        a_member(1, Card.model_validate(first)),
        a_member(2, Card(title="Backup done", severity=Severity.SUCCESS)),
    ]
    card = digest_card(members, "en")
    assert texts_of(card) == [
        "🟠 **[Export \\*4711\\*](https://ex.com/4711)** · [Details](https://ex.com/d)\nLi asks",
        "🟢 **Backup done**",
    ]
    [action] = card.actions
    assert (action.id, action.label) == (
        f"{members[0].delivery}.ok",
        "Approve · Export *4711*",
    )


def test_what_has_no_room_goes_by_itself() -> None:
    long_id = {"kind": "callback", "id": "x" * 60, "label": "OK"}
    held = [
        Card(title="a"),
        Card.model_validate({"title": "b", "actions": [long_id]}),
        Card(title="c"),
        Card(title="d" * 300),
    ]
    members = [a_member(number, card) for number, card in enumerate(held)]
    made = digests(members, DigestRoom(text_bytes=200))
    assert [[one.card.title[0] for one in part] for part in made] == [["b"], ["d"], ["a", "c"]]


def test_buttons_that_a_platform_cannot_bring_back_are_not_taken_from_their_card() -> None:
    ok = {"kind": "callback", "id": "ok", "label": "OK"}
    held = [Card.model_validate({"title": str(n), "actions": [ok]}) for n in range(3)]
    members = [a_member(number, card) for number, card in enumerate(held)]
    assert [len(part) for part in digests(members, DigestRoom(actions=0))] == [1, 1, 1]
    assert [len(part) for part in digests(members, DigestRoom(actions=2))] == [2, 1]
