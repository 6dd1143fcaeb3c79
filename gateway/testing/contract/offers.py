"""Rules about what a channel type says of itself."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.plugin import ABILITIES, Channel, ChannelType
from gateway.registry import SLUG, secret_fields
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import Breach, NotApplicable, Rule
from gateway.testing.contract.subject import Subject
from gateway.testing.contract.watch import watched

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
SOUNDS_SECRET = re.compile(r"secret|password|passphrase|token|private_key|api_key|encrypt_key")
JUNK: tuple[object, ...] = ({}, [], 3.5, None, "", "\x00", "x" * 100_000, "https://[", "\r\nX: y")
HOOKS = ("channel_types", "rewrite_card", "delivery_finished")


async def opens(subject: Subject) -> None:
    """A type opens as the class it names, without a call."""
    rig = Rig(subject)
    kind = subject.channel_type
    if not SLUG.fullmatch(kind.name):
        raise Breach(f"the name {kind.name!r} is no slug")
    if not isinstance(rig.channel, Channel) or not isinstance(rig.channel, kind.channel):
        raise Breach(f"opening returned a {type(rig.channel).__name__}, no {kind.channel.__name__}")
    lost = [name for name in kind.capabilities if not _has(rig.channel, name)]
    if lost:
        raise Breach(f"the channel lacks {', '.join(lost)}, which its type declares")
    if rig.wire.requests:
        raise Breach("opening the channel calls the platform already")


def _has(channel: object, capability: str) -> bool:
    return capability not in ABILITIES or isinstance(channel, ABILITIES[capability])


async def hosts(subject: Subject) -> None:
    """Hosts are bare names, and every field that is named exists."""
    kind = subject.channel_type
    odd = sorted(host for host in kind.hosts if not HOST.fullmatch(host))
    if odd:
        raise Breach(f"{odd[0]!r} is no bare host name in lower case")
    named = {*kind.host_fields, *((kind.app_field,) if kind.app_field else ())}
    unknown = sorted(named - set(kind.credential.model_fields))
    if unknown:
        raise Breach(f"the configuration has no field {unknown[0]}")


async def titles(subject: Subject) -> None:
    """There is a name for people in English."""
    if not subject.channel_type.titles.get("en", "").strip():
        raise Breach("there is no title in en")


async def chinese_title(subject: Subject) -> None:
    """There is a name for people in Chinese."""
    if not subject.channel_type.titles.get("zh-CN", "").strip():
        raise Breach("there is no title in zh-CN")


async def described(subject: Subject) -> None:
    """Each field of the configuration says what it is."""
    model = subject.channel_type.credential
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise Breach("the configuration is no pydantic model")
    bare = [name for name, field in model.model_fields.items() if not field.description]
    if bare:
        raise Breach(f"the field {bare[0]} has no description")


async def sealed(subject: Subject) -> None:
    """Secrets are marked as such and stay out of a representation."""
    kind = subject.channel_type
    secrets = secret_fields(kind)
    open_ones = sorted(set(filter(SOUNDS_SECRET.search, kind.credential.model_fields)) - secrets)
    if open_ones:
        raise Breach(f"the field {open_ones[0]} sounds like a secret but is shown: not writeOnly")
    credential = kind.credential.model_validate(dict(subject.config))
    shown = f"{credential!r} {credential}"
    for name in sorted(secrets & set(subject.config)):
        if str(subject.config[name]) in shown:
            raise Breach(f"the representation of the configuration shows {name}")


async def strict(subject: Subject) -> None:
    """A configuration is valid or refused with a `ValidationError`; nothing else happens."""
    model = subject.channel_type.credential
    for name, field in model.model_fields.items():
        without = {key: value for key, value in subject.config.items() if key != name}
        if field.is_required() and _accepts(model, without):
            raise Breach(f"it is accepted without {name}, which is required")
        for junk in JUNK:
            _accepts(model, {**subject.config, name: junk})
    for change in subject.hostile:
        if _accepts(model, {**subject.config, **change}):
            raise Breach(f"it is accepted with {dict(change)!r}")


def _accepts(model: type[BaseModel], config: Mapping[str, Any]) -> bool:
    try:
        model.model_validate(config)
    except ValidationError:
        return False
    except Exception as error:
        raise Breach(f"validating raises {type(error).__name__}, no ValidationError") from error
    return True


async def hooks(subject: Subject) -> None:
    """Hooks are plain functions that return at once, and offer each name once."""
    if subject.plugin is None:
        raise NotApplicable("the subject names no `plugin`")
    slow = [name for name in HOOKS if inspect.iscoroutinefunction(_hook(subject.plugin, name))]
    if slow:
        raise Breach(f"{slow[0]} is a coroutine function; nobody awaits a hook")
    names = [offer.name for offer in _offers(subject.plugin)]
    if subject.channel_type.name not in names:
        raise Breach(f"channel_types does not offer {subject.channel_type.name}")
    if len(set(names)) < len(names):
        raise Breach("channel_types offers one name twice")
    if odd := [name for name in names if not SLUG.fullmatch(name)]:
        raise Breach(f"the name {odd[0]!r} is no slug")


def _hook(plugin: object, name: str) -> object:
    return getattr(plugin, name, None)


def _offers(plugin: object) -> Iterator[ChannelType]:
    hook = _hook(plugin, "channel_types")
    if not callable(hook):
        raise Breach("the plugin has no channel_types")
    with watched() as seen:
        offered: Iterable[object] = list(hook())
    waits = [name for name in seen if name.endswith(("sleep", "connect", "getaddrinfo"))]
    if waits:
        raise Breach(f"channel_types waits: it calls {waits[0]}")
    for each in offered:
        if not isinstance(each, ChannelType):
            raise Breach(f"channel_types offers a {type(each).__name__}")
        yield each


RULES: tuple[Rule, ...] = (
    Rule(
        "opens",
        "The gateway opens a channel when it is first needed, inside its own event loop.",
        "Only keep what the constructor is given; make calls in the methods.",
        opens,
    ),
    Rule(
        "declares-its-hosts",
        "The way out lets a channel reach exactly the hosts that its type names.",
        "Write bare host names in lower case, without scheme, port or path.",
        hosts,
    ),
    Rule(
        "has-a-title",
        "Admins choose a channel type by its title.",
        "Give a title: one text, or a mapping with `en`.",
        titles,
    ),
    Rule(
        "has-a-chinese-title",
        "The console speaks English and Simplified Chinese.",
        'Give `{"en": ..., "zh-CN": ...}` as the title.',
        chinese_title,
        recommended=True,
    ),
    Rule(
        "describes-its-configuration",
        "The form in the console is made of the model and has nothing else to say.",
        "Add `Field(description=...)`: one sentence for an admin.",
        described,
    ),
    Rule(
        "seals-its-secrets",
        "Only fields marked as secret are encrypted at rest and never shown again.",
        "Declare secrets as `SecretStr`.",
        sealed,
    ),
    Rule(
        "refuses-bad-configuration",
        "What is refused at the form cannot fail at three in the morning.",
        "Let validators raise ValueError only; name what must be refused in `hostile`.",
        strict,
    ),
    Rule(
        "hooks-return-at-once",
        "Hooks are called in the event loop and not awaited: one that waits stops everything.",
        "Return from hooks at once; whatever waits is a method of the channel.",
        hooks,
    ),
)
