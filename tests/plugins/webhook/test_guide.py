import json

import pytest

from gateway.plugin import ChannelType, GuideRequest, SetupGuide
from gateway_webhook import channel_types
from gateway_webhook.guide_text import ROBOT_STEPS, WEBHOOK_STEPS

HOME, CALLBACK = "https://gateway.example/app/acme/ops", "https://gateway.example/v1/callbacks/a/b"
EACH = pytest.mark.parametrize("offered", channel_types(), ids=lambda offered: offered.name)


def written(offered: ChannelType, locale: str, **config: str) -> SetupGuide:
    assert offered.guide is not None
    request = GuideRequest(config, frozenset({"send"}), HOME, CALLBACK, locale)
    return offered.guide(request)


def told(guide: SetupGuide) -> str:
    steps = [(s.title, s.body, [(b.label, b.value) for b in s.blocks]) for s in guide.steps]
    return json.dumps([guide.performer, steps], ensure_ascii=False)


@EACH
def test_every_guide_is_written_in_both_languages(offered: ChannelType) -> None:
    english, chinese = told(written(offered, "en")), told(written(offered, "zh-CN"))
    assert english.isascii()
    assert not chinese.isascii()
    assert "{" not in english.replace("{\\n", "").replace('": {', "").replace("$(", "")[:400]


@EACH
def test_a_guide_has_every_step(offered: ChannelType) -> None:
    steps = [step.id for step in written(offered, "en").steps]
    assert steps in ([*ROBOT_STEPS], [*WEBHOOK_STEPS])
    assert written(offered, "en").minutes > 0


def test_a_robot_is_made_in_the_group() -> None:
    lark, feishu, dingtalk, _ = (written(offered, "en") for offered in channel_types())
    for guide in (lark, feishu, dingtalk):
        assert "More" in guide.steps[0].body
        assert "Custom Robot" in guide.steps[0].body
    assert lark.allowlist_hosts == ("open.larksuite.com",)
    assert feishu.allowlist_hosts == ("open.feishu.cn",)
    assert dingtalk.allowlist_hosts == ("oapi.dingtalk.com",)
    assert "/robot/send?access_token=" in told(dingtalk)
    assert "钉钉群" in written(channel_types()[2], "zh-CN").performer


def test_the_webhooks_guide_names_the_receivers_host() -> None:
    offered = channel_types()[3]
    assert written(offered, "en").allowlist_hosts == ()
    assert written(offered, "en", url="https://r.example/in").allowlist_hosts == ("r.example",)
    assert "whsec_" in told(written(offered, "en"))
