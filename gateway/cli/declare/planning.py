"""From a wish and what there is to the writes that are left: pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.cli.declare.state import (
    NOUNS,
    SECTIONS,
    Bodies,
    Body,
    Change,
    Found,
    Plan,
    Step,
    Types,
    Wish,
)

TENANT = "tenant"
CHANNELS = "channels"
Steps = Iterator[Step]


def plan(
    wish: Wish, found: Found, types: Types, *, prune: bool = False, resend: bool = False
) -> Plan:
    """Return the writes that make what there is what is wished.

    With `prune` also what the file's sections do not name is deleted. With `resend` every secret
    is sent again: nobody can tell whether one has changed. `types` has every type that is named.
    """
    steps = [*_tenant(wish, found)]
    for section in _given(wish):
        steps += _section(section, wish, found, types, resend=resend)
    others = [*_others(wish, found)]
    if prune:
        return Plan((*steps, *(Step("delete", section, name) for section, name in others)))
    return Plan(tuple(steps), tuple(f"{NOUNS[section]} {name}" for section, name in others))


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:  # noqa: ANN401 - any JSON
    """Yield the fields in which two values differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{path}.{name}" if path else str(name)
            yield from changes(before.get(name), after.get(name), inner)
    elif not same(before, after):
        yield Change(path, before, after)


def same(one: object, other: object) -> bool:
    """Tell whether two values are the same JSON; to Python, 1 and true are equal."""
    return _text(one) == _text(other)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _given(wish: Wish) -> Iterator[str]:
    return (section for section in SECTIONS if section in wish.sections)


def _tenant(wish: Wish, found: Found) -> Steps:
    if found.exists is False:
        yield Step("create", TENANT, wish.tenant, wish.settings, [*changes({}, wish.settings)])
        return
    before = {name: found.settings.get(name) for name in wish.settings}
    if differing := [*changes(before, wish.settings)]:
        yield Step("change", TENANT, wish.tenant, wish.settings, differing)


def _section(section: str, wish: Wish, found: Found, types: Types, *, resend: bool) -> Steps:
    there = found.sections.get(section, {})
    for name, body in wish.sections[section].items():
        if section == CHANNELS:
            secrets = found.secrets.get(name, frozenset())
            yield from _channel(name, body, there.get(name), secrets, types, resend=resend)
        else:
            yield from _plain(section, name, body, there)


def _plain(section: str, name: str, body: Body, there: Bodies) -> Steps:
    if name not in there:
        yield Step("create", section, name, body, [*changes({}, body)])
    elif differing := [*changes(there[name], body)]:
        yield Step("change", section, name, body, differing)


def _channel(  # noqa: PLR0913 - a channel, and everything that bears on its secrets
    name: str,
    body: Body,
    there: Body | None,
    secrets_set: frozenset[str],
    types: Types,
    *,
    resend: bool,
) -> Steps:
    enabled, was_enabled = body["enabled"], bool(there and there["enabled"])
    if was_enabled and enabled is False:
        yield Step("disable", CHANNELS, name)
    everything = resend or there is None or _other_app(body, there, types)
    sent = dict(_sent(body["secrets"], secrets_set, everything=everything))
    yield from _configured(name, body, there, sent)
    if enabled and not was_enabled:
        yield Step("enable", CHANNELS, name)


def _configured(name: str, body: Body, there: Body | None, sent: Body) -> Steps:
    public = _public(body)
    before = {each: value for each, value in there.items() if each in public} if there else {}
    differing = [*changes(before, public)]
    differing += [Change(f"config.{field}", secret=True, after=sent[field]) for field in sent]
    if there is None or differing:
        config = {**public["config"], **sent}
        verb = "change" if there else "create"
        yield Step(verb, CHANNELS, name, {**public, "config": config}, differing)


def _public(body: Body) -> dict[str, Any]:
    """Return what is shown of a channel; whether a review is awaited only where a file says so."""
    public = {name: body[name] for name in ("type", "label", "config", "limits")}
    review = body.get("pending_review")
    return public if review is None else {**public, "pending_review": review}


def _other_app(body: Body, there: Body, types: Types) -> bool:
    """Tell whether another application is meant, which needs its secrets again."""
    field = types[body["type"]].app_field
    return field is not None and body["config"].get(field) != there["config"].get(field)


def _sent(
    secrets: Body, secrets_set: frozenset[str], *, everything: bool
) -> Iterator[tuple[str, Any]]:
    """Yield the secrets that have to go along; null removes one that is set."""
    for name, value in secrets.items():
        is_set = name in secrets_set
        if is_set if value is None else (everything or not is_set):
            yield name, value


def _others(wish: Wish, found: Found) -> Iterator[tuple[str, str]]:
    for section in reversed([*_given(wish)]):
        for name in found.sections.get(section, {}):
            if name not in wish.sections[section] and name not in found.kept:
                yield section, name
