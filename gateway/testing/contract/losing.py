"""Rules about `losses`: what a payload lacks is told, in the card's own words."""

from collections.abc import Sequence
from typing import Any, get_args

from gateway.plugin import Becomes, Card, Channel, ContentError, Degrades, Loss, MentionBlock
from gateway.testing.contract.cards import samples
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import Breach, NotApplicable, Rule
from gateway.testing.contract.subject import Marks, Subject

LEFT = frozenset(get_args(Becomes))
BUTTONLESS = frozenset({"link", "text", "nothing"})


async def told(subject: Subject) -> None:
    """Every loss names a part of the card; a button that is not there is among them."""
    rig = Rig(subject)
    for name, card in samples().items():
        found = _losses(rig.channel, card, name)
        for loss in found:
            _sensible(loss, card, name)
        _complete(rig.channel, subject, card, found)
    if rig.wire.requests:
        raise Breach("losses calls the platform")
    if subject.marks is None:
        raise NotApplicable("the subject has no `marks` to read a payload with")


def _losses(channel: Channel[Any], card: Card, name: str) -> Sequence[Loss]:
    if not isinstance(channel, Degrades):
        raise Breach("the live channel has no `losses`")
    try:
        first, again = channel.losses(card), channel.losses(card)
    except Exception as error:
        raise Breach(f"losses raises {type(error).__name__} for a card with {name}") from error
    if list(first) != list(again):
        raise Breach(f"losses answers differently when asked again about a card with {name}")
    return first


def _sensible(loss: Loss, card: Card, name: str) -> None:
    if loss.becomes not in LEFT or not loss.why.strip():
        raise Breach(f"a loss of a card with {name} says {loss.becomes!r}, {loss.why!r}")
    part: Any = card.model_dump()
    for step in loss.loc:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            raise Breach(f"a card with {name} has no {loss.loc}, of which a loss is told") from None


def _complete(channel: Channel[Any], subject: Subject, card: Card, found: Sequence[Loss]) -> None:
    shown = _marks(channel, subject, card)
    if shown == Marks():  # nothing to be seen in a payload of this kind
        return
    gone = {loss.loc for loss in found if loss.becomes in BUTTONLESS}
    left = [at for at in range(len(card.actions)) if ("actions", at) not in gone]
    if len(shown.buttons) < len(left):
        raise Breach(f"of {len(left)} buttons {len(shown.buttons)} are left, and no loss is told")
    for at, block in enumerate(card.blocks):
        known = isinstance(block, MentionBlock) and block.identities
        if known and not shown.mentions and ("blocks", at) not in gone:
            raise Breach("the payload calls nobody, and no loss is told")


def _marks(channel: Channel[Any], subject: Subject, card: Card) -> Marks:
    try:
        return subject.marks(channel.render(card)) if subject.marks else Marks()
    except ContentError:
        return Marks()


RULES: tuple[Rule, ...] = (
    Rule(
        "losses-are-told",
        "Whoever writes a card sees in a dry run what a platform makes of it, not in a complaint.",
        "Return a Loss for each part that `render` leaves out or turns into something else.",
        told,
        ability="degrades",
    ),
)
