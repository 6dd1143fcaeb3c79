"""The steps that led a delivery to where it is, each as one sentence in both languages: pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.models import RecipientKind, State
from gateway.reasons import EXPLANATIONS, Reason

Sentence = dict[str, str]
_REASONS = frozenset(reason.value for reason in Reason)

_WHERE: Mapping[str, tuple[str, str, str]] = {
    "to": ("named in `to`", "on the channel named with it", "渠道与接收人一同指定"),
    "routing": (
        "named in routing.channels",
        "on the channels in routing.channels",
        "渠道由 routing.channels 指定",
    ),
    "rules": ("named by rules", "on the channels of the matching rules", "渠道由匹配的规则指定"),
    "default": (
        "every enabled channel that addresses persons",
        "on every enabled channel that addresses persons",
        "使用所有已启用的个人渠道",
    ),
}
PLAIN: Mapping[str, Any] = {"where": "default", "named": True, "rules": []}
"""What a delivery without a record of its own was made by."""

_STEPS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("switch", "no_channel"): ("No channel was chosen.", "未选中任何渠道。"),
    ("switch", "enabled"): ("The channel is enabled.", "渠道已启用。"),
    ("switch", "disabled"): ("The channel is disabled.", "渠道已停用。"),
    ("resolution", "open"): (
        "Who this is on the platform is not known yet.",
        "尚未确定该接收人在平台上的身份。",
    ),
    ("resolution", "unbound"): (
        "An admin unbound the person on this channel.",
        "管理员已解除该用户在此渠道的绑定。",
    ),
    ("resolution", "not_found"): (
        "The platform knew nobody by that address or number.",
        "平台未找到使用该地址或号码的用户。",
    ),
    ("resolution", "stale"): (
        "The platform no longer knows the bound identity.",
        "平台已不再识别绑定的身份。",
    ),
    ("resolution", "manual"): ("An admin bound the person by hand.", "由管理员手动绑定。"),
    ("resolution", "created"): ("The user was created from the platform.", "用户由平台资料创建。"),
    ("resolution", "auto"): (
        "The person was bound by address or number in bulk.",
        "通过邮箱或手机号批量绑定。",
    ),
    ("resolution", "resolved"): (
        "The platform was asked and named the person.",
        "已向平台查询并得到该用户的身份。",
    ),
    ("resolution", "login"): ("The person logged in.", "用户已登录授权。"),
    ("grouping", "carried"): (
        "Another delivery's card shows it.",
        "已合并到另一条投递的卡片中。",
    ),
    ("grouping", "carries"): (
        "Its card shows other notifications too.",
        "该卡片同时展示其他通知。",
    ),
    ("grouping", "taken_over"): (
        "Another delivery took over, on the next channel or as a retry.",
        "已由另一条投递接替:改用下一个渠道,或重试。",
    ),
    ("change", "update"): (
        "The card on the platform is about to change.",
        "平台上的卡片即将更新。",
    ),
    ("change", "recall"): ("The message is being taken back.", "正在撤回该消息。"),
    ("update", "accepted"): ("The platform changed the card.", "平台已更新卡片。"),
    ("recall", "accepted"): (
        "The platform took the message back, or it says that it was withdrawn.",
        "消息已撤回,或已标记为撤回。",
    ),
    ("call", "accepted"): ("The platform accepted the call.", "平台已接受调用。"),
    ("call", "temporary"): (
        "The platform surely did not process the call; it is tried again.",
        "平台未处理该调用,将重试。",
    ),
    ("call", "uncertain"): (
        "The platform's answer was never seen; it is tried again with the same key.",
        "未收到平台的响应,将以相同的幂等键重试。",
    ),
    ("call", "credential"): ("The platform refused the credential.", "平台拒绝了渠道凭证。"),
    ("call", "scope_missing"): ("The application lacks a permission.", "应用缺少所需权限。"),
    ("call", "recipient"): ("The platform refused this recipient.", "平台拒绝了该接收人。"),
    ("call", "content"): ("The platform refused the content.", "平台拒绝了消息内容。"),
    ("call", "channel_gone"): (
        "The platform says that the other end is gone for good.",
        "平台表示接收端已永久失效。",
    ),
}
_PLACES: Mapping[str, tuple[str, str]] = {
    RecipientKind.CHAT: ("group", "群组"),
    RecipientKind.CHANNEL: ("group", "群组"),
    RecipientKind.DEPARTMENT: ("department", "部门"),
}
_OF_PLACES: Mapping[str, tuple[str, str]] = {
    "open": (
        "Which {0} this is on the platform is not known yet.",
        "尚未确定该{1}在平台上的身份。",
    ),
    "resolved": ("The {0} is known by the name it was given.", "{1}由其名称确定。"),
    "not_found": ("The platform knows no such {0}.", "平台未找到该{1}。"),
    "stale": ("The platform no longer knows the {0}.", "平台已不再识别该{1}。"),
    Reason.NOT_BOUND: ("The channel found no such {0}.", "该渠道未找到该{1}。"),
    Reason.STALE_BINDING: ("The platform no longer knows the {0}.", "平台已不再识别该{1}。"),
    Reason.UNREACHABLE: (
        "The {0} is gone, or the application has no access to it.",
        "{1}已不存在,或应用无权访问该{1}。",
    ),
    Reason.USER_WINDOW: (
        "The {0} was notified a moment ago; this waits for the digest.",
        "该{1}刚收到过通知,本条将合并发送。",
    ),
}
"""The sentences about persons, where it is a group or a department."""
_FIX_OF_PLACES: Mapping[str, str] = {
    Reason.NOT_BOUND: "Check how the {0} is named.",
    Reason.STALE_BINDING: "Check how the {0} is named.",
    Reason.UNREACHABLE: "Let the application into the {0}, or name another {0}.",
}
_UNMATCHED = (
    "It does not match: {name} is {found}, not {wanted}.",
    "不匹配:{name} 为 {found},而非 {wanted}。",
)
_MATCHED = {
    True: ("It matches and is on.", "匹配且已启用。"),
    False: ("It matches, but it is switched off.", "匹配,但已停用。"),
}


def grouping_steps(
    state: str, carried_by: str | None, carries: Sequence[str]
) -> list[dict[str, Any]]:
    """Return which delivery shows this one or took over, and which this one's card shows."""
    steps: list[dict[str, Any]] = []
    if carried_by:
        result = "carried" if state == State.SUPERSEDED else "taken_over"
        steps.append({"step": "grouping", "result": result, "carried_by": carried_by})
    if carries:
        steps.append({"step": "grouping", "result": "carries", "carries": list(carries)})
    return [{**step, "sentence": sentence("grouping", step["result"])} for step in steps]


