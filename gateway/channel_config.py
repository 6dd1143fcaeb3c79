"""What a channel's configuration may be: pure, without store or network."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.egress import EgressPolicy, EgressRefusedError, check_url
from gateway.fence import fence
from gateway.plugin import ChannelType
from gateway.problems import FieldError, field_error, field_errors
from gateway.registry import secret_fields

PROXY = "proxy"
LOCALHOST = "localhost"
LOOPBACK = tuple(map(ip_address, ("127.0.0.1", "::1")))
LONGEST_LANE = 400
MOST = 1_000_000_000
CONFIG = ("body", "config")
Networks = tuple[IPv4Network | IPv6Network, ...]
Count = Annotated[int, Field(ge=0, le=MOST, strict=True)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChosenLimits(_Body):
    """A tenant's own limits; 0 switches one off, what is left out is the platform's default."""

    user_window_seconds: Count | None = None
    monthly_quota: Count | None = None
    calls_per_second: Count | None = None
    calls_per_minute: Count | None = None

    @property
    def chosen(self) -> dict[str, int]:
        """Those that were chosen."""
        return self.model_dump(exclude_none=True)


class DraftBody(_Body):
    """What a channel is to become once its draft is applied."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    config: dict[str, Any] = Field(default_factory=dict)
    limits: ChosenLimits = ChosenLimits()
    label: Annotated[str, Field(max_length=200)] = ""


Review = Annotated[
    bool | None,
    Field(
        strict=True,
        description="Whether a version of the application awaits its review on the platform.",
    ),
]


class ChannelBody(DraftBody):
    """A channel, as it is created or replaced; `pending_review` left out stays as it is."""

    pending_review: Review = None


class ChannelPatch(_Body):
    """Changes to a channel, as a JSON Merge Patch."""

    type: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    config: dict[str, Any] | None = Field(default_factory=dict)
    limits: ChosenLimits | None = None
    label: Annotated[str, Field(max_length=200)] | None = None
    pending_review: Review = None


