"""What the platform tells of people it is asked about by their ids ("Obtain user information")."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gateway.plugin import ContentError, DeliveryError, Identity, Person, RecipientError

from .client import Client, items, part
from .directory import person_of

PATH = "/open-apis/contact/v3/users/batch"
PEOPLE_A_CALL = 20
KINDS = ("open_id", "union_id", "user_id")

NO_KIND = "The platform describes no identity of this kind."
UNKNOWN = (
    "The platform knows nobody by this id: the person has left, or is outside the application's "
    "contact data range."
)

Answers = Mapping[Identity, Person]


async def describe(client: Client, identities: Sequence[Identity]) -> list[Person | DeliveryError]:
    """Return what the platform tells of each, twenty in a call.

    Raises:
        ScopeMissingError: The application may not read people.
    """
    found: dict[Identity, Person] = {}
    for kind, ids in _by_kind(identities).items():
        for start in range(0, len(ids), PEOPLE_A_CALL):
            found |= await _ask(client, kind, ids[start : start + PEOPLE_A_CALL])
    return [_answer(identity, found) for identity in identities]


def _by_kind(identities: Sequence[Identity]) -> Mapping[str, list[str]]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for identity in dict.fromkeys(identities):
        if identity.kind in KINDS:
            ids[identity.kind].append(identity.id)
    return ids


async def _ask(client: Client, kind: str, ids: Sequence[str]) -> Answers:
    """Ask about some; whom the platform does not know is not in its answer.

    Where it refuses the call because of one of them, the others are asked about without it.
    """
    try:
        return await _told(client, kind, ids)
    except (RecipientError, ContentError):
        half = len(ids) // 2
        if not half:
            return {}
        return {
            **await _ask(client, kind, ids[:half]),
            **await _ask(client, kind, ids[half:]),
        }


async def _told(client: Client, kind: str, ids: Sequence[str]) -> Answers:
    asked = "".join(f"&user_ids={part(each)}" for each in ids)
    path = f"{PATH}?user_id_type={kind}&department_id_type=open_department_id{asked}"
    answer = await client.get(path, purpose="directory")
    found = {}
    for row in items(answer.data.get("items")):
        person = person_of(row)
        if person is not None:
            found[Identity(str(row.get(kind, "")), kind)] = person
    return found


def _answer(identity: Identity, found: Answers) -> Person | DeliveryError:
    if identity.kind not in KINDS:
        return RecipientError(NO_KIND)
    return found.get(identity) or RecipientError(UNKNOWN, gone=True)
