"""Groups (documentation: "Create a group", "Obtain groups", "Add users or bots")."""

from .call import ID_TYPES, Call
from .codes import RejectedError, invalid_field
from .gate import Endpoint
from .messages import check_bot
from .model import Chat, Json
from .scopes import CHAT_MEMBERS, CHAT_READ, CHAT_WRITE

BASE = "/open-apis/im/v1/chats"
UUID_SECONDS = 36_000.0
MOST_MEMBERS = 50
MOST_BOTS = 5
NAME_LENGTH = 60


def create(call: Call) -> Json:
    """Make a group with the calling bot in it; a uuid counts for ten hours."""
    kind = call.id_type()
    check_bot(call)
    known = _known(call)
    if known is not None:
        return {"data": _described(call, known)}
    wanted = call.texts("user_id_list", MOST_MEMBERS)
    members = [call.person(kind, value) for value in wanted]
    bots = call.texts("bot_id_list", MOST_BOTS)
    if None in members or not set(bots) <= set(call.emulator.apps):
        raise RejectedError(232043)
    name = call.optional_text("name", NAME_LENGTH) or "Group"
    reachable = [each for each in members if each]
    if not all(each.available and not each.resigned for each in reachable):
        raise RejectedError(232024)
    everyone = dict.fromkeys([call.app.app_id, *bots])
    chat = call.emulator.add_chat(name, reachable, bots=everyone)
    chat.description = str(call.parsed.get("description", ""))
    _remember(call, chat)
    return {"data": _described(call, chat)}


def _uuid_key(call: Call) -> tuple[str, str, str]:
    owner = str(call.parsed.get("owner_id", ""))
    return call.app.app_id, call.query.get("uuid", ""), owner


def _known(call: Call) -> Chat | None:
    if len(call.query.get("uuid", "")) > 50:
        raise invalid_field("uuid", "the max length is 50", call.query["uuid"])
    since, chat = call.emulator.chat_uuids.get(_uuid_key(call), (0.0, None))
    return chat if chat is not None and call.now - since < UUID_SECONDS else None


def _remember(call: Call, chat: Chat) -> None:
    if call.query.get("uuid"):
        call.emulator.chat_uuids[_uuid_key(call)] = (call.now, chat)


def _described(call: Call, chat: Chat) -> Json:
    return {
        "chat_id": chat.chat_id,
        "avatar": f"{call.emulator.brand.open_host}/group.png",
        "name": chat.name,
        "description": chat.description,
        "owner_id": chat.owner,
        "owner_id_type": call.id_type(),
        "external": False,
        "tenant_key": call.emulator.tenant_key,
        "chat_status": "dissolved" if chat.dissolved else "normal",
    }


def _groups(call: Call) -> list[Chat]:
    chats = call.emulator.chats.values()
    return [each for each in chats if not each.private and call.app.app_id in each.bots]


def list_all(call: Call) -> Json:
    """Answer with the groups the bot is in."""
    return {"data": call.page([_described(call, each) for each in _groups(call)], 100)}


def search(call: Call) -> Json:
    """Answer with the groups whose name holds the query."""
    query = call.query.get("query", "").lower()
    found = [each for each in _groups(call) if query and query in each.name.lower()]
    return {"data": call.page([_described(call, each) for each in found], 100)}


def add_members(call: Call) -> Json:
    """Add people or bots to a group the bot is in."""
    kind = call.choice("member_id_type", (*ID_TYPES, "app_id"), "open_id")
    chat = call.emulator.chats.get(call.path("chat_id"))
    if chat is None or chat.private:
        raise RejectedError(232006)
    if chat.dissolved:
        raise RejectedError(232009)
    if call.app.app_id not in chat.bots:
        raise RejectedError(232011)
    wanted = call.texts("id_list", MOST_BOTS if kind == "app_id" else MOST_MEMBERS)
    if not wanted:
        raise RejectedError(232001)
    missing = [value for value in wanted if not _join(call, chat, kind, value)]
    if missing and call.query.get("succeed_type", "0") == "2":
        raise RejectedError(232043)
    lists = {"invalid_id_list": missing, "not_existed_id_list": [], "pending_approval_id_list": []}
    return {"data": lists}


def _join(call: Call, chat: Chat, kind: str, value: str) -> bool:
    if kind == "app_id":
        known = value in call.emulator.apps
        chat.bots += [value] if known and value not in chat.bots else []
        return known
    person = call.person(kind, value)
    if person is None or not person.available or person.resigned:
        return False
    chat.members += [person.id] if person.id not in chat.members else []
    return True


ENDPOINTS = (
    Endpoint("POST", BASE, create, CHAT_WRITE),
    Endpoint("GET", BASE, list_all, CHAT_READ),
    Endpoint("GET", f"{BASE}/search", search, CHAT_READ),
    Endpoint("POST", f"{BASE}/:chat_id/members", add_members, CHAT_MEMBERS),
)
