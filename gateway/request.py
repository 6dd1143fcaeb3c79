"""What an application posts to `/notify`."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from gateway.card import Card
from gateway.models import Priority, Recipient, RecipientKind

SLUG = r"^[a-z0-9][a-z0-9_-]{0,62}$"
USER_ID = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
E164 = r"^\+[1-9][0-9]{6,14}$"
EMAIL = r"^[^@\s\x00-\x1f,;<>()\[\]\\\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
MAX_RECIPIENTS = 10_000
MENTION_FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "user": re.compile(USER_ID),
        "email": re.compile(EMAIL),
        "mobile": re.compile(E164),
    }
)
"""What stands behind each form in which a card calls people by name."""

Slug = Annotated[str, Field(pattern=SLUG)]
UserId = Annotated[str, Field(pattern=USER_ID)]
Email = Annotated[str, Field(pattern=EMAIL, max_length=254)]
Mobile = Annotated[str, Field(pattern=E164)]
Text255 = Annotated[str, Field(max_length=255)]
Key = Annotated[str, Field(min_length=1, max_length=255)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToUser(_Body):
    """A user of the tenant."""

    user: UserId

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.USER, self.user)


class ToEmail(_Body):
    """Whoever has this address on the platform."""

    email: Email

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.EMAIL, self.email, email=self.email)


class ToMobile(_Body):
    """Whoever has this number on the platform."""

    mobile: Mobile

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.MOBILE, self.mobile, mobile=self.mobile)


class ToChat(_Body):
    """A group chat, as the platform of `channel` names it."""

    chat: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
    channel: Slug

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.CHAT, self.chat)


class ToChannel(_Body):
    """A channel that is itself a group: a robot, a webhook."""

    channel: Slug

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.CHANNEL, self.channel)


class ToTopic(_Body):
    """The tenant's named list."""

    topic: Slug


class ToDepartment(_Body):
    """Everybody in a department, as the platform of `channel` names it."""

    department: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
    channel: Slug

    def recipient(self) -> Recipient:
        """Return the recipient meant."""
        return Recipient(RecipientKind.DEPARTMENT, self.department)


def _from_text(value: object) -> object:
    """Read the short form `user:<id>`."""
    if isinstance(value, str):
        kind, _, name = value.partition(":")
        if kind != "user":
            raise ValueError("a recipient as text is `user:<id>`")
        return {"user": name}
    return value


def _form(value: object) -> str:
    fields = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    order = ("user", "email", "mobile", "chat", "topic", "department", "channel")
    return next((form for form in order if form in fields), "")


To = Annotated[
    Annotated[ToUser, Tag("user")]
    | Annotated[ToEmail, Tag("email")]
    | Annotated[ToMobile, Tag("mobile")]
    | Annotated[ToChat, Tag("chat")]
    | Annotated[ToChannel, Tag("channel")]
    | Annotated[ToTopic, Tag("topic")]
    | Annotated[ToDepartment, Tag("department")],
    Discriminator(
        _form,
        custom_error_type="recipient_form",
        custom_error_message="a recipient is `user:<id>`, or has one of the fields user, email, "
        "mobile, chat, topic, department and channel",
    ),
    BeforeValidator(_from_text),
]

Direct = ToUser | ToEmail | ToMobile | ToChat | ToChannel | ToDepartment


class Routing(_Body):
    """On which channels, and whether on all of them or on the first that can."""

    method: Literal["all", "first"] = "all"
    channels: Annotated[tuple[Slug, ...], Field(max_length=20)] | None = None


class NotifyRequest(_Body):
    """One notification. `type` and one of `card` and `template` are required."""

    tenant: Slug | None = None
    id: Text255 | None = None
    source: Text255 | None = None
    type: Annotated[str, Field(min_length=1, max_length=255)]
    subject: Text255 | None = None
    time: AwareDatetime | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    to: Annotated[tuple[To, ...], Field(max_length=MAX_RECIPIENTS)] = ()
    card: Card | None = None
    template: Slug | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    routing: Routing = Routing()
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    send_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    digest_key: Key | None = None
    collapse_key: Key | None = None
    cancellation_key: Key | None = None
    overrides: dict[Slug, dict[str, Any]] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.card is None) == (self.template is None):
            raise ValueError("a notification has either a card or a template")
        return self

    @property
    def urgency(self) -> Priority:
        """The priority as the lanes order it."""
        return Priority[self.priority.upper()]


class BatchItem(NotifyRequest):
    """One notification of a batch, with a key of its own if it wants one."""

    idempotency_key: Key | None = None


class BatchRequest(_Body):
    """Up to a hundred notifications, each judged by itself, in one commit."""

    notifications: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=100)]
