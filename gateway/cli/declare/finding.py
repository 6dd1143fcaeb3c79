"""Asks a gateway what it has of a tenant, in the form in which a file wishes it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

from gateway.channel_config import ChannelBody
from gateway.cli.declare.state import Body, Found, TypeFacts, Types
from gateway.cli.declare.wishing import MODELS, TENANT, bare, channel_form
from gateway.cli.posting import Gateway, RefusedError, path_to
from gateway.models import Method

Items = Mapping[str, Body]
CHANNELS, BINDINGS = "channels", "bindings"


async def types_of(gateway: Gateway) -> Types:
    """Return what has to be known of every channel type."""
    items = await gateway.every("/v1/channel-types")
    return {each["name"]: _facts(each) for each in items}


async def found(gateway: Gateway, tenant: str, sections: Collection[str]) -> Found:
    """Return what there is of these sections.

    Raises:
        CommandError: The gateway cannot be reached, or refused.
    """
    exists, settings = await _tenant(gateway, tenant)
    if exists is False:
        return Found(exists=False, settings={}, sections={})
    read = {name: await READERS[name](gateway, tenant) for name in sections}
    channels = read.get(CHANNELS, {})
    bindings = read.get(BINDINGS, {})
    return Found(
        exists=exists,
        settings=settings,
        sections={name: _shaped(name, items) for name, items in read.items()},
        secrets={name: frozenset(each["secrets_set"]) for name, each in channels.items()},
        kept=frozenset(name for name, each in bindings.items() if not _manual(each)),
    )


def _facts(item: Body) -> TypeFacts:
    fields = frozenset(item["config_schema"].get("properties", ()))
    return TypeFacts(fields, frozenset(item["secrets"]), item["app_field"])


async def _tenant(gateway: Gateway, tenant: str) -> tuple[bool | None, Body]:
    """Tell whether there is one, and what it is; an admin's key may not see that."""
    try:
        answer = await gateway.get(path_to("tenants", tenant))
    except RefusedError as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return None, {}
        if error.status == HTTPStatus.NOT_FOUND:
            return False, {}
        raise
    return True, _fields(TENANT, answer)


async def _listed(gateway: Gateway, tenant: str, section: str, key: str = "name") -> Items:
    items = await gateway.every(path_to("tenants", tenant, section))
    return {each[key]: each for each in items}


async def _whole(gateway: Gateway, tenant: str, section: str) -> Items:
    """Read each by itself where the list leaves something out."""
    names = await _listed(gateway, tenant, section)
    return {name: await gateway.get(path_to("tenants", tenant, section, name)) for name in names}


async def _bindings(gateway: Gateway, tenant: str) -> Items:
    items: dict[str, Body] = {}
    for channel in await _listed(gateway, tenant, CHANNELS):
        listed = await gateway.every(path_to("tenants", tenant, CHANNELS, channel, BINDINGS))
        items |= {f"{channel}/{each['user']}": each for each in listed if each["user"]}
    return items


READERS: Mapping[str, Callable[[Gateway, str], Awaitable[Items]]] = {
    CHANNELS: lambda gateway, tenant: _listed(gateway, tenant, CHANNELS),
    "users": lambda gateway, tenant: _listed(gateway, tenant, "users", "id"),
    "topics": lambda gateway, tenant: _whole(gateway, tenant, "topics"),
    "templates": lambda gateway, tenant: _whole(gateway, tenant, "templates"),
    "rules": lambda gateway, tenant: _listed(gateway, tenant, "rules"),
    BINDINGS: _bindings,
}


def _shaped(section: str, items: Items) -> Mapping[str, Body]:
    return {name: _body(section, item) for name, item in items.items()}


def _body(section: str, item: Body) -> Body:
    if section == CHANNELS:
        body = ChannelBody.model_validate(_fields(section, item))
        return {**channel_form(body, item["secrets_set"]), "enabled": item["enabled"]}
    return bare(section, item["identity"] if section == BINDINGS else _fields(section, item))


def _fields(section: str, item: Body) -> dict[str, Any]:
    return {name: item[name] for name in MODELS[section].model_fields if name in item}


def _manual(binding: Body) -> bool:
    return bool(binding["method"] == Method.MANUAL)
