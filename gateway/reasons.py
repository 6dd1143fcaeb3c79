"""The closed table of reasons: why a delivery is where it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a delivery is held, failed, suppressed, expired, canceled or superseded."""

    CHANNEL_DISABLED = "channel_disabled"
    CHANNEL_NOT_CONFIGURED = "channel_not_configured"
    NO_RECIPIENTS = "no_recipients"
    NO_MATCHING_RULE = "no_matching_rule"
    RULE_DISABLED = "rule_disabled"
    NO_MATCHING_CHANNEL = "no_matching_channel"
    UNKNOWN_USER = "unknown_user"
    NOT_BOUND = "not_bound"
    STALE_BINDING = "stale_binding"
    UNREACHABLE = "unreachable"
    USER_WINDOW = "user_window"
    QUIET_HOURS = "quiet_hours"
    PREFERENCE = "preference"
    QUOTA_EXHAUSTED = "quota_exhausted"
    RATE_LIMITED = "rate_limited"
    CIRCUIT_OPEN = "circuit_open"
    CREDENTIAL_INVALID = "credential_invalid"
    PERMISSION_MISSING = "permission_missing"
    CONTENT_REJECTED = "content_rejected"
    RECIPIENT_REJECTED = "recipient_rejected"
    PROVIDER_ERROR = "provider_error"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    EXPIRED = "expired"
    CANCELED = "canceled"
    DIGESTED = "digested"
    COLLAPSED = "collapsed"
    SCHEDULED = "scheduled"
    PLUGIN_ERROR = "plugin_error"


# What holds a whole channel until an admin or a month does something, or until it works again.
CHANNEL_REASONS = tuple(
    reason.value
    for reason in (
        Reason.CHANNEL_DISABLED,
        Reason.CHANNEL_NOT_CONFIGURED,
        Reason.QUOTA_EXHAUSTED,
        Reason.CIRCUIT_OPEN,
        Reason.CREDENTIAL_INVALID,
        Reason.PERMISSION_MISSING,
        Reason.PLUGIN_ERROR,
    )
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in words: one sentence each in English and Chinese, and what to do."""

    en: str
    zh_cn: str
    fix: str


EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.CHANNEL_DISABLED: Explanation(
        "The channel is saved but not enabled.", "渠道已保存但尚未启用。", "Enable the channel."
    ),
    Reason.CHANNEL_NOT_CONFIGURED: Explanation(
        "The channel's configuration is incomplete.",
        "渠道配置不完整。",
        "Fill in the missing fields.",
    ),
    Reason.NO_RECIPIENTS: Explanation(
        "The notification named nobody.", "通知没有指定接收人。", "Name recipients in `to`."
    ),
    Reason.NO_MATCHING_RULE: Explanation(
        "No rule of the tenant matches.", "没有匹配的通知规则。", "Test the rules with this event."
    ),
    Reason.RULE_DISABLED: Explanation(
        "Every rule that matches is switched off.", "匹配的规则均已停用。", "Enable the rule."
    ),
    Reason.NO_MATCHING_CHANNEL: Explanation(
        "No channel of the tenant can address this recipient.",
        "没有可以送达该接收人的渠道。",
        "Add or enable a channel for this kind of recipient.",
    ),
    Reason.UNKNOWN_USER: Explanation(
        "The tenant has no such user.", "租户中没有该用户。", "Create the user first."
    ),
    Reason.NOT_BOUND: Explanation(
        "The person is not bound on this channel and could not be found by e-mail or mobile.",
        "该用户未绑定此渠道,且无法通过邮箱或手机号找到。",
        "Bind the person by hand, or correct the e-mail or mobile number.",
    ),
    Reason.STALE_BINDING: Explanation(
        "The platform no longer knows the bound identity.",
        "平台已不再识别绑定的身份。",
        "Bind the person again.",
    ),
    Reason.UNREACHABLE: Explanation(
        "The person has left or is outside the application's availability.",
        "该用户已离职或不在应用可用范围内。",
        "Widen the application's availability, or remove the user.",
    ),
    Reason.USER_WINDOW: Explanation(
        "The person was notified a moment ago; this waits for the digest.",
        "该用户刚收到过通知,本条将合并发送。",
        "Wait, send as urgent, or shorten the window.",
    ),
    Reason.QUIET_HOURS: Explanation(
        "The person's quiet hours.", "处于该用户的免打扰时段。", "Wait, or send as urgent."
    ),
    Reason.PREFERENCE: Explanation(
        "The person does not want this kind of notification here.",
        "用户已关闭此类通知。",
        "The person can change it in their preferences.",
    ),
    Reason.QUOTA_EXHAUSTED: Explanation(
        "The plan's calls for this month are used up.",
        "本月接口调用额度已用完。",
        "Wait for the reset, raise the quota, or send as urgent.",
    ),
    Reason.RATE_LIMITED: Explanation(
        "The platform's pace is used up for the moment, or it asked to slow down.",
        "已达到平台的发送速率上限,或平台要求降低速率。",
        "Nothing; it goes on by itself.",
    ),
    Reason.CIRCUIT_OPEN: Explanation(
        "The platform failed repeatedly; a probe goes out from time to time.",
        "平台连续失败,系统将定期探测恢复。",
        "Look at the platform's status; it goes on by itself.",
    ),
    Reason.CREDENTIAL_INVALID: Explanation(
        "The platform refused the channel's credential.",
        "平台拒绝了渠道凭证。",
        "Check the application id and secret, then save them again.",
    ),
    Reason.PERMISSION_MISSING: Explanation(
        "The application lacks a permission.",
        "应用缺少所需权限。",
        "Grant it and publish a version.",
    ),
    Reason.CONTENT_REJECTED: Explanation(
        "The platform refused the content.", "平台拒绝了消息内容。", "Change the card."
    ),
    Reason.RECIPIENT_REJECTED: Explanation(
        "The platform refused this recipient.", "平台拒绝了该接收人。", "Check the recipient."
    ),
    Reason.PROVIDER_ERROR: Explanation(
        "The platform failed.", "平台出错。", "It is tried again by the schedule."
    ),
    Reason.ATTEMPTS_EXHAUSTED: Explanation(
        "Every attempt failed.", "所有尝试均失败。", "Look at the attempts, then retry."
    ),
    Reason.EXPIRED: Explanation(
        "It could not be sent before it expired.", "在过期前未能发送。", "Send it again."
    ),
    Reason.CANCELED: Explanation("The application withdrew it.", "应用已撤回。", "Nothing."),
    Reason.DIGESTED: Explanation(
        "It went out as part of a digest.", "已合并到摘要中发送。", "Nothing."
    ),
    Reason.COLLAPSED: Explanation(
        "A later notification took its place.", "已被后续通知取代。", "Nothing."
    ),
    Reason.SCHEDULED: Explanation("It waits for its time.", "等待预定时间。", "Nothing."),
    Reason.PLUGIN_ERROR: Explanation(
        "The channel's plugin failed.", "渠道插件出错。", "Tell the plugin's author."
    ),
}
