import httpx
import pytest

from gateway.plugin import DeliveryError, QuotaExhaustedError, RecipientError, ScopeMissingError

from .conftest import Rig, Scripted
from .test_channel import KEY, LI

DENIED = {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}
USED_UP = {"code": "ding.serverquota.insufficient"}


@pytest.mark.parametrize(
    ("refusal", "error"), [(DENIED, ScopeMissingError), (USED_UP, QuotaExhaustedError)]
)
async def test_who_may_not_ding_is_not_asked_at_every_urgent_message(
    scripted: type[Scripted], refusal: dict[str, str], error: type[DeliveryError]
) -> None:
    replies = [httpx.Response(400, json=refusal), httpx.Response(200, json={"openDingId": "d"})]
    platform = scripted(lambda _: replies.pop(0))
    for _ in range(3):
        with pytest.raises(error):
            await platform.channel.urge(LI, KEY)
    assert len(platform.requests) == 1
    platform.clock.jump(601)
    await platform.channel.urge(LI, KEY)
    assert len(platform.requests) == 2


async def test_a_refusal_of_one_person_is_not_remembered(scripted: type[Scripted]) -> None:
    failed = {"openDingId": "d", "failedList": {"staffId.notExisted": ["li.wei"]}}
    platform = scripted(lambda _: httpx.Response(200, json=failed))
    for _ in range(2):
        with pytest.raises(RecipientError):
            await platform.channel.urge(LI, KEY)
    assert len(platform.requests) == 2


async def test_a_work_notice_can_be_urgent_too(rig: Rig) -> None:
    await rig.notice_channel().urge(LI, "notice|1")
    assert len(rig.emulator.dings) == 1
