"""From what a gateway has to the file that declares it: pure, always in the same order."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.cli.declare.placeholders import escaped
from gateway.cli.declare.planning import same
from gateway.cli.declare.state import SECTIONS, Bodies, Body, Found
from gateway.cli.declare.wishing import TENANT, defaults

BINDINGS, CHANNELS = "bindings", "channels"


def exported(tenant: str, found: Found) -> dict[str, Any]:
    """Return the document; what is as it is by default is left out, secrets are variables."""
    document: dict[str, Any] = {TENANT: {"id": tenant, **found.settings}}
    sections = {name: found.sections[name] for name in SECTIONS if name in found.sections}
    variables = secret_variables(found)
    for section, bodies in sections.items():
        if section == CHANNELS:
            document[section] = {
                name: _channel(bodies[name], variables[name]) for name in sorted(bodies)
            }
        elif section == BINDINGS:
            document[section] = _bindings(bodies, found.kept)
        else:
            document[section] = {name: _short(section, bodies[name]) for name in sorted(bodies)}
    return document


def secret_variables(found: Found) -> Mapping[str, Mapping[str, str]]:
    """Name a variable for each secret that is set, by channel and field; no two are the same."""
    taken: set[str] = set()
    return {
        channel: {
            field: _free(_variable(channel, field), taken)
            for field in sorted(found.secrets.get(channel, ()))
        }
        for channel in sorted(found.sections.get(CHANNELS, ()))
    }


def _variable(channel: str, field: str) -> str:
    name = re.sub(r"[^A-Z0-9]", "_", f"{channel}_{field}".upper())
    return f"_{name}" if name[0].isdigit() else name


def _free(name: str, taken: set[str]) -> str:
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free


def _channel(body: Body, variables: Mapping[str, str]) -> dict[str, Any]:
    secrets = {field: f"${{{variable}}}" for field, variable in variables.items()}
    config = {**_sorted(escaped(dict(body["config"]))), **secrets}
    whole = {
        "type": body["type"],
        "enabled": body["enabled"],
        "label": body["label"],
        "pending_review": body.get("pending_review") or "",
        "config": config,
        "limits": _sorted(body["limits"]),
    }
    return {name: value for name, value in whole.items() if value not in ("", {})}


def _bindings(bodies: Bodies, kept: frozenset[str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name in sorted(set(bodies) - kept):
        channel, _, user = name.partition("/")
        document.setdefault(channel, {})[user] = dict(bodies[name])
    return document


def _short(section: str, body: Body) -> dict[str, Any]:
    plain = defaults(section)
    return {
        name: value
        for name, value in body.items()
        if name not in plain or not same(value, plain[name])
    }


def _sorted(values: Body) -> dict[str, Any]:
    return {name: values[name] for name in sorted(values)}
