"""What the plugin offers: one channel type for each edition."""

import functools
from collections import OrderedDict
from collections.abc import Mapping

from gateway.plugin import ChannelType, Context, DigestRoom, Limits

from . import card_template, guide
from .channel import DingTalkChannel
from .credential import DingTalkCredential
from .departments import Rounds
from .editions import Edition
from .notice_channel import NoticeChannel

LARGEST_ANSWER = 1 << 20
"""Who is in a department comes in one answer: ten thousand userids of up to 64 characters."""
EXAMPLE: Mapping[str, str] = {
    "app_key": "an-example",
    "app_secret": "an-example",
    "robot_code": "an-example",
    "card_template_id": "an-example.schema",
}


def channel_type(edition: Edition) -> ChannelType:
    """Return what an edition offers."""
    return ChannelType(
        name=edition.name,
        title=edition.titles,
        credential=edition.credential,
        channel=DingTalkChannel,
        # A channel is opened anew after an outage; who has got a message must not be forgotten.
        connect=functools.partial(_connect, edition, OrderedDict()),
        limits=limits(edition),
        hosts=edition.hosts,
        host_fields=("api_base", "oapi_base"),
        app_field="app_key",
        identity_kinds=edition.identity_kinds,
        recipients=frozenset({"mobile", "chat", "department"}),
        largest_answer=LARGEST_ANSWER,
        uncounted=frozenset({"token", "resolve", "directory"}),
        quota_zone=edition.zone,
        # A work notice takes 2 kB, and the template of cards has two buttons.
        digest_room=DigestRoom(members=20, text_bytes=1_500, actions=0),
        guide=functools.partial(guide.write, edition),
        card_template=card_template.shipped,
        example=EXAMPLE,
        emulator="gateway_dingtalk.emulator:create",
    )


def limits(edition: Edition) -> Limits:
    """Return what an edition allows ("How to process API throttling")."""
    return Limits(
        calls_per_second=edition.calls_per_second,
        user_window_seconds=600,
        monthly_quota=edition.monthly_quota,
    )


_CHANNELS: Mapping[str, type[DingTalkChannel]] = {
    "robot": DingTalkChannel,
    "work_notice": NoticeChannel,
}


def _connect(
    edition: Edition, rounds: Rounds, credential: DingTalkCredential, context: Context
) -> DingTalkChannel:
    made = _CHANNELS[credential.person_messages]
    return made(credential, context, edition=edition, rounds=rounds)
