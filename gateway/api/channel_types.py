"""`/v1/channel-types`: what the installed plugins offer."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.auth import Anybody
from gateway.api.body import parsed
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, decode, page
from gateway.errors import DeliveryError
from gateway.fence import PluginFault, fence
from gateway.guides import Wanted, guide_for
from gateway.models import Audience
from gateway.plugin import CONTRACT_VERSION, SetupGuide
from gateway.problems import ProblemError
from gateway.registry import Offer, Registry, secret_fields

router = APIRouter(tags=["channel types"], responses=problems())
Features = Annotated[
    str | None,
    Query(description="`send,resolve,cards,callbacks,directory,login`: what is to be used."),
]
GuideLocale = Annotated[str, Query(max_length=20, description="`en` or `zh-CN`.")]


class PluginOut(BaseModel):
    """Which plugin offers it."""

    name: str
    distribution: str
    version: str


class ChannelTypeOut(BaseModel):
    """A channel type."""

    name: str
    title: dict[str, str]
    audience: Audience
    config_schema: Annotated[dict[str, Any], Field(description="Secrets are `writeOnly`.")]
    secrets: list[str]
    app_field: str | None
    capabilities: list[str]
    limits: dict[str, int]
    identity_kinds: list[str]
    recipients: list[str]
    plugin: PluginOut
    contract_version: str


class GuideBlockOut(BaseModel):
    """Something to read, copy or follow."""

    kind: str
    label: str
    value: str


class GuideStepOut(BaseModel):
    """One step."""

    id: str
    title: str
    body: str
    blocks: list[GuideBlockOut]


class GuideScopeOut(BaseModel):
    """A permission, and what it is for."""

    scope: str
    reason: str
    doc_url: str
    feature: Annotated[str, Field(serialization_alias="for")]


class GuideOut(BaseModel):
    """What an admin has to do on the platform."""

    performer: str
    minutes: int
    steps: list[GuideStepOut]
    homepage_url: str
    redirect_urls: list[str]
    trusted_domains: list[str]
    callback_url: str
    scopes: list[GuideScopeOut]
    scopes_json: dict[str, Any]
    quick_add_url: str | None
    allowlist_hosts: list[str]


@router.get("/v1/channel-types")
async def list_channel_types(
    call: Anybody, limit: Limit = 50, cursor: Cursor = None
) -> Listed[ChannelTypeOut]:
    """List the channel types by name."""
    after = decode(cursor) or ""
    offers = sorted(call.parts.registry.offers.items())
    rows = [offer for name, offer in offers if name > after][: limit + 1]
    return page(rows, limit, lambda offer: offer.channel_type.name, _shape)


class Pasted(BaseModel):
    """What an admin copied from a platform's page."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class Detected(BaseModel):
    """The channel type it belongs to, and a configuration to begin with."""

    type: str
    config: dict[str, str]


PASTED = {
    "text": "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d-0000-4000-8000-0123456789ab"
}


@router.post(
    "/v1/channel-types/detect",
    responses=problems(400, 413),
    openapi_extra=body_of(Pasted, PASTED),
)
async def detect_channel_type(call: Anybody, request: Request) -> Detected:
    """Recognise a pasted text, such as a group robot's address."""
    pasted = await parsed(request, Pasted)
    for name, offer in sorted(call.parts.registry.offers.items()):
        config = _detected(offer, pasted.text)
        if config is not None:
            return Detected(type=name, config=config)
    raise ProblemError("not_found", "no installed plugin recognises this text")


def _detected(offer: Offer, text: str) -> dict[str, str] | None:
    """Ask one plugin; another may know the text where this one fails."""
    detect = offer.channel_type.detect
    if detect is None:
        return None
    with suppress(DeliveryError, PluginFault), fence("detect"):
        found = detect(text)
        return None if found is None else dict(found)
    return None


@router.get("/v1/channel-types/{type}")
async def get_channel_type(call: Anybody, type: str) -> ChannelTypeOut:  # noqa: A002 - its name in the address
    """Show one channel type."""
    return _shape(offered(call.parts.registry, type))


@router.get("/v1/channel-types/{type}/setup-guide")
async def get_type_guide(
    call: Anybody,
    type: str,  # noqa: A002 - its name in the address
    features: Features = None,
    locale: GuideLocale = "en",
) -> GuideOut:
    """Show how a channel of this type is set up, before there is one."""
    channel_type = offered(call.parts.registry, type).channel_type
    wanted = Wanted(call.parts.base_url, "{tenant}/{channel}", features, locale, {})
    return guide_out(guide_for(channel_type, wanted))


def offered(registry: Registry, name: str) -> Offer:
    """Return what a plugin offers by this name."""
    offer = registry.offers.get(name)
    if offer is None:
        raise ProblemError("not_found", "no installed plugin offers this channel type")
    return offer


def guide_out(guide: SetupGuide) -> GuideOut:
    """Return a guide as the API shows it."""
    return GuideOut.model_validate(_plain(asdict(guide)))


def _shape(offer: Offer) -> ChannelTypeOut:
    channel_type = offer.channel_type
    plugin = offer.plugin
    return ChannelTypeOut(
        name=channel_type.name,
        title=dict(channel_type.titles),
        audience=channel_type.audience,
        config_schema=_with_proxy(channel_type.credential.model_json_schema()),
        secrets=sorted(secret_fields(channel_type)),
        app_field=channel_type.app_field,
        capabilities=list(channel_type.capabilities),
        limits=asdict(channel_type.limits),
        identity_kinds=list(channel_type.identity_kinds),
        recipients=sorted(channel_type.recipients),
        plugin=PluginOut(
            name=plugin.name, distribution=plugin.distribution, version=plugin.version
        ),
        contract_version=CONTRACT_VERSION,
    )


def _with_proxy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Add what every channel takes besides."""
    proxy = {"type": "string", "format": "uri", "title": "Proxy"}
    return {**schema, "properties": {**schema.get("properties", {}), "proxy": proxy}}


def _plain(value: object) -> Any:  # noqa: ANN401 - as JSON: any of its types
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value
