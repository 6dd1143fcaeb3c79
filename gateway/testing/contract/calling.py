"""Rules about calls: one answer for each, errors from the table, no secret anywhere."""

import contextlib
import io
import logging
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx

from gateway.errors import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    RecipientError,
)
from gateway.plugin import Batches, Identity, Receipt, Recipient, ResolvesInBulk
from gateway.testing.contract.faults import ECHOES, FAULTS, Fault
from gateway.testing.contract.operations import (
    CARD,
    KEY,
    Ending,
    delivered,
    ended,
    operations,
    told,
)
from gateway.testing.contract.rig import LONG, Rig
from gateway.testing.contract.rule import Breach, NotApplicable, Rule
from gateway.testing.contract.subject import Subject

FINAL = (RecipientError, ContentError, CredentialError, ChannelGoneError)
NOISE = frozenset({"httpx", "httpcore", "asyncio", "hpack"})  # they are not the plugin's lines


async def sends(subject: Subject) -> None:
    """A card reaches the far end in good order, and a receipt comes back."""
    rig = Rig(subject)
    to = await rig.known()
    if not isinstance(to, Identity):
        raise Breach(f"resolve returns a {type(to).__name__}, no Identity")
    try:
        receipt = await rig.channel.send(to, rig.channel.render(CARD), key=KEY)
    except (DeliveryError, httpx.HTTPError) as error:
        raise Breach(f"send fails at a far end in good order: {error}") from error
    if not isinstance(receipt, Receipt):
        raise Breach(f"send returns a {type(receipt).__name__}, no Receipt")


async def lookups_answer_each(subject: Subject) -> None:
    """A look-up of many answers each one, in order, the unknown ones too."""
    rig = Rig(subject)
    channel = rig.channel
    assert isinstance(channel, ResolvesInBulk)  # noqa: S101 - the rule names its ability
    asked = _with_a_stranger(subject)
    parts = [list(part) for part in channel.lookups(asked)]
    keys = sorted(each.key for part in parts for each in part)
    if keys != sorted(each.key for each in asked):
        raise Breach("lookups does not split the recipients into parts with each of them once")
    for part in parts:
        answers = await channel.resolve_many(part)
        _one_each("resolve_many", answers, len(part), Identity)
        for recipient, answer in zip(part, answers, strict=True):
            _rightly(recipient == subject.stranger, recipient.key, answer)


def _with_a_stranger(subject: Subject) -> list[Recipient]:
    known = list(subject.recipients)
    middle = len(known) // 2
    return [*known[:middle], *([subject.stranger] if subject.stranger else []), *known[middle:]]


def _one_each(method: str, answers: object, count: int, good: type) -> None:
    if not isinstance(answers, Sequence) or len(answers) != count:
        shown = len(answers) if isinstance(answers, Sequence) else type(answers).__name__
        raise Breach(f"{method} answers {shown} for {count}")
    odd = [each for each in answers if not isinstance(each, good | DeliveryError)]
    if odd:
        raise Breach(f"{method} answers with a {type(odd[0]).__name__}")


def _rightly(unknown: bool, name: str, answer: object) -> None:  # noqa: FBT001 - private
    if unknown and not isinstance(answer, DeliveryError):
        raise Breach(f"{name}, whom the platform does not know, counts as a success")
    if not unknown and isinstance(answer, DeliveryError):
        raise Breach(f"{name} fails because of a neighbour: {answer}")


