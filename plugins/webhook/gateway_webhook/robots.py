"""Every brand's group robot: what differs, as values."""

import re
from datetime import timedelta
from types import MappingProxyType

from gateway.plugin import Limits

from . import dingtalk, lark, losing
from .robot import Robot

_LARK_PATH = r"/open-apis/bot/v2/hook/(?P<token>[A-Za-z0-9_-]{6,128})"
_LARK_LIMITS = Limits(calls_per_second=5, calls_per_minute=100)
_LARK_PAUSE = timedelta(seconds=10)
_LARK_PROBE = MappingProxyType({"msg_type": ""})
_LARK_EMULATOR = "gateway_lark.emulator:create"
_LARK_PROOFS = frozenset({"9499", "19002"})

LARK_ROBOT = Robot(
    name="lark-robot",
    titles=MappingProxyType({"en": "Lark group robot", "zh-CN": "Lark 群机器人"}),
    brands=MappingProxyType({"en": "Lark", "zh-CN": "Lark"}),
    host="open.larksuite.com",
    path=_LARK_PATH,
    example="/open-apis/bot/v2/hook/ and the robot's token",
    docs_url="https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot",
    identity_kinds=("open_id", "user_id"),
    same_people=frozenset({"lark"}),
    write=lark.write,
    losses=losing.for_lark,
    sign=lark.sign,
    error_in=lark.error_in,
    probe=_LARK_PROBE,
    proofs=_LARK_PROOFS,
    limits=_LARK_LIMITS,
    pause=_LARK_PAUSE,
    emulator=_LARK_EMULATOR,
    emulator_brand="lark",
    private_host=re.compile(r".*lark.*", re.IGNORECASE),
)

FEISHU_ROBOT = Robot(
    name="feishu-robot",
    titles=MappingProxyType({"en": "Feishu group robot", "zh-CN": "飞书群机器人"}),
    brands=MappingProxyType({"en": "Feishu", "zh-CN": "飞书"}),
    host="open.feishu.cn",
    path=_LARK_PATH,
    example="/open-apis/bot/v2/hook/ and the robot's token",
    docs_url="https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
    identity_kinds=("open_id", "user_id"),
    same_people=frozenset({"feishu"}),
    write=lark.write,
    losses=losing.for_lark,
    sign=lark.sign,
    error_in=lark.error_in,
    probe=_LARK_PROBE,
    proofs=_LARK_PROOFS,
    limits=_LARK_LIMITS,
    pause=_LARK_PAUSE,
    emulator=_LARK_EMULATOR,
    emulator_brand="feishu",
)

DINGTALK_ROBOT = Robot(
    name="dingtalk-robot",
    titles=MappingProxyType({"en": "DingTalk group robot", "zh-CN": "钉钉群机器人"}),
    brands=MappingProxyType({"en": "DingTalk", "zh-CN": "钉钉"}),
    host="oapi.dingtalk.com",
    path=r"/robot/send\?access_token=(?P<token>[A-Za-z0-9_-]{6,128})",
    example="/robot/send?access_token= and the robot's token",
    docs_url="https://open.dingtalk.com/document/orgapp/custom-robot-access",
    identity_kinds=("user_id", "mobile"),
    same_people=frozenset({"dingtalk", "dingtalk-exclusive"}),
    write=dingtalk.write,
    losses=losing.for_dingtalk,
    sign=dingtalk.sign,
    error_in=dingtalk.error_in,
    probe=MappingProxyType({"msgtype": ""}),
    proofs=frozenset({"40035", "400105"}),
    limits=Limits(calls_per_minute=20),
    pause=timedelta(minutes=10),
    key_field="msgUuid",
    emulator="gateway_dingtalk.emulator:create",
    emulator_brand="dingtalk",
)

ROBOTS = (LARK_ROBOT, FEISHU_ROBOT, DINGTALK_ROBOT)
