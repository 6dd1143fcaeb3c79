"""The tables, the same on SQLite and PostgreSQL. Times are UTC milliseconds, written by us."""

import sqlalchemy as sa

metadata = sa.MetaData()
Name = sa.String(64)
Id = sa.String(40)
Ref = sa.String(400)  # a recipient or a lane: two names and what joins them
Millis = sa.BigInteger
Json = sa.JSON(none_as_null=True)


def _pk(name: str, kind: sa.String) -> sa.Column[str]:
    return sa.Column(name, kind, primary_key=True)


def _millis(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, Millis, nullable=optional)


def _text(name: str, kind: sa.types.TypeEngine[str] | None = None) -> sa.Column[str]:
    return sa.Column(name, kind or sa.Text(), nullable=False, default="")


def _maybe(name: str, kind: sa.types.TypeEngine[str] | None = None) -> sa.Column[str]:
    return sa.Column(name, kind or sa.Text(), nullable=True)


def _flag(name: str, *, default: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=default)


tenant = sa.Table(
    "tenant",
    metadata,
    _pk("id", Name),
    _text("name"),
    _text("locale"),
    _text("time_zone"),
    sa.Column("regions", Json, nullable=False),
    _flag("entitled", default=True),
    _text("recipients"),  # anyone | users_only
    sa.Column("data_key", sa.LargeBinary, nullable=False),
    _millis("created"),
    _millis("updated"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    _pk("id", Id),
    _maybe("tenant", Name),
    _text("role"),
    _text("prefix"),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    _millis("created"),
    _millis("expires", optional=True),
    _millis("last_used", optional=True),
    sa.Index("api_key_tenant", "tenant"),
)

channel = sa.Table(
    "channel",
    metadata,
    _pk("tenant", Name),
    _pk("name", Name),
    _text("type"),
    _text("label"),
    sa.Column("config", Json, nullable=False),
    sa.Column("limits", Json, nullable=False),
    _flag("enabled"),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    _text("lane", Ref),
    _text("health"),  # unchecked | ok | degraded | failing
    _maybe("health_reason"),
    _millis("health_since"),
    _maybe("hold_reason"),
    _maybe("hold_detail"),
    _millis("hold_until", optional=True),
    sa.Column("hold_tries", sa.Integer, nullable=False, default=0),
    _maybe("quota_told"),  # the month and the mark of which the admin was told last
    _millis("review_since", optional=True),  # a version of the application awaits its review
    _millis("created"),
    _millis("updated"),
    sa.Index("channel_lane", "lane"),
)

secret = sa.Table(
    "secret",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _pk("field", Name),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

# A configuration that was saved beside a channel's own and counts for nothing until it is applied.
# `base_…` is what the channel was when it was drafted; `revision` tells one draft from the next.
channel_draft = sa.Table(
    "channel_draft",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _text("label"),
    sa.Column("config", Json, nullable=False),
    sa.Column("limits", Json, nullable=False),
    sa.Column("base_version", sa.Integer, nullable=False),
    _text("base_label"),
    sa.Column("revision", sa.Integer, nullable=False),
    _millis("created"),
    _millis("updated"),
)

# A draft's own secrets; without a value the channel's secret of that name is to be removed.
draft_secret = sa.Table(
    "draft_secret",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _pk("field", Name),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
)

user = sa.Table(
    "user",
    metadata,
    _pk("tenant", Name),
    _pk("id", Name),
    _text("display_name"),
    _maybe("email"),
    _maybe("mobile"),
    _maybe("locale"),
    _maybe("time_zone"),
    sa.Column("departments", Json, nullable=False),
    sa.Column("preferences", Json, nullable=False),
    _millis("created"),
    _millis("updated"),
    sa.Index("user_email", "tenant", "email"),
    sa.Index("user_mobile", "tenant", "mobile"),
)

# A recipient (`user:li.wei`, `email:…`) as one channel's platform knows them. A row without an
# identity remembers that the platform knew nobody (until `miss_until`), or an explicit unbind.
binding = sa.Table(
    "binding",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _pk("recipient", Ref),
    _maybe("identity_kind"),
    _maybe("identity"),
    _text("method"),
    _millis("since"),
    _millis("stale_since", optional=True),
    _maybe("stale_reason"),
    _millis("miss_until", optional=True),
    _maybe("miss_reason"),
    _flag("unbound"),
)

rule = sa.Table(
    "rule",
    metadata,
    _pk("tenant", Name),
    _pk("name", Name),
    _flag("enabled", default=True),
    sa.Column("match", Json, nullable=False),
    sa.Column("channels", Json, nullable=False),
    sa.Column("recipients", Json, nullable=False),
    sa.Column("user_window_seconds", sa.Integer, nullable=True),
    _flag("mobile_only"),
    _millis("created"),
    _millis("updated"),
)

topic = sa.Table(
    "topic",
    metadata,
    _pk("tenant", Name),
    _pk("name", Name),
    sa.Column("members", Json, nullable=False),
    _millis("created"),
    _millis("updated"),
)

# Every version stays; the greatest is the one in use.
template = sa.Table(
    "template",
    metadata,
    _pk("tenant", Name),
    _pk("name", Name),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("card", Json, nullable=False),
    sa.Column("locales", Json, nullable=False),
    sa.Column("variables", Json, nullable=False),
    _millis("created"),
)

notification = sa.Table(
    "notification",
    metadata,
    _pk("id", Id),
    _text("tenant", Name),
    _text("type"),
    sa.Column("body", Json, nullable=False),
    _text("card"),  # JSON, written and read as text: the hot path parses it once per equal card
    _text("card_key"),
    # Where a template speaks several languages: the other cards' JSON by card key.
    sa.Column("variants", Json, nullable=True),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    _maybe("reason"),
    sa.Column("explain", Json, nullable=True),  # what each rule of the tenant made of it
    sa.Column("warnings", Json, nullable=False),
    sa.Column("recipients", sa.Integer, nullable=False),
    _maybe("cancellation_key"),
    _millis("created"),
    _millis("due"),
    _millis("expires"),
    sa.Index("notification_tenant", "tenant", "id"),
)
sa.Index(
    "notification_cancellation",
    notification.c.tenant,
    notification.c.cancellation_key,
    sqlite_where=notification.c.cancellation_key.is_not(None),
    postgresql_where=notification.c.cancellation_key.is_not(None),
)

delivery = sa.Table(
    "delivery",
    metadata,
    _pk("id", Id),
    _text("tenant", Name),
    _text("notification", Id),
    _text("type"),
    _text("recipient", Ref),
    _text("channel", Name),
    _text("lane", Ref),
    _text("state"),
    _maybe("reason"),
    _maybe("detail"),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    _millis("due", optional=True),  # null: nothing is left to do
    _millis("expires"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    _text("card_key"),
    _flag("stateless"),
    _flag("maybe_duplicate"),
    # Of a card that one message cannot hold: how many parts the platform has taken.
    sa.Column("parts", sa.Integer, nullable=False, default=0, server_default="0"),
    _maybe("message_id"),
    _flag("batch"),
    _maybe("carried_by", Id),
    _maybe("retry_of", Id),
    _maybe("digest_key"),
    _maybe("collapse_key"),
    # What was decided when it was accepted: a rule's window in seconds, the person's quiet hours
    # (`22:00-07:00 Asia/Shanghai`), and the channels still to be tried (`routing.first`).
    sa.Column("window_seconds", sa.Integer, nullable=True),
    _maybe("quiet"),
    sa.Column("fallback", Json, nullable=True),
    # A sent card's: update | recall, while `due` says that it is wanted; how often that was asked
    # of it, and how often the last of these was tried.
    _maybe("change"),
    sa.Column("revision", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("explain", Json, nullable=True),
    _millis("created"),
    _millis("updated"),
    sa.Index("delivery_notification", "notification"),
    sa.Index("delivery_tenant", "tenant", "id"),
    sa.Index("delivery_updated", "tenant", "updated"),
)
sa.Index(
    "delivery_due",
    delivery.c.lane,
    delivery.c.priority,
    delivery.c.due,
    delivery.c.id,
    sqlite_where=delivery.c.due.is_not(None),
    postgresql_where=delivery.c.due.is_not(None),
)

sa.Index(
    "delivery_collapse",
    delivery.c.tenant,
    delivery.c.collapse_key,
    delivery.c.recipient,
    delivery.c.channel,
    delivery.c.id,
    sqlite_where=delivery.c.collapse_key.is_not(None),
    postgresql_where=delivery.c.collapse_key.is_not(None),
)
sa.Index(
    "delivery_batch",
    delivery.c.tenant,
    delivery.c.message_id,
    sqlite_where=delivery.c.batch,
    postgresql_where=delivery.c.batch,
)
sa.Index(
    "delivery_carried",
    delivery.c.carried_by,
    sqlite_where=delivery.c.carried_by.is_not(None),
    postgresql_where=delivery.c.carried_by.is_not(None),
)

attempt = sa.Table(
    "attempt",
    metadata,
    _pk("id", Id),
    _text("delivery", Id),
    _text("call", Id),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, default="send", server_default="send"),
    _millis("started"),
    sa.Column("duration", sa.Integer, nullable=False),
    sa.Column("http_status", sa.Integer, nullable=True),
    _maybe("provider_code"),
    _maybe("error"),
    _maybe("sentence"),
    _maybe("fix_url"),
    _maybe("log_id"),
    _maybe("message_id"),
    _millis("next_try", optional=True),
    sa.Index("attempt_delivery", "delivery"),
)

# `next_due` is when the owner has to look again; `pace` is what the limiters must not forget.
lane = sa.Table(
    "lane",
    metadata,
    _pk("key", Ref),
    _text("tenant", Name),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    _millis("next_due", optional=True),
    sa.Column("pace", Json, nullable=True),
    sa.Index("lane_shard", "shard", "next_due"),
)

shard = sa.Table(
    "shard",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    _flag("clean", default=True),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    _pk("tenant", Name),
    _pk("key", sa.String(255)),
    _text("digest"),
    _text("answer"),
    _millis("expires"),
    sa.Index("idempotency_expires", "expires"),
)

usage = sa.Table(
    "usage",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _pk("month", sa.String(7)),
    _pk("purpose", Name),
    sa.Column("calls", sa.BigInteger, nullable=False),
    # Those that the platform refused, which it does not count against its quota.
    sa.Column("refused", sa.BigInteger, nullable=False, server_default="0"),
)

media = sa.Table(
    "media",
    metadata,
    _pk("tenant", Name),
    _pk("channel", Name),
    _pk("source", sa.String(64)),
    _text("key"),
    _millis("expires"),
)

audit = sa.Table(
    "audit",
    metadata,
    _pk("id", Id),
    _maybe("tenant", Name),
    _millis("at"),
    _text("actor"),
    _text("action"),
    _text("target"),
    sa.Column("before", Json, nullable=True),
    sa.Column("after", Json, nullable=True),
    sa.Index("audit_tenant", "tenant", "id"),
)

# One row: what the installation itself must remember, such as the sealed pepper of its API keys.
installation = sa.Table(
    "installation",
    metadata,
    _pk("name", Name),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
