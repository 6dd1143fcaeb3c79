"""From a delivery and what bears on it to its steps, each with its sentences. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.clock import rfc3339
from gateway.explain.cases import Case, Outlook
from gateway.models import State
from gateway.reasons import EXPLANATIONS, Explanation, Reason
from gateway.steps import (
    Sentence,
    call_sentence,
    change_steps,
    fix_of,
    grouping_steps,
    judged,
    rule_step,
    sentence,
)
from gateway.store.bindings import BindingRow
from gateway.store.channels import ChannelRow

FORESEEN = "at this moment; it is decided when it is due"
_STATES = {
    State.QUEUED: ("It waits for its turn.", "正在排队等待发送。"),
    State.SENT: ("The platform accepted it.", "平台已接收。"),
    State.DELIVERED: ("The platform confirmed its arrival.", "平台已确认送达。"),
}
_HOLDS: Mapping[str, str] = {
    Reason.USER_WINDOW: "window",
    Reason.QUIET_HOURS: "window",
    Reason.SCHEDULED: "window",
    Reason.PREFERENCE: "preference",
    Reason.QUOTA_EXHAUSTED: "quota",
    Reason.RATE_LIMITED: "limit",
    Reason.CIRCUIT_OPEN: "circuit",
}
_OVER_WITH_A_REVIEW = frozenset({Reason.CHANNEL_DISABLED, Reason.PERMISSION_MISSING})
_REVIEW = Explanation(
    "A version of its application awaits a review on the platform.",
    "其应用的版本正在平台上等待审核。",
    "Have an administrator of the platform approve the version, then check the channel.",
)


def explained(case: Case) -> dict[str, Any]:
    """Return where a delivery is, why, what to do about it, and the steps that led there."""
    delivery = case.delivery
    return {
        "delivery": delivery["id"],
        "recipient": delivery["recipient"],
        "channel": delivery["channel"] or None,
        "state": delivery["state"],
        "reason": delivery["reason"],
        "detail": delivery.get("detail"),
        **_sentence(delivery, case.channel),
        "steps": [
            rule_step(delivery.get("explain"), delivery["reason"]),
            _with_sentence(_switch(case.channel), delivery),
            _with_sentence(_resolution(delivery, case.binding), delivery),
            *_waiting(delivery, case.outlook),
            *grouping_steps(delivery["state"], delivery.get("carried_by"), case.carries),
            *_calls(case),
            *change_steps(delivery["state"], delivery.get("change")),
        ],
    }


def _sentence(delivery: Mapping[str, Any], channel: ChannelRow | None) -> dict[str, Any]:
    reason = delivery["reason"]
    if reason is None:
        en, zh_cn = _STATES.get(State(delivery["state"]), ("", ""))
        return {"sentence": {"en": en, "zh-CN": zh_cn}, "fix": None}
    told = EXPLANATIONS[Reason(reason)]
    if reason in _OVER_WITH_A_REVIEW and channel and channel.review_since is not None:
        sentences = {"en": f"{told.en} {_REVIEW.en}", "zh-CN": f"{told.zh_cn}{_REVIEW.zh_cn}"}
        return {"sentence": sentences, "fix": f"{_REVIEW.fix} {told.fix}"}
    who = delivery["recipient"]
    return {"sentence": sentence("delivery", reason, who), "fix": fix_of(reason, who)}


def why(reason: str | None) -> Sentence | None:
    """Return why a whole notification reaches nobody, where it does."""
    return sentence("notification", reason) if reason else None


def rules_told(explain: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return what each rule made of a notification, as it was recorded when it was accepted."""
    return [judged(rule) for rule in explain["rules"]] if explain else []


def _with_sentence(step: dict[str, Any], delivery: Mapping[str, Any]) -> dict[str, Any]:
    said = sentence(step["step"], str(step["result"]), delivery["recipient"])
    return {**step, "sentence": said}


def _waiting(delivery: Mapping[str, Any], outlook: Outlook | None) -> list[dict[str, Any]]:
    """Return which window or quota holds or stopped it, or would hold it at this moment."""
    reason = outlook.reason if outlook else delivery["reason"]
    kind = _HOLDS.get(reason or "")
    if kind is None:
        return []
    until = outlook.until if outlook else delivery.get("due")
    detail = FORESEEN if outlook else delivery.get("detail")
    step = {"step": kind, "result": reason, "detail": detail, "until": rfc3339(until)}
    return [_with_sentence(step, delivery)]


def _switch(channel: ChannelRow | None) -> dict[str, Any]:
    if channel is None:
        return {"step": "switch", "result": "no_channel", "detail": None}
    held = channel.hold_reason if channel.enabled else None
    result = held or ("enabled" if channel.enabled else "disabled")
    return {
        "step": "switch",
        "result": result,
        "detail": channel.hold_detail,
        "until": rfc3339(channel.hold_until),
        "pending_review_since": rfc3339(channel.review_since),
    }


def _resolution(delivery: Mapping[str, Any], binding: BindingRow | None) -> dict[str, Any]:
    step: dict[str, Any] = {"step": "resolution", "identity": None}
    if binding is None:
        pending = "it will be looked up" if delivery["reason"] is None else None
        return {**step, "result": "open", "detail": pending}
    if binding.unbound:
        return {**step, "result": "unbound", "since": rfc3339(binding.since)}
    if binding.identity is None:
        until = rfc3339(binding.miss_until)
        return {**step, "result": "not_found", "detail": binding.miss_reason, "until": until}
    return {
        **step,
        "result": "stale" if binding.stale_since else binding.method,
        "detail": binding.stale_reason,
        "since": rfc3339(binding.since),
        "identity": {"kind": binding.identity_kind, "id": binding.identity},
    }


def _calls(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "step": "call",
            "purpose": attempt.purpose,
            "result": attempt.error or "accepted",
            "sentence": call_sentence(attempt.purpose, attempt.error or "accepted"),
            "detail": attempt.sentence,
            "call": attempt.call,
            "attempt": attempt.number,
            "at": rfc3339(attempt.started),
            "provider_code": attempt.provider_code,
            "fix_url": attempt.fix_url,
            "next_try": rfc3339(attempt.next_try),
        }
        for attempt in case.attempts
    ]
