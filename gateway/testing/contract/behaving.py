"""Rules about manners: checks tell, calls end, nothing blocks, nothing is changed behind backs."""

import asyncio

from gateway.plugin import Check
from gateway.testing.contract.faults import FAULTS
from gateway.testing.contract.operations import Operation, ended, operations
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import Breach, Rule
from gateway.testing.contract.subject import Subject
from gateway.testing.contract.watch import watched

ENOUGH_CALLS = 8
MOMENT_SECONDS = 5.0
SILENCE = next(fault for fault in FAULTS if fault.name == "read timeout")
BLOCKING = ("sleep", "connect", "connect_ex", "getaddrinfo", "gethostbyname", "fork_exec")


async def checks(subject: Subject) -> None:
    """At a far end in good order the check finds everything that sending needs."""
    rig = Rig(subject)
    try:
        lines = await rig.channel.check()
    except Exception as error:
        raise Breach(f"check raises {type(error).__name__}: {error}") from error
    if not isinstance(lines, list | tuple) or not lines:
        raise Breach(f"check returns {lines!r}, no lines")
    odd = [line for line in lines if not isinstance(line, Check)]
    if odd:
        raise Breach(f"check returns a {type(odd[0]).__name__} among its lines")
    bad = [line for line in lines if line.required and line.state in ("missing", "error")]
    if bad:
        raise Breach(f"check says that {bad[0].id} is {bad[0].state}: {bad[0].detail}")


async def gives_up(subject: Subject) -> None:
    """Where no answer comes, every method ends soon and with few calls."""
    to = await Rig(subject).known()
    rig = Rig(subject)
    rig.wire.fault = SILENCE
    for operation in operations(rig, to):
        before = len(rig.wire.requests)
        await _soon(operation)
        calls = len(rig.wire.requests) - before
        if calls > ENOUGH_CALLS:
            raise Breach(f"{operation.name} calls {calls} times though no answer comes")


async def _soon(operation: Operation) -> None:
    try:
        async with asyncio.timeout(MOMENT_SECONDS):
            await ended(operation)
    except TimeoutError:
        raise Breach(f"{operation.name} does not end though every call timed out") from None


async def never_blocks(subject: Subject) -> None:
    """No method sleeps in the event loop or opens a connection of its own."""
    to = await Rig(subject).known()
    rig = Rig(subject)
    for operation in operations(rig, to):
        with watched() as seen:
            await ended(operation)
        bad = [name for name in seen if name.rpartition(".")[2] in BLOCKING]
        if bad:
            raise Breach(f"{operation.name} calls {bad[0]}")


async def keeps_its_configuration(subject: Subject) -> None:
    """No method changes the configuration that the channel was opened with."""
    to = await Rig(subject).known()
    rig = Rig(subject)
    before = rig.credential.model_dump()
    for operation in operations(rig, to):
        await ended(operation)
        if rig.credential.model_dump() != before:
            raise Breach(f"{operation.name} changes the configuration")


RULES: tuple[Rule, ...] = (
    Rule(
        "check-succeeds",
        "An admin enables a channel when its check is fine, and reads it line by line if not.",
        "Return one Check for each thing that is needed; look at `config` and `far_end` first.",
        checks,
    ),
    Rule(
        "timeouts-end-the-call",
        "The gateway tries again by its own schedule; a method that does so too holds the lane up.",
        "Let the timeout through, or try again once at most.",
        gives_up,
    ),
    Rule(
        "never-blocks",
        "What blocks the event loop stops every channel; a client of its own passes no allow-list.",
        "Call with `self.http`, wait with `await self.context.clock.sleep(...)`.",
        never_blocks,
    ),
    Rule(
        "keeps-its-configuration",
        "What a channel changes in its configuration is forgotten when it is opened anew.",
        "Keep what is learned in attributes of the channel.",
        keeps_its_configuration,
    ),
)
