"""Where a channel type's subject comes from: its author, its emulator, or its own examples."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import httpx

from gateway.models import Audience
from gateway.plugin import ChannelType, Clock, Recipient, RecipientKind
from gateway.testing.contract.examples import example_of
from gateway.testing.contract.plugins import Found, Problem
from gateway.testing.contract.subject import Subject

CONTRACT = "gateway_contract"
FILES = (f"{CONTRACT}.py", f"tests/{CONTRACT}.py")
HOME = "https://platform.example"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A subject, and where it came from."""

    subject: Subject
    source: str


class UnusableError(Exception):
    """What should have given subjects did not; the text says why."""


def written(found: Found, folder: Path | None, file: Path | None) -> dict[str, Chosen]:
    """Return the subjects that the author wrote, by channel type; empty where there are none.

    Raises:
        UnusableError: There is such a file, but it fails or gives something else.
    """
    module = _module(found, folder, file)
    if module is None:
        return {}
    source = Path(str(module.__file__)).name
    return {each.channel_type.name: Chosen(each, source) for each in _subjects(module, source)}


def _module(found: Found, folder: Path | None, file: Path | None) -> ModuleType | None:
    beside = (folder / name for name in FILES) if folder else ()
    path = file or next((each for each in beside if each.is_file()), None)
    if path is not None:
        return _guarded(path.name, lambda: _load(path))
    name = f"{getattr(found.module, '__name__', '')}.{CONTRACT}"
    try:
        inside = hasattr(found.module, "__path__") and importlib.util.find_spec(name)
    except (ImportError, ValueError):
        inside = None
    return _guarded(name, lambda: importlib.import_module(name)) if inside else None


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(CONTRACT, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[CONTRACT] = module
    spec.loader.exec_module(module)
    return module


def _subjects(module: ModuleType, source: str) -> list[Subject]:
    give = getattr(module, "subjects", None)
    if not callable(give):
        raise UnusableError(f"{source} has no function `subjects`")
    found = _guarded(source, lambda: list(give()))
    if odd := [each for each in found if not isinstance(each, Subject)]:
        raise UnusableError(f"`subjects` in {source} gives a {type(odd[0]).__name__}")
    return found


def _guarded(source: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except (Exception, SystemExit) as error:
        raise UnusableError(f"{source} raises {type(error).__name__}: {error}") from error


def made_up(offered: ChannelType, plugin: object) -> Chosen:
    """Return a subject at the type's own emulator, or one without a far end.

    Raises:
        UnusableError: The emulator fails, or no valid configuration can be made of the examples.
    """
    if offered.emulator:
        return _guarded("its emulator", lambda: _emulated(offered, plugin))
    return Chosen(_from_examples(offered, plugin), "its examples")


def _from_examples(offered: ChannelType, plugin: object) -> Subject:
    config = _guarded(
        "the schema of its configuration", lambda: offered.example or example_of(offered.credential)
    )
    _guarded("its configuration", lambda: offered.credential.model_validate(config))
    return Subject(offered, config, plugin=plugin)


def _emulated(offered: ChannelType, plugin: object) -> Chosen:
    make, timed = _emulator(offered)
    told = make().state.demo
    own = told.get("channels", {}).get(offered.name, told["config"])
    subject = Subject(
        offered,
        {**own, **_addresses(offered, own)},
        far_end=lambda clock: httpx.ASGITransport(make(clock)),
        recipients=list(_recipients(offered, told["people"])),
        plugin=plugin,
        real_time=not timed,
        trusts_status=not offered.hosts,  # all that far ends of any make have in common
    )
    return Chosen(subject, "its emulator")


def _emulator(offered: ChannelType) -> tuple[Callable[..., Any], bool]:
    """Return what makes the emulator, and whether it takes a clock."""
    create = EntryPoint(offered.name, offered.emulator or "", "").load()
    brand = offered.emulator_brand or offered.name
    timed = "clock" in inspect.signature(create).parameters

    def make(clock: Clock | None = None) -> Any:  # noqa: ANN401 - an ASGI application with a state
        turned = {"clock": lambda: clock.now().timestamp()} if clock and timed else {}
        return create(brand=brand, **turned)

    return make, timed


def _addresses(offered: ChannelType, config: Mapping[str, Any]) -> Mapping[str, str]:
    """Put a host before the addresses that an emulator gives without one."""
    host = f"https://{min(offered.hosts)}" if offered.hosts else HOME
    given = {name: str(config.get(name) or "") for name in offered.host_fields}
    return {name: host + path for name, path in given.items() if path.startswith("/")}


def _recipients(offered: ChannelType, people: Iterable[Mapping[str, str]]) -> Iterable[Recipient]:
    if offered.audience is Audience.GROUP:
        return [Recipient(RecipientKind.CHANNEL, offered.name)]
    return [
        Recipient(RecipientKind.USER, one["id"], email=one.get("email"), mobile=one.get("mobile"))
        for one in people
    ]


def unusable(error: UnusableError) -> Problem:
    """Return the report of a subject that could not be had."""
    return Problem(
        "has-a-subject",
        str(error),
        "The rules need a configuration that works and a far end to call.",
        f"Write a {CONTRACT}.py beside the plugin with a function `subjects`, or give the fields "
        "of its configuration `examples`.",
    )
