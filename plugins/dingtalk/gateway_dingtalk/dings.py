"""DING: an urgent call inside the app, where the edition includes it ("Robot sends DING")."""

from datetime import datetime, timedelta

from gateway.plugin import (
    Clock,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RecipientError,
)

from . import receipts
from .client import Client

DING_PATH = "/v1.0/robot/ding/send"
IN_THE_APP = 1
REFUSED_FOR = timedelta(minutes=10)
"""An organisation that may not DING is not asked about every urgent message again."""


class Dings:
    """The DINGs of one application.

    Args:
        client: Makes the calls.
        robot_code: In whose name they are.
        clock: The time.
    """

    def __init__(self, client: Client, robot_code: str, clock: Clock) -> None:
        self._client = client
        self._robot_code = robot_code
        self._clock = clock
        self._refusal: DeliveryError | None = None
        self._ask_again: datetime = clock.now()

    async def send(self, userid: str, content: str) -> None:
        """Call one person.

        Raises:
            DeliveryError: The platform did not; where the organisation may not DING, or has no
                more of them, this is known for a while without a call.
        """
        if self._refusal is not None and self._clock.now() < self._ask_again:
            raise self._refusal
        try:
            await self._call(userid, content)
        except (CredentialError, QuotaExhaustedError) as error:
            self._refusal, self._ask_again = error, self._clock.now() + REFUSED_FOR
            raise

    async def _call(self, userid: str, content: str) -> None:
        body = {
            "robotCode": self._robot_code,
            "remindType": IN_THE_APP,
            "receiverUserIdList": [userid],
            "content": content,
        }
        answer = await self._client.post(DING_PATH, body, purpose="urgent")
        answer.text("openDingId")
        if answer.body.get("failedList"):
            raise RecipientError(receipts.UNREACHED, http_status=answer.http_status)