async def batches_answer_each(subject: Subject) -> None:
    """A batch answers each recipient, in order, the unknown ones too."""
    rig = Rig(subject)
    channel = rig.channel
    assert isinstance(channel, Batches)  # noqa: S101 - the rule names its ability
    kinds = channel.batch_kinds
    known = [each for each in await rig.everybody() if kinds is None or each.kind in kinds]
    if not known:
        raise Breach("no recipient of the subject resolves to a kind that can be batched")
    middle = max(1, len(known) // 2)
    nobody = [subject.nobody] if subject.nobody else []
    to = [*known[:middle], *nobody, *known[middle:]][: channel.batch_limit]
    try:
        answers = await channel.send_batch(to, channel.render(CARD), key=KEY)
    except DeliveryError as error:
        raise Breach(f"send_batch fails for all because of one: {error}") from error
    _one_each("send_batch", answers, len(to), Receipt)
    for identity, answer in zip(to, answers, strict=True):
        _rightly(identity == subject.nobody, identity.id, answer)


async def strangers(subject: Subject) -> None:
    """Whom the platform does not know is a `RecipientError`."""
    if subject.stranger is None:
        raise NotApplicable("the subject names no `stranger`")
    try:
        found = await Rig(subject).channel.resolve(subject.stranger)
    except RecipientError:
        return
    except Exception as error:
        raise Breach(f"resolve raises {type(error).__name__} for a stranger") from error
    raise Breach(f"resolve finds a stranger: {found}")


async def _failing(subject: Subject, faults: Sequence[Fault]) -> AsyncIterator[tuple[Fault, Rig]]:
    """Yield a cold channel for each fault, whose far end fails once the rig's fault is set."""
    for fault in faults:
        if not (fault.looks_fine and subject.trusts_status):
            yield fault, Rig(subject)


async def _endings(
    subject: Subject, faults: Sequence[Fault]
) -> AsyncIterator[tuple[Fault, Rig, Ending]]:
    """Yield how each call ends under each fault, cold and again with a session in place.

    What ends without having asked the far end anything is no test of it and left out.
    """
    async for fault, rig in _failing(subject, faults):
        to = await Rig(subject).known()
        for warm in (False, True):
            if warm:
                rig.wire.fault = None
                rig.clock.jump(LONG)
                await delivered(rig, to)
            rig.wire.fault = fault
            for operation in operations(rig, to):
                before = len(rig.wire.requests)
                ending = await ended(operation)
                if len(rig.wire.requests) > before:
                    yield fault, rig, ending


async def errors_are_known(subject: Subject) -> None:
    """Only errors of the table, or httpx's own, leave a plugin."""
    async for fault, _, ending in _endings(subject, (*FAULTS, *ECHOES)):
        for error in ending.errors:
            if type(error) is DeliveryError or not isinstance(
                error, DeliveryError | httpx.HTTPError
            ):
                raise Breach(f"{ending.name} ends in {type(error).__name__} after {fault.name}")


async def failures_are_told(subject: Subject) -> None:
    """A call that failed is never called a success."""
    async for fault, _, ending in _endings(subject, (*FAULTS, *ECHOES)):
        if ending.succeeded:
            raise Breach(f"{ending.name} counts as a success after {fault.name}: {ending.result}")


async def outages_pass(subject: Subject) -> None:
    """What goes away by itself is never called final."""
    async for fault, _, ending in _endings(subject, [each for each in FAULTS if each.passes]):
        for error in ending.errors:
            if isinstance(error, FINAL):
                raise Breach(f"{ending.name} ends in {type(error).__name__} after {fault.name}")


async def secrets_stay(subject: Subject) -> None:
    """No secret is in an error, a result, a representation or a line of the log."""
    with _lines() as lines:
        async for fault, rig, ending in _endings(subject, (*FAULTS, *ECHOES)):
            secrets = rig.secrets()
            for text in told(ending):
                _hold_none(secrets, text, f"what {ending.name} tells after {fault.name}")
            _hold_none(secrets, repr(rig.channel), "the channel's representation")
            _hold_none(secrets, rig.log.text, "the log")
            _hold_none(secrets, lines.getvalue(), "what the plugin prints and logs")


def _hold_none(secrets: frozenset[str], text: str, where: str) -> None:
    if any(secret in text for secret in secrets):
        raise Breach(f"a secret is in {where}")


@contextlib.contextmanager
def _lines() -> Iterator[io.StringIO]:
    """Collect whatever is printed, or logged past the context's own log."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(lambda record: record.name.partition(".")[0] not in NOISE)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with contextlib.redirect_stdout(lines), contextlib.redirect_stderr(lines):
            yield lines
    finally:
        root.removeHandler(handler)


async def keys_are_passed_on(subject: Subject) -> None:
    """Every attempt of one delivery shows the platform the same key, another delivery another."""
    if subject.key_in is None:
        raise NotApplicable("the subject has no `key_in`: its platform refuses no repeats")
    rig = Rig(subject)
    to = await rig.known()
    first, again = await _key_sent(rig, to, KEY), await _key_sent(rig, to, KEY)
    other = await _key_sent(rig, to, KEY[::-1])
    if not first:
        raise Breach("send passes no key on")
    if first != again:
        raise Breach("two attempts of one delivery go out with different keys")
    if first == other:
        raise Breach("two deliveries go out with the same key")


async def _key_sent(rig: Rig, to: Identity, key: str) -> str | None:
    assert rig.subject.key_in is not None  # noqa: S101 - asked before
    before = len(rig.wire.requests)
    rig.clock.jump(LONG)
    await delivered(rig, to, key)
    found = (rig.subject.key_in(request) for request in rig.since(before))
    return next((key for key in found if key), None)


async def calls_stay_home(subject: Subject) -> None:
    """Calls go to the declared hosts."""
    kind = subject.channel_type
    if not kind.hosts:
        raise NotApplicable("it declares no hosts: its configuration may name any public URL")
    rig = await _used(subject)
    given = {httpx.URL(str(subject.config.get(name) or "")).host for name in kind.host_fields}
    abroad = {request.url.host for request in rig.wire.requests} - kind.hosts - given
    if abroad:
        raise Breach(f"it calls {min(abroad)}, which it does not declare")


async def purposes_are_named(subject: Subject) -> None:
    """Each call says what it is for."""
    for request in (await _used(subject)).wire.requests:
        if not isinstance(request.extensions.get("purpose"), str):
            raise Breach(f"{request.method} {request.url.path} does not say what it is for")


async def _used(subject: Subject) -> Rig:
    rig = Rig(subject)
    for operation in list(operations(rig, await rig.known())):
        await ended(operation)
    return rig


RULES: tuple[Rule, ...] = (
    Rule(
        "sends",
        "It is what a channel is for.",
        "Look at `config`, `far_end` and `recipients` of the subject first.",
        sends,
    ),
    Rule(
        "lookups-answer-each",
        "Answers are matched to recipients by their place.",
        "Return one Identity or DeliveryError for each recipient, in order.",
        lookups_answer_each,
        ability="resolves_in_bulk",
    ),
    Rule(
        "batches-answer-each",
        "Answers are matched to deliveries by their place; one missing answer fails them all.",
        "Return one Receipt or DeliveryError for each identity, in order.",
        batches_answer_each,
        ability="batches",
    ),
    Rule(
        "strangers-are-recipient-errors",
        "Only then does one wrong address stay one person's matter.",
        "Raise RecipientError where the platform has nobody like that.",
        strangers,
    ),
    Rule(
        "errors-are-from-the-table",
        "The class of an error decides what happens next; others are taken for bugs.",
        "Read answers with `json_of`, and turn what else can go wrong into a DeliveryError.",
        errors_are_known,
    ),
    Rule(
        "failure-is-never-success",
        "What counts as sent is never looked at again.",
        "Demand the platform's own sign of success; raise UncertainError where it is missing.",
        failures_are_told,
    ),
    Rule(
        "outages-are-not-final",
        "A delivery that fails for good because of a moment's outage is lost.",
        "Keep RecipientError, ContentError and CredentialError for what the platform itself says.",
        outages_pass,
    ),
    Rule(
        "secrets-never-show",
        "Errors and log lines are read by people who must not know them.",
        "Write errors in your own words; never put URLs, headers or bodies into them.",
        secrets_stay,
    ),
    Rule(
        "key-is-passed-on",
        "With it the platform refuses a repeat after an answer that was never seen.",
        "Send `key`, or what is made of it alone, with every attempt.",
        keys_are_passed_on,
    ),
    Rule(
        "calls-stay-on-declared-hosts",
        "Any other host is refused on the way out.",
        "Add the host to the type's `hosts`, or its field to `host_fields`.",
        calls_stay_home,
    ),
    Rule(
        "calls-name-their-purpose",
        "Usage and quota are counted by purpose.",
        'Pass `extensions={"purpose": "send"}` with each call.',
        purposes_are_named,
        recommended=True,
    ),
)
