"""A sample card: one call at once, beside everything that waits, told as the platform answered."""

from gateway.card import Card, MarkdownBlock, Severity
from gateway.connections import Live
from gateway.errors import DeliveryError, RecipientError
from gateway.fence import PluginFault
from gateway.lanes.calls import Outcome, guarded, key_of, payload_for, receipt_of
from gateway.lanes.resolving import Answer, ask, lookups, with_contacts
from gateway.lanes.tools import Tools
from gateway.models import Identity, Recipient
from gateway.store.bindings import read_bindings

SAMPLE = Card(
    title="A test from your notification gateway",
    severity=Severity.INFO,
    summary="The channel works.",
    blocks=(MarkdownBlock(type="markdown", text="If you can read this, **the channel works**."),),
)


async def send_sample(tools: Tools, live: Live, recipient: Recipient) -> Outcome:
    """Send the sample to whom a delivery would go to; raises nothing but cancellation."""
    identity = await _identified(tools, live, recipient)
    if not isinstance(identity, Identity):
        return identity
    try:
        payload = payload_for(live, SAMPLE, {}, tools.registry)
    except (DeliveryError, PluginFault) as error:
        return error
    key = key_of([f"test-{tools.now()}-{recipient.key}"])
    return receipt_of(
        await guarded(lambda: live.channel.send(identity, payload, key=key), live.deadline)
    )


async def _identified(tools: Tools, live: Live, recipient: Recipient) -> Answer:
    row, key = live.row, recipient.key
    known = await tools.store.read(lambda c: read_bindings(c, row.tenant, row.name, [key]))
    binding = known.get(key)
    if binding is not None and binding.unbound:
        return RecipientError("an admin unbound this recipient; bind it again first")
    if binding is not None and binding.stale_reason:
        return RecipientError(f"the binding is stale: {binding.stale_reason}")
    if binding is not None and binding.who is not None:
        return binding.who
    return await _looked_up(tools, live, recipient)


async def _looked_up(tools: Tools, live: Live, recipient: Recipient) -> Answer:
    [asked] = await with_contacts(tools.store, live.row.tenant, [recipient])
    parts = lookups(live, [asked])
    if not parts:
        return DeliveryError("the channel does not look up recipients of this kind")
    [answer] = await ask(parts[0])
    return answer
