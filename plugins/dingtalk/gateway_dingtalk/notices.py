"""Work notices: sent to at most a hundred people in a call, and followed to each of them.

"Asynchronous sending of enterprise session messages": the platform answers with a task before it
has delivered anything, and drops in silence what is over its limits. So every call is followed by
one that asks what became of it; whoever was dropped hears why.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from gateway.plugin import (
    Clock,
    DeliveryError,
    Identity,
    Payload,
    RateLimitedError,
    Receipt,
    RecipientError,
    TemporaryError,
)

from . import codes, notice, receipts
from .client import Answer, Client, items, mapping, texts
from .codes_notice import DAILY_CAP, DUPLICATE
from .lookup import USER
from .messages import note_of, notice_message

BASE = "/topapi/message/corpconversation"
SEND = f"{BASE}/asyncsend_v2"
RESULT = f"{BASE}/getsendresult"
PROGRESS = f"{BASE}/getsendprogress"
RECALL = f"{BASE}/recall"

BETWEEN = ","
"""What stands between two userids of a call; one that holds it would name two people."""
A_MINUTE = 5000
MINUTE = timedelta(minutes=1)
WAITS = (1.0, 2.0)
"""How long to let the platform work before each look: too early a look is a wasted call."""
LOOK_WITHIN = timedelta(seconds=5)
LOOK_SECONDS = 4.5
"""Both keep an attempt inside its deadline: past it nobody would know that anything was sent."""

UNTOLD = "The platform took it and had not told yet whether this person got it."
REPEATED = "This person had it already, from an attempt whose answer was never seen."
"""Notices with the same words have different references, so the same content is the same one."""
FAILED = "The platform took the work notice and failed to deliver it to this person."
NO_USERID = "This is no userid of DingTalk."
_SHOWN = ("read_user_id_list", "unread_user_id_list")
_LOST = ("invalid_user_id_list", "forbidden_user_id_list", "failed_user_id_list")

Result = Mapping[str, Any]
Outcome = Receipt | DeliveryError


@dataclass(slots=True)
class Minute:
    """How many people were written to in the last minute: the platform drops those over it."""

    _calls: deque[tuple[datetime, int]] = field(default_factory=deque)

    def take(self, people: int, now: datetime) -> None:
        """Count a call.

        Raises:
            RateLimitedError: It would be over the platform's limit; nothing is counted.
        """
        while self._calls and self._calls[0][0] <= now - MINUTE:
            self._calls.popleft()
        if sum(count for _, count in self._calls) + people > A_MINUTE:
            wait = self._calls[0][0] + MINUTE - now
            said = f"Work notices go to {A_MINUTE:,} people a minute; the next ones wait."
            raise RateLimitedError(said, retry_after=wait)
        self._calls.append((now, people))


class Notices:
    """The work notices of one application.

    Args:
        client: Makes the calls.
        agent_id: The application's number, which each of the calls names.
        clock: The time.
    """

    def __init__(self, client: Client, agent_id: str, clock: Clock) -> None:
        self._client = client
        self._agent_id = int(agent_id)
        self._clock = clock
        self._minute = Minute()

    async def send(
        self, userids: Sequence[str], payload: Payload, key: str, *, batch: bool
    ) -> list[Outcome]:
        """Send a payload's notice in one call, and tell of each person what became of it."""
        made = notice.numbered(payload, key)
        named = [each for each in userids if BETWEEN not in each]
        if not named:
            return [RecipientError(NO_USERID) for _ in userids]
        began = self._clock.now()
        self._minute.take(len(named), began)
        purpose = "batch" if batch else "send"
        answer = await self._ask(SEND, purpose, userid_list=BETWEEN.join(named), msg=made)
        task = _task(answer)
        result = await self._told(task, named, began)
        note = note_of(payload, "notice")
        sent = receipts.receipt(answer, notice_message(task), note, batch=batch)
        told = _Told(result, sent, self._client.reading())
        return [told.of(each) for each in userids]

    async def recall(self, task: str) -> None:
        """Take a notice of the last 24 hours back from everybody who got it in the same call."""
        await self._ask(RECALL, "recall", msg_task_id=int(task))

    async def read_by(self, task: str) -> Sequence[Identity]:
        """List who has read a notice of the last 24 hours."""
        answer = await self._ask(RESULT, "read", task_id=int(task))
        readers = texts(mapping(answer.body.get("send_result")).get("read_user_id_list"))
        return [Identity(each, USER) for each in readers]

    async def _told(self, task: str, userids: Sequence[str], began: datetime) -> Result:
        """Ask what became of a notice until it is known of everybody, or there is no time left.

        It is sent by then: whatever goes wrong here, nobody is to be written to again.
        """
        found: Result = {}
        if self._clock.now() - began > LOOK_WITHIN:
            return found
        with contextlib.suppress(DeliveryError, httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                for wait in WAITS:
                    await self._clock.sleep(wait)
                    answer = await self._ask(RESULT, "result", task_id=int(task))
                    found = mapping(answer.body.get("send_result"))
                    if _named(found, *_SHOWN, *_LOST).issuperset(userids):
                        break
        return found

    async def _ask(self, path: str, purpose: str, **body: object) -> Answer:
        asked = {"agent_id": self._agent_id, **body}
        return await self._client.ask(path, asked, purpose=purpose)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the platform told of one call, read person by person."""

    result: Result
    sent: Receipt
    reading: codes.Reading

    def of(self, userid: str) -> Outcome:
        invalid, forbidden, failed = _LOST
        if BETWEEN in userid:
            return RecipientError(NO_USERID)
        if userid in _named(self.result, invalid):
            return receipts.unreached(self.sent.http_status, self.sent.log_id)
        if userid in _named(self.result, forbidden):
            return self._dropped(userid)
        if userid in _named(self.result, failed):
            return TemporaryError(FAILED, http_status=self.sent.http_status)
        return self.sent if userid in _named(self.result, *_SHOWN) else self._noted(UNTOLD)

    def _dropped(self, userid: str) -> Outcome:
        rows = items(self.result.get("forbidden_list"))
        listed = (str(row.get("code")) for row in rows if row.get("userid") == userid)
        code = next(listed, DAILY_CAP)
        if code == DUPLICATE:
            return self._noted(REPEATED)
        return codes.dropped(code, self.reading)

    def _noted(self, note: str) -> Receipt:
        return replace(self.sent, note=" ".join(filter(None, [self.sent.note, note])))


def _named(result: Result, *lists: str) -> frozenset[str]:
    return frozenset(each for name in lists for each in texts(result.get(name)))


def _task(answer: Answer) -> str:
    task = str(answer.body.get("task_id"))
    if not task.isdecimal():
        raise answer.odd("The answer has no task_id.")
    return task
