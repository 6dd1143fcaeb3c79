"""Which id a new user gets, from what the platform knows of the person. Pure."""

import re
from collections.abc import Collection, Iterator

from gateway.plugin import Person
from gateway.request import USER_ID

LONGEST = 64
MOST_NUMBERED = 50


def base_id(person: Person) -> str:
    """Return the first of these that may be an id: the platform's own, the e-mail's, the other's.

    An id has no Chinese and no special characters; what cannot be one is passed over, never
    rewritten into something nobody would recognise. At last it is `member`.
    """
    local = (person.email or "").partition("@")[0]
    names = (person.user_id, local, person.identity.id)
    return next((name for name in names if name and re.fullmatch(USER_ID, name)), "member")


def ids(person: Person) -> Iterator[str]:
    """Yield the ids to try, in this order: `li.wei`, `li.wei-2`, `li.wei-3` and so on."""
    base = base_id(person)
    yield base
    for number in range(2, MOST_NUMBERED + 1):
        tail = f"-{number}"
        yield base[: LONGEST - len(tail)] + tail


def free_id(person: Person, taken: Collection[str]) -> str | None:
    """Return the first id that nobody has, or None where all of them are taken."""
    return next((name for name in ids(person) if name not in taken), None)
