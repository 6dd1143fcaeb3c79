"""Rules about several things at once: cancellation, and the first use by many."""

import asyncio
import contextlib

import httpx

from gateway.errors import DeliveryError
from gateway.plugin import Identity
from gateway.testing.contract.operations import CARD, KEY, delivered
from gateway.testing.contract.rig import LONG, Rig
from gateway.testing.contract.rule import Breach, NotApplicable, Rule
from gateway.testing.contract.subject import Subject

AT_ONCE = 64
MOMENT_SECONDS = 3.0


async def survives_cancellation(subject: Subject) -> None:
    """A send that is cancelled in whichever call leaves the channel usable."""
    rehearsal = Rig(subject)
    to = await Rig(subject).known()
    await delivered(rehearsal, to)
    if not rehearsal.wire.requests:
        raise NotApplicable("sending makes no call")
    for number in range(len(rehearsal.wire.requests)):
        await _cancelled_in(subject, to, number)


async def _cancelled_in(subject: Subject, to: Identity, number: int) -> None:
    rig = Rig(subject)
    rig.wire.hang_at = number
    task = asyncio.create_task(_send(rig, to))
    await _within(rig.wire.hanging.wait(), f"call {number + 1} of a send never comes")
    task.cancel()
    await asyncio.wait([task], timeout=MOMENT_SECONDS)
    rig.wire.let_go()
    if not task.cancelled():
        await _put_away(task)
        raise Breach(f"send goes on after it was cancelled in call {number + 1}")
    rig.clock.jump(LONG)
    where = f"after a send was cancelled in call {number + 1}, the next one"
    try:
        await _within(_send(rig, to), f"{where} hangs")
    except (DeliveryError, httpx.HTTPError) as error:
        raise Breach(f"{where} fails: {error}") from error


async def _send(rig: Rig, to: Identity) -> None:
    try:
        await rig.channel.send(to, rig.channel.render(CARD), key=KEY)
    except SystemExit as error:  # in a task of its own it would end the event loop
        raise Breach("send raises SystemExit") from error


async def _within(awaited: object, otherwise: str) -> None:
    task = asyncio.ensure_future(awaited)  # type: ignore[call-overload]
    done, _ = await asyncio.wait([task], timeout=MOMENT_SECONDS)
    if not done:
        await _put_away(task)
        raise Breach(otherwise)
    await task


async def _put_away(task: "asyncio.Task[object] | asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await asyncio.wait_for(task, MOMENT_SECONDS)


async def one_token_for_all(subject: Subject) -> None:
    """However many use a fresh channel at once: it asks for one token."""
    if subject.is_token is None:
        raise NotApplicable("the subject has no `is_token`: its platform gives out none")
    to = await Rig(subject).known()
    rig = Rig(subject)
    await asyncio.gather(*(_send(rig, to) for _ in range(AT_ONCE)), return_exceptions=True)
    asked = sum(map(subject.is_token, rig.wire.requests))
    if asked != 1:
        raise Breach(f"{AT_ONCE} sends at once ask for {asked} tokens")


RULES: tuple[Rule, ...] = (
    Rule(
        "survives-cancellation",
        "A gateway that stops, or an owner that lost its shard, cancels what is in flight.",
        "Let CancelledError through; release locks with `async with`; shield a shared token call.",
        survives_cancellation,
    ),
    Rule(
        "one-token-for-all",
        "Platforms count token calls, and some void the former token with each.",
        "Keep the first request's task and let everybody else wait for it.",
        one_token_for_all,
    ),
)
