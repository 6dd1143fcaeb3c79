"""Setup guides: what an admin has to do on the platform, for one channel or for a type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.connections import callback_url
from gateway.fence import PluginFault, fence
from gateway.plugin import FEATURES, ChannelType, GuideRequest, SetupGuide
from gateway.problems import ProblemError, invalid


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom a guide is written.

    Attributes:
        public: The gateway's own address.
        channel: `{tenant}/{channel}`, or the two as placeholders.
        features: What the tenant wants to use, comma-separated; None is everything.
        locale: The admin's language.
        config: The channel's configuration so far, without secrets.
    """

    public: str
    channel: str
    features: str | None
    locale: str
    config: Mapping[str, Any]


def guide_for(channel_type: ChannelType, wanted: Wanted) -> SetupGuide:
    """Write a guide.

    Raises:
        ProblemError: The type has no guide, or a feature is unknown.
        PluginFault: The plugin failed.
    """
    if channel_type.guide is None:
        raise ProblemError("not_found", f"{channel_type.name} needs no setup guide")
    request = GuideRequest(
        config=wanted.config,
        features=chosen_features(wanted.features),
        homepage_url=f"{wanted.public}/app/{wanted.channel}",
        callback_url=callback_url(wanted.public, wanted.channel),
        locale=wanted.locale,
        card_template_url=_card_template_url(channel_type, wanted.public),
    )
    with fence("the guide"):
        guide = channel_type.guide(request)
    if not isinstance(guide, SetupGuide):
        raise PluginFault(f"the guide is a {type(guide).__name__}")
    return guide


def _card_template_url(channel_type: ChannelType, public: str) -> str | None:
    if channel_type.card_template is None:
        return None
    return f"{public}/card-templates/{channel_type.name}"


def chosen_features(chosen: str | None) -> frozenset[str]:
    """Return which features a comma-separated list names; None is all of them.

    Raises:
        ProblemError: One of them is unknown.
    """
    if chosen is None:
        return frozenset(FEATURES)
    wanted = frozenset(part.strip() for part in chosen.split(",") if part.strip())
    unknown = sorted(wanted - set(FEATURES))
    if unknown:
        raise invalid(["query", "features"], f"the features are {', '.join(FEATURES)}", "enum")
    return wanted
