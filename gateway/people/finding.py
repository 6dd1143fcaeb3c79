"""How a platform is best asked who has some addresses, and what its answers come to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.connections import Live
from gateway.errors import RecipientError
from gateway.lanes.resolving import Answer
from gateway.models import Identity, Recipient, RecipientKind
from gateway.people.addresses import By, key_of
from gateway.people.asking import Questions
from gateway.people.matching import Address, Found, Wanted
from gateway.plugin import Browses, Person, ResolvesInBulk

Way = Literal["look_up", "directory", "nothing"]
KINDS: Mapping[By, RecipientKind] = {"email": RecipientKind.EMAIL, "mobile": RecipientKind.MOBILE}
NAMES: Mapping[By, str] = {"email": "e-mail addresses", "mobile": "mobile numbers"}

MOST_SINGLE = 400
"""Look-ups of one person each in one request: twenty seconds at twenty a second."""
FEW = 40
"""So many look-ups of one person each are sooner done than a directory is listed."""

LEFT = "The person has left, or has not joined yet."
HIDDEN = "The directory shows nobody's {}: grant the permission to read them, or look them up."
UNASKED = "This platform cannot look up {}, and its directory was not listed."


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform told.

    Attributes:
        found: Who has which address.
        covered: How many of the users who were asked about it is the answer for.
        same: Other ids of people, and the one that `found` names them by.
        note: What an admin should know about the answer.
    """

    found: Found
    covered: int
    same: Mapping[Identity, Identity] = field(default_factory=dict)
    note: str | None = None


def ways(live: Live, addresses: Iterable[Address]) -> list[Way]:
    """Return the ways to ask about these addresses, the better one first. Pure."""
    wanted = set(addresses)
    known = [each for each in wanted if _is_looked_up(live, each)]
    look_up: list[Way] = ["look_up"] if known else []
    directory: list[Way] = ["directory"] if wanted and isinstance(live.channel, Browses) else []
    quick = isinstance(live.channel, ResolvesInBulk) or len(known) <= FEW
    if quick and len(known) == len(wanted):
        return look_up + directory
    return directory + look_up


async def ask(questions: Questions, way: Way, wanted: Sequence[Wanted]) -> Told:
    """Ask in one way.

    Raises:
        DeliveryError: The platform refused the question as a whole.
        ProblemError: The channel cannot be asked this way.
    """
    if way == "directory":
        return listed(await questions.everybody(), wanted)
    covered = _covered(questions.live, wanted)
    asked = dict.fromkeys(each for one in wanted[:covered] for each in one.addresses)
    known = {each: _recipient(each) for each in asked if _is_looked_up(questions.live, each)}
    answers = await questions.look_up(list(known.values()))
    said = {each: answers[recipient] for each, recipient in known.items() if recipient in answers}
    return Told(looked_up(said, questions.clean), covered, note=_unasked(asked, known))


def looked_up(answers: Mapping[Address, Answer], clean: Callable[[str], str] = str) -> Found:
    """Return what look-ups came to. Pure."""
    missing = {each: said for each, said in answers.items() if isinstance(said, RecipientError)}
    return Found(
        people={each: [said] for each, said in answers.items() if isinstance(said, Identity)},
        why={each: clean(said.message) for each, said in missing.items()},
        failed={
            each: clean(str(said))
            for each, said in answers.items()
            if isinstance(said, Exception) and each not in missing
        },
    )


def listed(people: Sequence[Person], wanted: Sequence[Wanted]) -> Told:
    """Return what a whole directory comes to. Pure."""
    here: dict[Address, list[Identity]] = {}
    gone: dict[Address, str] = {}
    for person, address in _addresses(people):
        if person.active:
            here.setdefault(address, []).append(person.identity)
        else:
            gone[address] = LEFT
    return Told(Found(here, gone), len(wanted), _same(people), _hidden({*here, *gone}, wanted))


def _addresses(people: Iterable[Person]) -> Iterable[tuple[Person, Address]]:
    for person in people:
        values: Mapping[By, str | None] = {"email": person.email, "mobile": person.mobile}
        for by, value in values.items():
            if key := key_of(by, value):
                yield person, Address(by, key)


def _same(people: Iterable[Person]) -> dict[Identity, Identity]:
    named = (each for each in people if each.user_id)
    return {Identity(each.user_id or "", "user_id"): each.identity for each in named}


def _hidden(shown: Iterable[Address], wanted: Iterable[Wanted]) -> str | None:
    """Say which kind of address nobody has at all: the permission for it may be missing."""
    asked = {each.by for one in wanted for each in one.addresses}
    hidden = sorted(NAMES[by] for by in asked - {each.by for each in shown})
    return HIDDEN.format(" and ".join(hidden)) if hidden else None


def _unasked(asked: Iterable[Address], known: Mapping[Address, Recipient]) -> str | None:
    kinds = sorted({NAMES[each.by] for each in asked if each not in known})
    return UNASKED.format(" and ".join(kinds)) if kinds else None


def _covered(live: Live, wanted: Sequence[Wanted]) -> int:
    """Return of how many users the addresses may be looked up in one request."""
    if isinstance(live.channel, ResolvesInBulk):
        return len(wanted)
    left = MOST_SINGLE
    for number, each in enumerate(wanted):
        left -= sum(_is_looked_up(live, address) for address in each.addresses)
        if left < 0:
            return number
    return len(wanted)


def _is_looked_up(live: Live, address: Address) -> bool:
    return KINDS[address.by] in live.channel_type.recipients


def _recipient(address: Address) -> Recipient:
    return Recipient(KINDS[address.by], address.key, **{address.by: address.key})
