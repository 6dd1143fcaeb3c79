"""A department as a recipient: who is in it and below it, and which of them have got a message.

The platform's messages name people, so a department is read first ("Obtain the list of userids in
a department", "Obtain the list of departments"; neither counts against the month). A work notice
could name the department itself, but of more than a hundred people nobody would learn who got it.

An attempt makes one call that sends, for as many people as it takes; those left follow in the next
attempt. So the pace, the quota, a switched-off channel and a withdrawal count for each call.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import httpx

from gateway.plugin import (
    Clock,
    ContentError,
    DeliveryError,
    RateLimitedError,
    Receipt,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

from .asking import ask
from .client import Client, items, texts
from .memory import keep
from .roll import MOST_PEOPLE, Roll, Round
from .scopes import DEPARTMENTS, MEMBER

CHILDREN = "/topapi/v2/department/listsub"
MEMBERS = "/topapi/user/listid"

READ_AN_ATTEMPT = 10
"""Departments: fewer than the platform lets anybody read in a second."""
READ_WITHIN = timedelta(seconds=4)
SEND_WITHIN = timedelta(seconds=2)
"""Both leave a call that sends its time within the same attempt."""
FRESH_FOR = timedelta(minutes=5)
ROLLS = 100
ROUNDS = 10_000
NOT_THERE = frozenset({"60003"})

NO_DECISIONS = (
    "A message to a department cannot change later, so its card may have no buttons that report "
    "back. Name the people, or leave out those buttons."
)
NO_DEPARTMENT = (
    "DingTalk does not know this department, or it is outside the application's contact range."
)
NOBODY = "Nobody is in this department or below it."
TOO_MANY = f"More than {MOST_PEOPLE:,} people are in this department: name those below it."
UNREAD = "DingTalk did not tell who is in the department; nothing was sent."

Outcome = Receipt | DeliveryError
Deliver = Callable[[list[str]], Awaitable[Sequence[Outcome]]]
Rounds = OrderedDict[str, Round]
"""Deliveries to departments, by application and key: whom each has reached so far."""


class Departments:
    """The departments that an application writes to.

    Args:
        client: Makes the calls.
        clock: The time.
        rounds: Outlives the channel, which is opened anew after each change and each outage.
    """

    def __init__(self, client: Client, clock: Clock, rounds: Rounds | None = None) -> None:
        self._client = client
        self._clock = clock
        self._rolls: OrderedDict[str, Roll] = OrderedDict()
        self._rounds = OrderedDict() if rounds is None else rounds

    async def send(self, department: str, key: str, deliver: Deliver, most: int) -> Receipt:
        """Write to as many as one call takes, and return the receipt once nobody is left.

        Args:
            department: Its id.
            key: The delivery's: who got its message in a former attempt gets no other.
            deliver: Makes one call for some people and returns one outcome for each.
            most: How many people one call takes.

        Raises:
            RateLimitedError: Some are left, for the next attempts.
            RecipientError: There is no such department, nobody is in it or nobody could be
                reached, or the application may not read it.
        """
        began = self._clock.now()
        mine = f"{self._client.application.app_key} {key}"
        under_way = self._rounds.get(mine)
        if under_way is None:
            under_way = Round(await self._people(department))
            keep(self._rounds, mine, under_way, most=ROUNDS)
            if self._clock.now() - began > SEND_WITHIN:
                raise _goes_on("Read who is in the department; the messages follow.")
        if under_way.waiting:
            await _one_call(under_way, deliver, most)
        if under_way.waiting:
            raise _goes_on(under_way.told, under_way.pause())
        return under_way.receipt()

    async def _people(self, department: str) -> Sequence[str]:
        """Read who is in a department and below it; a large one takes several attempts."""
        roll = self._rolls.get(department)
        if roll is None or self._clock.now() - roll.begun > FRESH_FOR:
            roll = Roll(department, self._clock.now())
            keep(self._rolls, department, roll, most=ROLLS)
        await self._read(roll)
        if not roll.people:
            raise RecipientError(NOBODY)
        return list(roll.people)

    async def _read(self, roll: Roll) -> None:
        until = self._clock.now() + READ_WITHIN
        for _ in range(READ_AN_ATTEMPT):
            if not roll.unread or self._clock.now() > until:
                break
            await self._read_one(roll, roll.unread[0])
            if len(roll.people) > MOST_PEOPLE:
                raise RecipientError(TOO_MANY)
        if roll.unread:
            raise _goes_on(f"Read {roll.read} departments, and there are more.", timedelta(0, 1))

    async def _read_one(self, roll: Roll, department: str) -> None:
        """Read one department; one below that is gone or out of range is passed over."""
        question = {"dept_id": int(department)}
        try:
            below = await ask(self._client, CHILDREN, question, DEPARTMENTS, purpose="directory")
            inside = await ask(self._client, MEMBERS, question, MEMBER, purpose="directory")
        except (ScopeMissingError, RecipientError, ContentError) as error:
            if isinstance(error, ContentError) and error.provider_code not in NOT_THERE:
                raise
            if isinstance(error, ScopeMissingError) or department == roll.department:
                raise _one_departments_matter(error) from error
            roll.passed_over(department)
            return
        except RateLimitedError as error:  # of reading: what sends need not wait for it
            raise _goes_on(error.message, error.retry_after) from error
        except (httpx.HTTPError, UncertainError) as error:
            raise TemporaryError(UNREAD) from error
        children = (str(row.get("dept_id")) for row in items(below.body.get("result")))
        roll.take(department, texts(inside.result.get("userid_list")), children)


async def _one_call(under_way: Round, deliver: Deliver, most: int) -> None:
    people = under_way.next(most)
    try:
        outcomes = await deliver(people)
    except RecipientError as error:
        if len(people) > 1:  # the whole call was refused for one of them
            under_way.one_by_one(len(people))
            return
        outcomes = [error]
    under_way.take(people, outcomes)


def _one_departments_matter(error: DeliveryError) -> RecipientError:
    """Return an error that does not hold up the channel: people are reached all the same."""
    known = isinstance(error, ScopeMissingError)
    return RecipientError(
        error.message if known else NO_DEPARTMENT,
        provider_code=error.provider_code,
        http_status=error.http_status,
        log_id=error.log_id,
        fix_url=error.fix_url,
    )


def _goes_on(said: str, after: timedelta = timedelta(0)) -> RateLimitedError:
    """Return what leaves the rest to the next attempt, which costs none of the retries."""
    return RateLimitedError(said, retry_after=after, scope="recipient")
