"""What a card becomes on a channel, for its author to see: the payload, its size, what is lost."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx
import structlog

from gateway.card import Card
from gateway.errors import DeliveryError
from gateway.fence import PluginFault, fence
from gateway.lanes.calls import merged, written
from gateway.plugin import Channel, ChannelType, Clock, Context, Degrades
from gateway.registry import Registry

Rendered = dict[str, Any]


def rendered(
    channel: Channel[Any],
    channel_type: str,
    card: Card,
    registry: Registry,
    overrides: Mapping[str, Any] | None = None,
) -> Rendered:
    """Return `payload`, `bytes`, `losses` and `error` of a card on one channel."""
    shown = registry.rewrite(card, channel_type)
    try:
        payload = merged(written(channel, shown), overrides)
        text = json.dumps(payload, ensure_ascii=False)
        size = len(text.encode())
    except (DeliveryError, PluginFault, ValueError, TypeError) as error:
        return unrendered(str(error))
    found = {"payload": json.loads(text), "bytes": size}
    return {**found, "losses": list(losses(channel, shown)), "error": None}


def unrendered(error: str) -> Rendered:
    """Return the same of a card that does not become anything."""
    return {"payload": None, "bytes": None, "losses": [], "error": error}


def losses(channel: Channel[Any], card: Card) -> Iterable[dict[str, Any]]:
    """Yield what is lost, as the API tells it; the payload counts, where a plugin fails here."""
    if not isinstance(channel, Degrades):
        return
    try:
        with fence("losses"):
            found = [
                {"loc": list(loss.loc), "becomes": loss.becomes, "why": loss.why}
                for loss in channel.losses(card)
            ]
    except (DeliveryError, PluginFault) as error:
        _log.warning("losses failed", error=str(error))
        return
    yield from found


def warnings_of(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is lost on each channel as warnings, one for each part of the card."""
    return [
        {
            "code": "card_loss",
            "channel": item["channel"],
            "loc": ["card", *loss["loc"]],
            "message": loss["why"],
        }
        for item in items
        for loss in item["losses"]
    ]


def example_of(channel_type: ChannelType, clock: Clock) -> Channel[Any] | None:
    """Return a channel that is nobody's and reaches nothing; None where its type has no example.

    Raises:
        PluginFault: The plugin failed.
    """
    if channel_type.example is None:
        return None
    context = Context(httpx.AsyncClient(transport=_Nowhere(), trust_env=False), clock, _log)
    with fence("the example"):
        credential = channel_type.credential.model_validate(dict(channel_type.example))
        return channel_type.open(credential, context)


class _Nowhere(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("a preview reaches nothing", request=request)


_log = structlog.get_logger("gateway.rendering")
