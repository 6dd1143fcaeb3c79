"""What a robot cannot do: hear of a pressed button."""

from gateway.plugin import Action, CallbackAction, Card, NoteBlock, UrlAction

LONGEST_NOTE = 1000


def degraded(card: Card) -> Card:
    """Return the card without buttons that report back.

    With a page behind the card they lead there, where the same can be done; without one only
    their labels are left.
    """
    if not card.has_callbacks:
        return card
    if card.link is not None:
        actions = tuple(_leading(action, card.link) for action in card.actions)
        return card.model_copy(update={"actions": actions})
    return _labelled(card)


def _leading(action: Action, link: str) -> Action:
    if isinstance(action, UrlAction):
        return action
    return UrlAction(kind="url", id=action.id, label=action.label, url=link, style=action.style)


def _labelled(card: Card) -> Card:
    labels = [action.label for action in card.actions if isinstance(action, CallbackAction)]
    note = NoteBlock(type="note", text=" · ".join(labels)[:LONGEST_NOTE])
    actions = tuple(action for action in card.actions if isinstance(action, UrlAction))
    return card.model_copy(update={"blocks": (*card.blocks, note), "actions": actions})
