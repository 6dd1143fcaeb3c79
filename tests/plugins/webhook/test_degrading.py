from gateway.plugin import Card, NoteBlock, UrlAction
from gateway_webhook.degrading import LONGEST_NOTE, degraded

LINK = "https://dms.example/4711"
APPROVE = {"kind": "callback", "id": "yes", "label": "Approve", "style": "primary", "confirm": "?"}
OPEN = {"kind": "url", "id": "open", "label": "Open", "url": "https://dms.example/log"}


def test_a_card_without_callbacks_stays_the_same() -> None:
    card = Card.model_validate({"title": "T", "actions": [OPEN]})
    assert degraded(card) is card


def test_a_callback_leads_to_the_page_behind_the_card() -> None:
    card = Card.model_validate({"title": "T", "actions": [APPROVE, OPEN], "link": LINK})
    yes, open_ = degraded(card).actions
    assert isinstance(yes, UrlAction)
    assert (yes.label, yes.url, yes.style, yes.confirm) == ("Approve", LINK, "primary", None)
    assert open_ == card.actions[1]


def test_without_a_page_only_the_label_is_left() -> None:
    actions = [APPROVE, OPEN, {**APPROVE, "id": "no", "label": "Reject"}]
    shown = degraded(Card.model_validate({"title": "T", "actions": actions}))
    assert shown.blocks == (NoteBlock(type="note", text="Approve · Reject"),)
    assert [action.id for action in shown.actions] == ["open"]


def test_many_long_labels_fit_into_the_note() -> None:
    actions = [{**APPROVE, "id": f"a{n}", "label": "x" * 100} for n in range(20)]
    (note,) = degraded(Card.model_validate({"title": "T", "actions": actions})).blocks
    assert isinstance(note, NoteBlock)
    assert len(note.text) == LONGEST_NOTE
