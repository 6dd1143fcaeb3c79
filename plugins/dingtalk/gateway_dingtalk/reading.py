"""Who has read a chatbot's message ("Query read status"), in the first 24 hours."""

from collections.abc import Sequence

from gateway.plugin import ContentError, Identity

from .client import Client, items, part, texts
from .lookup import USER
from .messages import Known

PEOPLE = "/v1.0/robot/oToMessages/readStatus"
GROUP = "/v1.0/robot/groupMessages/query"
READERS_A_CALL = 200
MOST_PAGES = 50


async def read_by(client: Client, robot_code: str, message: Known) -> Sequence[Identity]:
    """List who has read a message so far.

    Raises:
        ContentError: It is a card, of which the platform tells nothing by the key of the card.
    """
    if message.form == "card":
        raise ContentError("The platform tells who has read a plain message, not a card.")
    if message.chat:
        return await _in_group(client, robot_code, message)
    return [each for key in message.keys for each in await _of_call(client, robot_code, key)]


async def _of_call(client: Client, robot_code: str, key: str) -> Sequence[Identity]:
    query = f"robotCode={part(robot_code)}&processQueryKey={part(key)}"
    answer = await client.get(f"{PEOPLE}?{query}", purpose="read")
    answer.text("sendStatus")
    rows = items(answer.body.get("messageReadInfoList"))
    return [
        Identity(str(row["userId"]), USER)
        for row in rows
        if row.get("readStatus") == "READ" and row.get("userId")
    ]


async def _in_group(client: Client, robot_code: str, message: Known) -> Sequence[Identity]:
    readers: list[Identity] = []
    body = {
        "robotCode": robot_code,
        "openConversationId": message.chat,
        "processQueryKey": message.key,
        "maxResults": READERS_A_CALL,
    }
    for _ in range(MOST_PAGES):
        answer = await client.post(GROUP, body, purpose="read")
        answer.text("sendStatus")
        readers += [Identity(each, USER) for each in texts(answer.body.get("readUserIds"))]
        if answer.body.get("hasMore") is not True:
            break
        body["nextToken"] = answer.text("nextToken")
    return readers
