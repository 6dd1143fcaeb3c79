"""One provider call: render, send, and one outcome for each delivery, whatever a plugin does."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from gateway.card import Card
from gateway.clock import from_millis
from gateway.connections import Live
from gateway.egress import classify
from gateway.errors import DeliveryError, UncertainError
from gateway.fence import PluginFault, fence
from gateway.lanes.parts import Part, key_parts, proof_of
from gateway.lanes.plan import BATCH, Group, Ready
from gateway.models import Identity, Priority, Receipt
from gateway.plugin import About, Batches, Channel, Envelopes, Payload, Splits, Urges
from gateway.registry import Registry

T = TypeVar("T")
Outcome = Receipt | Exception


def key_of(deliveries: Sequence[str]) -> str:
    """Return the key that every attempt of these deliveries passes to the platform."""
    return hashlib.sha256("\n".join(deliveries).encode()).hexdigest()[:32]


async def perform(group: Group, payload: Payload) -> tuple[Outcome, ...]:
    """Make the call and return one outcome for each member; raises nothing but cancellation."""
    if group.purpose == BATCH:
        return await _batch(group, payload)
    return (proof_of(payload, await _single(group, group.members[0], payload)),)


def render(group: Group, registry: Registry) -> Payload:
    """Write the group's card in the platform's language; raises as `payload_for` does.

    Of a card that needs several messages it is the next part that the platform has not taken.
    """
    prepared = group.prepared
    if isinstance(group.live.channel, Splits):
        return _part(group, group.live.channel, registry)
    return payload_for(group.live, prepared.card, prepared.overrides, registry)


def payload_for(
    live: Live, card: Card, overrides: Mapping[str, Any], registry: Registry
) -> Payload:
    """Write a card in the platform's language, after the hook and with overrides.

    Raises:
        DeliveryError: The platform would never take it.
        PluginFault: The plugin failed.
    """
    return merged(written(live.channel, registry.rewrite(card, live.channel_type.name)), overrides)


def written(channel: Channel[Any], card: Card) -> Payload:
    """Write a card in the platform's language.

    Raises:
        DeliveryError: The platform would never take it.
        PluginFault: The plugin failed.
    """
    with fence("render"):
        payload = channel.render(card)
    if not isinstance(payload, Mapping):
        raise PluginFault("render returned no mapping")
    return payload


def _part(group: Group, channel: Splits, registry: Registry) -> Payload:
    prepared = group.prepared
    card = registry.rewrite(prepared.card, group.live.channel_type.name)
    with fence("split"):
        payloads = list(channel.split(card))
    if not payloads or not all(isinstance(each, Mapping) for each in payloads):
        raise PluginFault("split returned no payloads")
    # There may be fewer than when it began: what is left is said rather once more than never.
    number = min(group.members[0].row.parts, len(payloads) - 1)
    return Part(merged(payloads[number], prepared.overrides), number, len(payloads))


def merged(payload: Payload, overrides: Mapping[str, Any] | None) -> Payload:
    """Apply an application's overrides to a payload, as a JSON Merge Patch."""
    if not overrides:
        return payload
    result = dict(payload)
    for name, value in overrides.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


async def guarded(call: Callable[[], Awaitable[T]], within: timedelta) -> T | Exception:
    """Await a plugin's method; return what it raised as a `DeliveryError` or a `PluginFault`.

    SystemExit and the like stay inside: a plugin may not end the process.
    """
    try:
        async with asyncio.timeout(within / timedelta(seconds=1)):
            return await call()
    except TimeoutError:
        return UncertainError("no answer in time")
    except DeliveryError as error:
        return error
    except httpx.HTTPError as error:
        return classify(error)
    except asyncio.CancelledError:
        if _cancelled_from_outside():
            raise
        return PluginFault("the plugin canceled itself")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit in a plugin is a bug of the plugin
        return PluginFault(f"the plugin raised {type(error).__name__}")


def _cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _single(group: Group, member: Ready, payload: Payload) -> Outcome:
    channel = group.live.channel
    key = key_of([*member.key_parts, *key_parts(payload)])
    answer = await guarded(
        lambda: channel.send(member.identity, enveloped(group, member, payload), key=key),
        group.live.deadline,
    )
    answer = receipt_of(answer)
    if not isinstance(answer, Receipt):
        return answer
    if member.row.priority == Priority.URGENT and isinstance(channel, Urges):
        return await _urged(group.live, channel, member.identity, answer)
    return answer


def enveloped(group: Group, member: Ready, payload: Payload) -> Payload:
    """Return the payload in the envelope of a channel whose receivers are programs."""
    channel = group.live.channel
    if not isinstance(channel, Envelopes):
        return payload
    row = member.row
    about = About(row.notification, row.id, from_millis(row.created), member.prepared.request)
    return channel.envelop(payload, about)


async def _urged(live: Live, channel: Urges, to: Identity, receipt: Receipt) -> Receipt:
    refused = await guarded(lambda: channel.urge(to, receipt.message_id), live.deadline)
    if not isinstance(refused, Exception):
        return receipt
    return Receipt(
        receipt.message_id,
        log_id=receipt.log_id,
        http_status=receipt.http_status,
        provider_code=receipt.provider_code,
        note=f"sent, but not marked urgent: {refused}",
    )


async def _batch(group: Group, payload: Payload) -> tuple[Outcome, ...]:
    channel = group.live.channel
    if not isinstance(channel, Batches):
        return tuple(PluginFault("the channel cannot batch") for _ in group.members)
    identities = [member.identity for member in group.members]
    key = key_of([member.row.id for member in group.members])
    answers = await guarded(
        lambda: channel.send_batch(identities, payload, key=key), group.live.deadline
    )
    if isinstance(answers, Exception):
        return tuple(answers for _ in group.members)
    return _one_each(answers, len(group.members))


def _one_each(answers: object, count: int) -> tuple[Outcome, ...]:
    if not isinstance(answers, Sequence) or len(answers) != count:
        fault = PluginFault("send_batch did not return one result for each recipient")
        return tuple(fault for _ in range(count))
    return tuple(map(receipt_of, answers))


def receipt_of(answer: object) -> Outcome:
    """Return a plugin's answer, if it is one that the contract allows, or the fault it is."""
    if isinstance(answer, Receipt | DeliveryError | PluginFault):
        return answer
    return PluginFault(f"the plugin returned a {type(answer).__name__} instead of a receipt")
