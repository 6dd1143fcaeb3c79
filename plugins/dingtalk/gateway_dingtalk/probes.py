"""One harmless call for each permission that can be tried at all.

The platform looks at permissions before it looks at what a call holds: a call for nobody is
refused by its values where the permission is granted, and by the permission where it is not.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from . import scopes
from .client import Client
from .credential import DingTalkCredential
from .dings import DING_PATH, IN_THE_APP
from .lookup import BY_MOBILE, DETAILS
from .people import CHILDREN, MEMBERS
from .scopes import Scope

NOBODY = "gateway-check-nobody"
NO_NUMBER = "10000000000"
NO_DEPARTMENT = 999_999_999_999
CARDS_PATH = "/v1.0/card/instances"
SEND_PATH = "/v1.0/robot/oToMessages/batchSend"
GROUP_PATH = "/v1.0/robot/groups/robots/query"

Call = Callable[[Client, DingTalkCredential], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that tells whether a permission is granted.

    Attributes:
        scope: The permission.
        call: Makes the call.
        passes: The refusals that only an application with the permission hears.
    """

    scope: Scope
    call: Call
    passes: frozenset[str]


async def _member(client: Client, _: DingTalkCredential) -> object:
    question = {"userid": NOBODY, "language": "zh_CN"}
    return await client.ask(DETAILS, question, purpose="resolve")


async def _mobile(client: Client, _: DingTalkCredential) -> object:
    return await client.ask(BY_MOBILE, {"mobile": NO_NUMBER}, purpose="resolve")


async def _group(client: Client, _: DingTalkCredential) -> object:
    return await client.post(GROUP_PATH, {"openConversationId": NOBODY}, purpose="check")


async def _robot(client: Client, credential: DingTalkCredential) -> object:
    body = {
        "robotCode": credential.robot_code,
        "userIds": [],
        "msgKey": "sampleText",
        "msgParam": '{"content":"-"}',
    }
    answer = await client.post(SEND_PATH, body, purpose="check")
    return answer.text("processQueryKey")


async def _card(client: Client, _: DingTalkCredential) -> object:
    body = {"outTrackId": NOBODY, "cardData": {"cardParamMap": {"title": "check"}}}
    options = {"cardUpdateOptions": {"updateCardDataByKey": True}}
    answer = await client.put(CARDS_PATH, {**body, **options}, purpose="check")
    return answer.succeeded()


async def _ding(client: Client, credential: DingTalkCredential) -> object:
    body = {
        "robotCode": credential.robot_code,
        "remindType": IN_THE_APP,
        "receiverUserIdList": [],
        "content": "-",
    }
    answer = await client.post(DING_PATH, body, purpose="check")
    return answer.text("openDingId")


async def _members(client: Client, _: DingTalkCredential) -> object:
    question = {"dept_id": NO_DEPARTMENT, "cursor": 0, "size": 1}
    return await client.ask(MEMBERS[0], question, purpose="directory")


async def _departments(client: Client, _: DingTalkCredential) -> object:
    return await client.ask(CHILDREN[0], {"dept_id": NO_DEPARTMENT}, purpose="directory")


_NOBODY = frozenset({"33012", "60121", "40003", "60111"})

PROBES = (
    Probe(scopes.MEMBER, _member, _NOBODY | {"50002"}),
    Probe(scopes.MOBILE, _mobile, _NOBODY | {"40104", "400002"}),
    Probe(
        scopes.GROUPS,
        _group,
        frozenset(
            {"invalid.openConversationId", "miss.openConversationId", "resource.unavailable"}
        ),
    ),
    Probe(
        scopes.ROBOT,
        _robot,
        frozenset({"invalidParameter.userIds.empty", "MissinguserIds", "miss.staffId"}),
    ),
    Probe(scopes.CARDS, _card, frozenset({"param.cardNotExist"})),
    Probe(scopes.DING, _ding, frozenset({"miss.staffId", "MissingreceiverUserIdList"})),
    Probe(scopes.DEPARTMENT_MEMBERS, _members, frozenset({"60003", "50004"})),
    Probe(scopes.DEPARTMENTS, _departments, frozenset({"60003", "50004"})),
)
