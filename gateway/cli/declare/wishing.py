"""Reads what a file declares, and says of each thing that is wrong where it stands."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.channel_config import ChannelBody
from gateway.cli.declare.placeholders import MissingVariableError, filled
from gateway.cli.declare.state import NOUNS, SECTIONS, Bodies, Body, Types, Wish
from gateway.directory import IdentityBody, UserBody
from gateway.house_rules import RuleBody
from gateway.problems import place_in_body
from gateway.request import SLUG, USER_ID
from gateway.template import template_of
from gateway.template.cards import TemplateFaultError
from gateway.templates import TemplateBody
from gateway.tenants import TenantBody
from gateway.topics import TopicBody

TENANT = "tenant"
ENABLED = "enabled"
Shape = Callable[[Body], dict[str, Any]]
Environment = Mapping[str, str]
Named = Iterator[tuple[str, Body]]


class WishError(Exception):
    """Everything that is wrong with a file, a sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def wished(document: Any, types: Types, environment: Environment) -> Wish:  # noqa: ANN401 - whatever a file holds
    """Return what a document declares.

    Raises:
        WishError: It is no such document, something in it cannot be, or a variable outside a
            secret is not set.
    """
    parts = _mapping(document, "the file")
    unknown = [name for name in parts if name not in (TENANT, *SECTIONS)]
    faults = [f"{name}: a file has {', '.join((TENANT, *SECTIONS))}" for name in unknown]
    tenant = _mapping(parts.get(TENANT), TENANT)
    sections = {
        section: _bodies(section, parts[section], _shapes(types, environment)[section], faults)
        for section in SECTIONS
        if section in parts
    }
    settings = _settings(tenant, faults)
    if faults:
        raise WishError(faults)
    return Wish(str(tenant["id"]), settings, sections)


def bare(section: str, body: Body) -> dict[str, Any]:
    """Return a body of the API in the form in which bodies are compared."""
    return _modelled(MODELS[section], body)


def defaults(section: str) -> dict[str, Any]:
    """Return the fields of a section that have a default, with it."""
    fields = MODELS[section].model_fields
    optional = {name: each for name, each in fields.items() if not each.is_required()}
    plain = MODELS[section].model_construct().model_dump(mode="json", include={*optional})
    return {name: value for name, value in plain.items() if name not in LEFT_OUT}


MODELS: Mapping[str, type[BaseModel]] = {
    TENANT: TenantBody,
    "channels": ChannelBody,
    "users": UserBody,
    "topics": TopicBody,
    "templates": TemplateBody,
    "rules": RuleBody,
    "bindings": IdentityBody,
}
LEFT_OUT = {"id"}  # a user's, which is the name it stands under


def _modelled(model: type[BaseModel], body: Body) -> dict[str, Any]:
    kept = LEFT_OUT if model is UserBody else set()
    return model.model_validate(body).model_dump(mode="json", exclude=kept)


def _shapes(types: Types, environment: Environment) -> Mapping[str, Shape]:
    plain: dict[str, Shape] = {section: partial(bare, section) for section in SECTIONS}
    channel = partial(_channel, types=types, environment=environment)
    return {**plain, "channels": channel, "templates": _template}


def _settings(tenant: Body, faults: list[str]) -> Body:
    given = {name: value for name, value in tenant.items() if name != "id"}
    if not re.fullmatch(SLUG, str(tenant.get("id", ""))):
        faults.append(f"tenant.id: a tenant's id is needed, and matches {SLUG}")
    shaped = _shaped(TENANT, partial(bare, TENANT), given, faults) or {}
    return {name: shaped[name] for name in given if name in shaped}


def _bodies(section: str, part: object, shape: Shape, faults: list[str]) -> Bodies:
    found: dict[str, Body] = {}
    try:
        named = [*_named(section, part)]
    except WishError as error:
        faults += error.faults
        return found
    for name, body in named:
        place = f"{section}.{name}"
        faults += _misnamed(section, name, place)
        shaped = _shaped(place, shape, body, faults)
        if shaped is not None:
            found[name] = shaped
    return found


def _named(section: str, part: object) -> Named:
    for name, body in _mapping(part if part is not None else {}, section).items():
        inner = _mapping(body if body is not None else {}, f"{section}.{name}")
        if section != "bindings":
            yield name, inner
            continue
        for user, identity in inner.items():
            yield f"{name}/{user}", _mapping(identity, f"{section}.{name}.{user}")


def _misnamed(section: str, name: str, place: str) -> Iterator[str]:
    patterns = {"users": (USER_ID,), "bindings": (SLUG, USER_ID)}.get(section, (SLUG,))
    for part, pattern in zip(name.split("/"), patterns, strict=False):
        if not re.fullmatch(pattern, part):
            yield f"{place}: the name of a {NOUNS[section]} matches {pattern}"


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WishError([f"{place}: fields with their values belong here"])
    return value


def _shaped(place: str, shape: Shape, body: Body, faults: list[str]) -> dict[str, Any] | None:
    try:
        return shape(body)
    except WishError as error:
        faults += [f"{place}.{fault}" for fault in error.faults]
    except MissingVariableError as error:
        faults.append(f"{place}: the environment lacks {error}")
    except ValidationError as error:
        # Never the input, which may be a secret.
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join((place, *map(str, place_in_body(each["loc"]))))
            faults.append(f"{path}: {_hinted(each['type'], each['msg'])}")
    return None


def _hinted(kind: str, message: str) -> str:
    hint = "; YAML reads it as a number or a truth value, so write it in quotes"
    told = message.removeprefix("Value error, ")
    return told + hint if kind == "string_type" else told


def _channel(body: Body, *, types: Types, environment: Environment) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if name != ENABLED}
    enabled = body.get(ENABLED)
    if not isinstance(enabled, bool | None):
        raise WishError([f"{ENABLED}: true or false belongs here"])
    shaped = ChannelBody.model_validate(given)
    facts = types.get(shaped.type)
    if facts is None:
        raise WishError([f"type: the gateway has {', '.join(sorted(types))}"])
    # A misspelt secret would be taken for something that may be shown.
    if unknown := sorted(set(shaped.config) - facts.fields):
        raise WishError([f"config.{name}: {shaped.type} has no such field" for name in unknown])
    form = channel_form(shaped, facts.secrets)
    return {**form, "config": filled(form["config"], environment), ENABLED: enabled}


def channel_form(body: ChannelBody, secret: Collection[str]) -> dict[str, Any]:
    """Return a channel taken apart: what is shown, and its secrets."""
    return {
        "type": body.type,
        "label": body.label,
        "limits": body.limits.chosen,
        "pending_review": body.pending_review,
        "config": {k: v for k, v in body.config.items() if k not in secret and v is not None},
        "secrets": {k: v for k, v in body.config.items() if k in secret},
    }


def _template(body: Body) -> dict[str, Any]:
    shaped = bare("templates", body)
    cards = {locale: each["card"] for locale, each in shaped["locales"].items()}
    try:
        template_of("", 0, shaped["card"], cards, shaped["variables"])
    except TemplateFaultError as error:
        faults = [f"{'.'.join(map(str, each.loc))}: {each.message}" for each in error.faults]
        raise WishError(faults) from None
    return shaped