def change_steps(state: str, change: str | None) -> list[dict[str, Any]]:
    """Return what is about to happen to a card that was sent."""
    if change is None or state not in {State.SENT, State.DELIVERED}:
        return []
    return [{"step": "change", "result": change, "sentence": sentence("change", change)}]


def call_sentence(purpose: str, result: str) -> Sentence:
    """Return how a call ended; what it was for matters where it went well."""
    known = (purpose, result) in _STEPS
    return sentence(purpose if known else "call", result)


def fix_of(reason: str, recipient: str) -> str:
    """Return what to do about a delivery that is where it is for a reason."""
    place = _place(recipient)
    own = _FIX_OF_PLACES.get(reason) if place else None
    return own.format(*place) if own and place else EXPLANATIONS[Reason(reason)].fix


def _place(recipient: str) -> tuple[str, str] | None:
    """Return what a recipient that is no person is called."""
    return _PLACES.get(recipient.partition(":")[0])


def sentence(step: str, result: str, recipient: str = "") -> Sentence:
    """Return what a step's result means for a recipient."""
    place = _place(recipient)
    if place and result in _OF_PLACES:
        en, zh_cn = (text.format(*place) for text in _OF_PLACES[result])
        return {"en": en, "zh-CN": zh_cn}
    if result in _REASONS:
        told = EXPLANATIONS[Reason(result)]
        return {"en": told.en, "zh-CN": told.zh_cn}
    en, zh_cn = _STEPS.get((step, result), (f"{result}.", f"{result}。"))
    return {"en": en, "zh-CN": zh_cn}


def rule_step(because: Mapping[str, Any] | None, reason: str | None) -> dict[str, Any]:
    """Return which rules made a delivery, as it was recorded when it was accepted."""
    because = because or PLAIN
    detail, en, zh_cn = _WHERE[because["where"]]
    rules: Sequence[str] = because["rules"]
    off = reason == Reason.RULE_DISABLED
    return {
        "step": "rule",
        "result": "disabled" if off else "matched" if rules else "none",
        "detail": detail,
        "rules": list(rules),
        "sentence": {
            "en": _who_en(because, en, off=off),
            "zh-CN": _who_zh(because, zh_cn, off=off),
        },
    }


def judged(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule's record with one sentence about it."""
    unmet = next((one for one in rule["conditions"] if not one["holds"]), None)
    if unmet is None:
        en, zh_cn = _MATCHED[rule["enabled"]]
    else:
        found, wanted = (_listed(unmet[name]) for name in ("found", "wanted"))
        words = {"name": unmet["name"], "found": found, "wanted": wanted}
        en, zh_cn = (text.format(**words) for text in _UNMATCHED)
    return {**rule, "sentence": {"en": en, "zh-CN": zh_cn}}


def _who_en(because: Mapping[str, Any], where: str, *, off: bool) -> str:
    rules = because["rules"]
    if off:
        return f"Every rule that matches is switched off: {_listed(rules)}."
    who = "The application named the recipient" if because["named"] else "A rule adds the recipient"
    matching = f"; matching: {_listed(rules)}" if rules else ""
    return f"{who}, {where}{matching}."


def _who_zh(because: Mapping[str, Any], where: str, *, off: bool) -> str:
    rules = because["rules"]
    if off:
        return f"匹配的规则均已停用:{_listed(rules)}。"
    who = "接收人由应用指定" if because["named"] else "接收人由规则添加"
    matching = f";匹配的规则:{_listed(rules)}" if rules else ""
    return f"{who},{where}{matching}。"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts) or "-"
