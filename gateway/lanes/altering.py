"""The provider call that changes a sent card, or takes it back."""

from gateway.errors import ContentError
from gateway.fence import PluginFault
from gateway.lanes.calls import Outcome, enveloped, guarded, key_of, render
from gateway.lanes.plan import RECALL, Change, Group
from gateway.models import Receipt
from gateway.plugin import Recalls, Updates
from gateway.registry import Registry


async def alter(group: Group, change: Change, registry: Registry) -> Outcome:
    """Make the call; raises nothing but cancellation.

    What cannot be taken back, but changed, says from then on that it was withdrawn.
    """
    if change.purpose == RECALL and isinstance(group.live.channel, Recalls):
        return await _recall(group, group.live.channel, change)
    if isinstance(group.live.channel, Updates) and not change.receipt.batch:
        return await _update(group, group.live.channel, change, registry)
    return ContentError("This channel cannot change a card that was sent.")


async def _recall(group: Group, channel: Recalls, change: Change) -> Outcome:
    answer = await guarded(lambda: channel.recall(change.receipt), group.live.deadline)
    return answer if isinstance(answer, Exception) else change.receipt


async def _update(group: Group, channel: Updates, change: Change, registry: Registry) -> Outcome:
    # One key for each version of the card: the platform would take an equal one for a repeat.
    key = key_of([change.row.id, f"{change.purpose} {change.row.revision}"])
    try:
        payload = enveloped(group, change, render(group, registry))
    except Exception as error:  # noqa: BLE001 - DeliveryError or PluginFault, an outcome too
        return error
    message_id = change.receipt.message_id
    answer = await guarded(
        lambda: channel.update(message_id, payload, key=key), group.live.deadline
    )
    if isinstance(answer, Receipt | Exception):
        return answer
    return PluginFault(f"the plugin returned a {type(answer).__name__} instead of a receipt")
