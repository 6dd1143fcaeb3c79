"""The reference of the SDK and its test kit, written from their docstrings."""
# ruff: noqa: INP001 - part of a script, no package

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gateway import plugin, testing
from gateway.plugin import ABILITIES, Hooks
from gateway.testing import RULES, Rule, pytest_plugin

INTRO = (
    "All that a channel plugin imports is `gateway.plugin`; its tests also import "
    "`gateway.testing`. [Write a channel](../how-to/write-a-channel.md) goes through it step by "
    "step; [what each error makes happen](errors.md) has a page of its own."
)
PARTS: Mapping[str, tuple[str, ...]] = {
    "What every channel does": ("Channel", "ChannelType", "Context", "Clock", "Log", "Limits"),
    "Who and what": (
        "Recipient",
        "Identity",
        "Receipt",
        "Check",
        "Press",
        "Person",
        "Page",
        "LoggedIn",
    ),
    "What is lost of a card": ("Loss",),
    "Callbacks": ("CallbackRequest", "CallbackReply"),
    "Setup guides": ("GuideRequest", "SetupGuide", "GuideStep", "GuideBlock", "GuideScope"),
    "Tokens": ("Tokens", "Token", "token_from"),
    "Reading answers": ("json_of", "raise_for_reply", "error_for_status", "retry_after"),
    "On the wire": ("error_for_exception", "check_headers", "EgressRefusedError"),
}
KIT = (
    *("ContractSuite", "Subject", "Marks", "Report", "Rule", "run"),
    *("ScriptedTransport", "context_for", "CapturingLog", "FakeClock", "RushedClock"),
    *("registry_of",),
)
HIDDEN = ("_", "pytest_", "handle_")
SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Yields):")
ENTRY = re.compile(r" {4}(\w+): (.*)")


def sdk() -> Iterator[str]:
    """Yield the page's parts."""
    yield INTRO
    for title, names in PARTS.items():
        yield f"## {title}"
        for name in names:
            yield from _thing(name, getattr(plugin, name))
    yield from _abilities()
    yield from _hooks()
    yield from _kit()
    yield from _rules()


def _abilities() -> Iterator[str]:
    yield "## Abilities"
    yield (
        "Small classes that a channel inherits besides `Channel`; the gateway finds them by "
        "`isinstance`, and the API names them as capabilities."
    )
    for name, kind in ABILITIES.items():
        yield from _thing(kind.__name__, kind, f"{kind.__name__} (`{name}`)")


def _hooks() -> Iterator[str]:
    yield "## Hooks"
    yield "Plain functions of the plugin's module, marked with `@hookimpl`, that return at once."
    yield "\n".join(_methods(Hooks))


def _kit() -> Iterator[str]:
    yield "## The test kit"
    for name in KIT:
        yield from _thing(name, getattr(testing, name))
    yield "### Fixtures"
    yield "pytest finds these by itself wherever the gateway is installed."
    names = ("fake_clock", "captured_log", "far_end", "plugin_context")
    yield "\n".join(f"- `{name}`: {_summary(_fixture(name))}" for name in names)


def _fixture(name: str) -> object:
    return inspect.unwrap(getattr(pytest_plugin, name))


def _rules() -> Iterator[str]:
    yield "## The rules of the contract"
    yield "`ContractSuite` makes a test of each, and `run` a report of them all."
    yield "\n".join(map(_rule, RULES))


def _rule(rule: Rule) -> str:
    about = f" Only for `{rule.ability}`." if rule.ability else ""
    level = " Recommended." if rule.recommended else ""
    return f"- **{rule.name}**: {rule.reason} *{rule.fix}*{about}{level}"


def _thing(name: str, thing: Any, title: str = "") -> Iterator[str]:  # noqa: ANN401 - a class or function
    yield f"### {title or name}"
    if not inspect.isclass(thing):
        yield f"`{name}{_signature(thing)}`"
    prose = inspect.getdoc(thing) or ""
    yield from _prose(prose)
    if dataclasses.is_dataclass(thing) and "Attributes:" not in prose:
        fields = (f"`{each.name}: {_plain(each.type)}`" for each in dataclasses.fields(thing))
        yield f"Fields: {', '.join(fields)}."
    if inspect.isclass(thing) and (methods := list(_methods(thing))):
        yield "\n".join(methods)


def _methods(kind: type) -> Iterator[str]:
    for name, member in vars(kind).items():
        if isinstance(member, property):
            yield f"- `{name}`: {_summary(member.fget)}"
        elif inspect.isfunction(member) and not name.startswith(HIDDEN):
            awaited = "await " if inspect.iscoroutinefunction(member) else ""
            yield f"- `{awaited}{name}{_signature(member)}`: {_told(member)}"


def _signature(function: Callable[..., object]) -> str:
    signature = inspect.signature(function)
    parameters = [each for name, each in signature.parameters.items() if name != "self"]
    returned = _plain(signature.return_annotation)
    return f"({', '.join(_shown(parameters))})" + (f" -> {returned}" if returned else "")


def _shown(parameters: Sequence[inspect.Parameter]) -> Iterator[str]:
    """Yield each parameter, with the star before those that are given by name alone."""
    starred = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not starred:
            yield "*"
            starred = True
        star = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        yield f"{star}{each.name}: {_plain(each.annotation)}{_default(each.default)}"


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return ""
    return f" = {value!r}" if isinstance(value, str | int | None) or value == () else " = ..."


def _plain(annotation: Any) -> str:  # noqa: ANN401 - whatever stands in an annotation
    if annotation is inspect.Signature.empty:
        return ""
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return re.sub(r"\b(?:\w+\.)+(?=\w)|~", "", str(annotation))


def _prose(text: str) -> Iterator[str]:
    """Yield a docstring as Markdown: its paragraphs, and a list for each section."""
    for paragraph in text.split("\n\n"):
        found = SECTION.match(paragraph)
        if found and found[1] == "Raises":
            yield "Raises:"
        yield _entries(paragraph) if found else _paragraph(paragraph)


def _paragraph(text: str) -> str:
    return text if text.startswith("    ") else " ".join(text.split())


def _entries(section: str) -> str:
    lines: list[str] = []
    for line in section.splitlines()[1:]:
        entry = ENTRY.fullmatch(line)
        if entry:
            lines.append(f"- `{entry[1]}`: {entry[2]}")
        elif lines:
            lines[-1] += f" {line.strip()}"
    return "\n".join(lines)


def _summary(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def _told(function: object) -> str:
    """Return what a method promises, and what it raises."""
    text = inspect.getdoc(function) or ""
    raised = text.partition("Raises:\n")[2]
    why = " ".join(raised.split())
    return _summary(function) + (f" Raises {why}" if why else "")
