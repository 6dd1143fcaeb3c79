"""What a plugin offers: one channel type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from gateway.models import Audience
from gateway.plugin.abilities import ABILITIES
from gateway.plugin.channel import Channel
from gateway.plugin.context import Context
from gateway.plugin.guide import GuideRequest, SetupGuide

CONTRACT_VERSION = "1.0"
Connect = Callable[[Any, Context], Channel[Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a platform may be called; 0 is off. A tenant may set each above or below.

    Attributes:
        calls_per_second: Per application and kind of call.
        calls_per_minute: The same over a minute; both hold.
        recipient_calls_per_second: To one person or group.
        user_window_seconds: Shortest time between two deliveries to one person.
        monthly_quota: Counted calls in a calendar month.
    """

    calls_per_second: int = 0
    calls_per_minute: int = 0
    recipient_calls_per_second: int = 0
    user_window_seconds: int = 0
    monthly_quota: int = 0


@dataclass(frozen=True, slots=True)
class DigestRoom:
    """How much of several notifications one card of this type can show.

    Attributes:
        members: The most notifications.
        text_bytes: The most bytes of their text, as UTF-8.
        actions: The most buttons that report back; a notification whose buttons have no room
            goes by itself.
    """

    members: int = 40
    text_bytes: int = 12_000
    actions: int = 20


@dataclass(frozen=True, slots=True)
class ChannelType:
    """One kind of channel, as its plugin describes it.

    Attributes:
        name: A slug: what the API calls it.
        title: Its name for people, or one by language: `{"en": ..., "zh-CN": ...}`.
        credential: The configuration; `SecretStr` fields are sealed and never shown.
        channel: The class whose abilities count.
        connect: How to make a live channel; by default the class itself.
        audience: Whether it addresses persons or one group.
        limits: The platform's defaults.
        limits_for: The same where they depend on the configuration, such as the edition.
        hosts: The exact hosts it may reach; empty where the configuration names any public URL.
        host_fields: Configuration fields holding another base address, for private deployments.
        app_field: The field that names the application: channels with the same one share a
            lane. Changing it asks for the secrets again, unless it is itself a secret, such as a
            robot's address.
        identity_kinds: What a manual binding may be, the usual one first. With `mobile` among
            them, people can be mentioned by their number.
        same_people: Channel types of the same platform: whoever is bound on a tenant's channel of
            one of them can be mentioned here by the same identity, if it is of a kind known here.
        recipients: The forms of `to` it takes besides the tenant's users.
        digest_room: How much of several notifications one card can show.
        attempt_seconds: How long one attempt may take before its answer counts as never seen.
        largest_answer: How many bytes of an answer are read; a longer one counts as none.
        uncounted: Purposes of calls outside the platform's monthly quota.
        quota_zone: The time zone in which the platform's month begins.
        guide: Writes the setup guide.
        card_template: Returns the JSON file that the platform's own card editor imports. Anybody
            may download it: it is the same for every channel.
        detect: Reads a configuration out of a text an admin pastes, such as a robot's address.
        example: A configuration of nobody's, with which cards can be previewed before there is a
            channel; none of it has to be true.
        emulator: `package.module:function` that makes the platform's emulator.
        emulator_brand: Which of its brands, where that is not the channel type's own name. Types
            with the same emulator and brand are at home on one platform and share one.
    """

    name: str
    title: str | Mapping[str, str]
    credential: type[BaseModel]
    channel: type[Channel[Any]]
    connect: Connect | None = None
    audience: Audience = Audience.PERSON
    limits: Limits = field(default_factory=Limits)
    limits_for: Callable[[Mapping[str, Any]], Limits] | None = None
    hosts: frozenset[str] = frozenset()
    host_fields: tuple[str, ...] = ()
    app_field: str | None = None
    identity_kinds: tuple[str, ...] = ()
    same_people: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset({"email", "mobile"})
    digest_room: DigestRoom = field(default_factory=DigestRoom)
    attempt_seconds: int = 10
    largest_answer: int = 64 * 1024
    uncounted: frozenset[str] = frozenset()
    quota_zone: str = "Asia/Shanghai"
    guide: Callable[[GuideRequest], SetupGuide] | None = None
    card_template: Callable[[], str] | None = None
    detect: Callable[[str], Mapping[str, str] | None] | None = None
    example: Mapping[str, Any] | None = None
    emulator: str | None = None
    emulator_brand: str | None = None

    @property
    def titles(self) -> Mapping[str, str]:
        """The name for people by language; English is always there."""
        return {"en": self.title} if isinstance(self.title, str) else self.title

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What its channels can do besides the base contract."""
        names = [name for name, kind in ABILITIES.items() if issubclass(self.channel, kind)]
        return (*names, "guides") if self.guide else tuple(names)

    def limits_of(self, config: Mapping[str, Any]) -> Limits:
        """Return the platform's limits for a channel with this configuration."""
        return self.limits_for(config) if self.limits_for else self.limits

    def open(self, credential: BaseModel, context: Context) -> Channel[Any]:
        """Make a live channel."""
        return (self.connect or self.channel)(credential, context)