@dataclass(frozen=True, slots=True)
class Split:
    """A configuration taken apart: what is shown, and the secrets given (None removes one)."""

    public: Mapping[str, Any]
    secrets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a configuration, and what it still lacks."""

    errors: tuple[FieldError, ...]
    missing: tuple[str, ...]


def split(channel_type: ChannelType, config: Mapping[str, Any]) -> Split:
    """Take the secrets out of a configuration; a null elsewhere is the same as left out."""
    secret = secret_fields(channel_type)
    public = {k: v for k, v in config.items() if k not in secret and v is not None}
    return Split(public, {k: v for k, v in config.items() if k in secret})


def judge(
    channel_type: ChannelType,
    public: Mapping[str, Any],
    secrets: Mapping[str, Any],
    allow: Networks,
) -> Verdict:
    """Judge a whole configuration, secrets in the clear; incomplete is not wrong."""
    errors, missing = _modelled(channel_type, {**public, **secrets})
    named = {each["loc"][-1] for each in errors}
    errors += (each for each in _unknown(channel_type, public) if each["loc"][-1] not in named)
    if not errors:
        errors += _closed(channel_type, {**public, **secrets}, allow)
    return Verdict(tuple(errors), missing)


def other_app(
    channel_type: ChannelType, before: Mapping[str, Any], after: Mapping[str, Any]
) -> bool:
    """Tell whether a configuration now names another application than before."""
    field = channel_type.app_field
    return (
        field is not None and before.get(field) is not None and (before[field] != after.get(field))
    )


def required_secrets(channel_type: ChannelType) -> frozenset[str]:
    """Name the secrets without which the configuration is incomplete."""
    fields = channel_type.credential.model_fields
    secret = secret_fields(channel_type)
    return frozenset(name for name in secret if name in fields and fields[name].is_required())


def lane_key(
    tenant: str,
    channel: str,
    channel_type: ChannelType,
    config: Mapping[str, Any],
    digest: Callable[[str], str],
) -> str:
    """Name the lane: channels with the same application on the same host share one.

    An application that is itself a secret, such as a robot's address, is named by its `digest`.
    """
    app = config.get(channel_type.app_field) if channel_type.app_field else None
    if not app:
        return f"{tenant}/{channel}"
    if channel_type.app_field in secret_fields(channel_type):
        return f"{tenant}/{channel_type.name}:{digest(str(app).strip())}"
    key = f"{tenant}/{channel_type.name}:{app}@{_host(channel_type, config)}"
    if len(key) <= LONGEST_LANE:
        return key
    return f"{tenant}/{channel_type.name}:{hashlib.sha256(key.encode()).hexdigest()}"


def _modelled(
    channel_type: ChannelType, config: Mapping[str, Any]
) -> tuple[list[FieldError], tuple[str, ...]]:
    own = {name: value for name, value in config.items() if name != PROXY}
    with fence("the configuration"):
        try:
            channel_type.credential.model_validate(own)
        except ValidationError as error:
            # Never the input, which may be a secret, nor the address of pydantic's own pages.
            found = error.errors(include_url=False, include_context=False, include_input=False)
        else:
            return [], ()
    missing = [each for each in found if _is_missing(each)]
    wrong = [each for each in found if not _is_missing(each)]
    return field_errors(wrong, CONFIG), tuple(str(each["loc"][0]) for each in missing)


def _is_missing(error: Mapping[str, Any]) -> bool:
    return error["type"] == "missing" and len(error["loc"]) == 1


def _unknown(channel_type: ChannelType, public: Mapping[str, Any]) -> Iterator[FieldError]:
    fields = channel_type.credential.model_fields
    known = {PROXY, *fields, *(field.alias for field in fields.values() if field.alias)}
    for name in sorted(set(public) - known):
        message = f"{channel_type.name} has no such field"
        yield field_error([*CONFIG, name], message, "extra_forbidden")


def _closed(
    channel_type: ChannelType, config: Mapping[str, Any], allow: Networks
) -> Iterator[FieldError]:
    """Check, without a look-up, that every address given can ever be called."""
    policy = EgressPolicy(hosts=channel_type.hosts, allow=allow)
    for name in channel_type.host_fields:
        if config.get(name) is not None:
            proxied = config.get(PROXY) is not None
            yield from _refused(name, str(config[name]), policy, proxied=proxied)
    if PROXY in config:
        yield from _bad_proxy(config[PROXY], allow)


def _refused(name: str, url: str, policy: EgressPolicy, *, proxied: bool) -> Iterator[FieldError]:
    try:
        check_url(url, policy)
        if not proxied:  # a proxy looks names up in its own way
            _check_here(url, policy)
    except EgressRefusedError as error:
        yield field_error([*CONFIG, name], str(error), "url_refused")


def _check_here(url: str, policy: EgressPolicy) -> None:
    """Refuse a name whose place is known without a look-up, and is not open.

    A name of this machine needs its addresses open; where nothing else is, no other name will do.

    Raises:
        EgressRefusedError: It can never be called.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if not policy.allow or _is_address(host) or _needs_nothing_opened(url, policy):
        return
    here = host == LOCALHOST or host.endswith(f".{LOCALHOST}")
    if here and not any(each in block for each in LOOPBACK for block in policy.allow):
        raise EgressRefusedError(f"{host} is not covered by GATEWAY_EGRESS_ALLOW")
    if policy.hosts and not here and all(block.is_loopback for block in policy.allow):
        listed = host in policy.hosts
        why = (
            "takes https at its usual port" if listed else "is not one of the platform's own hosts"
        )
        raise EgressRefusedError(
            f"{host} {why}, and GATEWAY_EGRESS_ALLOW opens addresses of this machine only"
        )


def _needs_nothing_opened(url: str, policy: EgressPolicy) -> bool:
    """Tell whether it is one of the platform's own hosts, called as everybody calls it."""
    try:
        check_url(url, replace(policy, allow=()))
    except EgressRefusedError:
        return False
    return bool(policy.hosts)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _bad_proxy(proxy: object, allow: Networks) -> Iterator[FieldError]:
    if not isinstance(proxy, str):
        yield field_error([*CONFIG, PROXY], "a proxy is a URL", "string_type")
        return
    if "@" in proxy:
        message = "a proxy's user name and password would be shown; use one without"
        yield field_error([*CONFIG, PROXY], message, "url_refused")
        return
    policy = EgressPolicy(allow=allow, proxy=proxy)
    try:
        check_url("https://example.com", policy)
    except (EgressRefusedError, httpx.InvalidURL) as error:
        yield field_error([*CONFIG, PROXY], str(error), "url_refused")


def _host(channel_type: ChannelType, config: Mapping[str, Any]) -> str:
    for name in channel_type.host_fields:
        field = channel_type.credential.model_fields.get(name)
        base = config.get(name) or (field.default if field else None)
        if isinstance(base, str):
            return urlsplit(base).netloc.lower()
    return ""
