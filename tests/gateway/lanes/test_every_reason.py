"""Every reason of the closed table is reached by a notification, and explain tells it in words."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.clock import rfc3339, to_millis
from gateway.errors import (
    ContentError,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
)
from gateway.lanes.falling import PATIENCE
from gateway.models import State
from gateway.plugin import Limits
from gateway.reasons import EXPLANATIONS, Reason
from gateway.request import NotifyRequest
from gateway.retry import SCHEDULE
from gateway.store.rules import RuleRow, put_rule
from gateway.store.schema import delivery, notification
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.seen import raising
from tests.gateway.lanes.test_broken_plugins import failing
from tests.gateway.lanes.toy import Platform, toy_type

TO = "email:anna@ex.com"
ANNA = {"email": "anna@ex.com"}
LATER = datetime(2099, 1, 1, tzinfo=UTC)
FINE = {State.QUEUED, State.SENT, State.DELIVERED}
STEPS = {
    *("rule", "switch", "resolution", "window", "preference", "quota", "limit", "circuit"),
    *("grouping", "call", "change"),
}
Drive = Callable[[Build], Awaitable[House]]

# Reasons that no notification of this version can have, and why; empty when all can.
UNREACHABLE: Mapping[Reason, str] = {}


def refusing(error: DeliveryError) -> Drive:
    """Return a drive whose platform answers every send with `error`."""

    async def drive(build: Build) -> House:
        house = await build(toy_type(Platform(misdeed=raising(lambda: error))))
        await house.channel()
        await house.post(TO)
        return house

    return drive


async def channel_disabled(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.channel(enabled=False)
    await house.post(TO, routing={"channels": ["toy"]})
    return house


async def channel_not_configured(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.channel(kind="of-no-plugin")
    await house.post(TO)
    return house


async def no_recipients(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.channel()
    await house.post()
    return house


async def with_rule(build: Build, *, enabled: bool, kind: str) -> House:
    house = await build(toy_type(Platform()))
    await house.channel()
    match = {"type": kind}
    rule = RuleRow("acme", "r", enabled, match, ["toy"], [{"email": "a@ex.com"}], None, False, 1, 1)
    await house.core.store.write(lambda c: put_rule(c, rule))
    await house.post()
    return house


async def no_matching_rule(build: Build) -> House:
    return await with_rule(build, enabled=True, kind="another")


async def rule_disabled(build: Build) -> House:
    return await with_rule(build, enabled=False, kind="test")


async def no_matching_channel(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.post(TO)
    return house


async def unknown_user(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.channel()
    await house.post("user:nobody")
    return house


async def not_bound(build: Build) -> House:
    house = await build(toy_type(Platform(unknown={"anna@ex.com"})))
    await house.channel()
    await house.post(TO)
    return house


async def stale_binding(build: Build) -> House:
    house = await refusing(RecipientError("has left", gone=True))(build)
    await house.until_over()
    await house.post(TO)
    return house


async def user_window(build: Build) -> House:
    house = await build(toy_type(Platform(), limits=Limits(user_window_seconds=600)))
    await house.channel()
    await house.post(TO)
    await house.until_over()
    await house.post(TO)
    return house


async def with_wishes(build: Build, **wishes: object) -> House:
    house = await build(toy_type(Platform()))
    await house.channel()
    await house.user("li", email="li@ex.com", time_zone="UTC", preferences=wishes)
    await house.post("user:li")
    return house


async def quiet_hours(build: Build) -> House:
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-2, 2))
    return await with_wishes(build, quiet_hours={"start": start, "end": end})


async def preference(build: Build) -> House:
    return await with_wishes(build, channels={"toy": False})


async def circuit_open(build: Build) -> House:
    house = await build(toy_type(Platform(misdeed=raising(lambda: TemporaryError("down")))))
    await house.channel()
    for number in range(6):
        await house.post(f"email:p{number}@ex.com")
    return house


async def after_attempts(build: Build, tried: int, **how: Any) -> House:  # noqa: ANN401 - of a body
    """Post what has failed so often, and let it fail once more."""
    first = Platform(misdeed=raising(lambda: TemporaryError("down")))
    house = await build(toy_type(first), toy_type(Platform(), "second"), start=False)
    for name in ("toy", "second"):
        await house.channel(name, name)
    await house.post(TO, **how)
    await house.core.store.write(lambda c: c.execute(delivery.update().values(attempts=tried)))
    house.start()
    return house


async def provider_error(build: Build) -> House:
    routing = {"method": "first", "channels": ["toy", "second"]}
    return await after_attempts(build, PATIENCE - 1, routing=routing)


async def attempts_exhausted(build: Build) -> House:
    return await after_attempts(build, len(SCHEDULE))


async def expired(build: Build) -> House:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.post(TO)
    past = to_millis(datetime.now(UTC)) - 1
    await house.core.store.write(lambda c: c.execute(delivery.update().values(expires=past)))
    house.start()
    return house


async def canceled(build: Build) -> House:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.core.router.cancel("acme", await house.post(TO))
    return house


async def digested(build: Build) -> House:
    house = await build(toy_type(Platform(), limits=Limits(user_window_seconds=1)))
    await house.channel()
    await house.post(TO)
    await house.until_over()
    for title in "ab":
        await house.post(TO, title=title)
    return house


async def collapsed(build: Build) -> House:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    for title in "ab":
        await house.post(TO, title=title, collapse_key="k")
    house.start()
    return house


async def scheduled(build: Build) -> House:
    house = await build(toy_type(Platform()))
    await house.channel()
    await house.post(TO, send_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    return house


async def plugin_error(build: Build) -> House:
    house = await build(replace(toy_type(Platform()), connect=failing(SystemExit(1))))
    await house.channel()
    await house.post(TO)
    return house


DRIVES: Mapping[Reason, Drive] = {
    Reason.CHANNEL_DISABLED: channel_disabled,
    Reason.CHANNEL_NOT_CONFIGURED: channel_not_configured,
    Reason.NO_RECIPIENTS: no_recipients,
    Reason.NO_MATCHING_RULE: no_matching_rule,
    Reason.RULE_DISABLED: rule_disabled,
    Reason.NO_MATCHING_CHANNEL: no_matching_channel,
    Reason.UNKNOWN_USER: unknown_user,
    Reason.NOT_BOUND: not_bound,
    Reason.STALE_BINDING: stale_binding,
    Reason.UNREACHABLE: refusing(RecipientError("has left", gone=True)),
    Reason.USER_WINDOW: user_window,
    Reason.QUIET_HOURS: quiet_hours,
    Reason.PREFERENCE: preference,
    Reason.QUOTA_EXHAUSTED: refusing(QuotaExhaustedError("used up", resets_at=LATER)),
    Reason.RATE_LIMITED: refusing(RateLimitedError("slow", retry_after=timedelta(hours=1))),
    Reason.CIRCUIT_OPEN: circuit_open,
    Reason.CREDENTIAL_INVALID: refusing(CredentialError("revoked")),
    Reason.PERMISSION_MISSING: refusing(ScopeMissingError("im:message", scopes=["im:message"])),
    Reason.CONTENT_REJECTED: refusing(ContentError("too large")),
    Reason.RECIPIENT_REJECTED: refusing(RecipientError("not you")),
    Reason.PROVIDER_ERROR: provider_error,
    Reason.ATTEMPTS_EXHAUSTED: attempts_exhausted,
    Reason.EXPIRED: expired,
    Reason.CANCELED: canceled,
    Reason.DIGESTED: digested,
    Reason.COLLAPSED: collapsed,
    Reason.SCHEDULED: scheduled,
    Reason.PLUGIN_ERROR: plugin_error,
}


def test_every_reason_is_driven_or_told_to_be_out_of_reach() -> None:
    assert set(DRIVES) | set(UNREACHABLE) == set(Reason)
    assert not set(DRIVES) & set(UNREACHABLE)


@pytest.mark.parametrize("reason", DRIVES)
async def test_explain_names_the_reason_in_both_languages(build: Build, reason: Reason) -> None:
    house = await DRIVES[reason](build)

    async def there() -> bool:
        return reason in {why for each in await explained(house) for why in reasons(each)}

    await house.until(there)
    for told in await explained(house):
        assert_told(told)


async def explained(house: House) -> list[dict[str, Any]]:
    """Explain every notification of the house, the last one first."""
    rows = await house.core.store.read(lambda c: c.execute(notification.select()).all())
    return [await house.core.router.explain("acme", row.id) for row in rows]


def reasons(told: Mapping[str, Any]) -> set[str]:
    return {told["reason"], *(each["reason"] for each in told["recipients"])}


def assert_told(told: Mapping[str, Any]) -> None:
    """Nothing is somewhere without a reason, and every reason and step is said in both languages.

    Of a whole notification that reaches nobody the reason stands at the top.
    """
    if told["reason"] is not None:
        assert_said(told["sentence"], told["reason"])
    assert told["recipients"] or told["reason"]
    for each in told["recipients"]:
        assert each["state"] in FINE or each["reason"] is not None
        assert_said(each["sentence"], each["reason"])
        kinds = [step["step"] for step in each["steps"]]
        assert kinds[:3] == ["rule", "switch", "resolution"]
        assert set(kinds) <= STEPS
        for step in each["steps"]:
            assert_said(step["sentence"], None)


def assert_said(sentence: Mapping[str, str], reason: str | None) -> None:
    assert re.fullmatch(r"[A-Z].*\.", sentence["en"]), sentence
    assert re.search("[\u4e00-\u9fff].*。$", sentence["zh-CN"]), sentence
    if reason is not None:
        told = EXPLANATIONS[Reason(reason)]
        assert (sentence["en"], sentence["zh-CN"]) == (told.en, told.zh_cn)


BEFORE: Mapping[Reason, Mapping[str, Any]] = {
    Reason.CHANNEL_DISABLED: {"to": [ANNA], "routing": {"channels": ["toy"]}},
    Reason.NO_RECIPIENTS: {"to": []},
    Reason.NO_MATCHING_RULE: {"to": []},
    Reason.RULE_DISABLED: {"to": []},
    Reason.NO_MATCHING_CHANNEL: {"to": [ANNA]},
    Reason.UNKNOWN_USER: {"to": ["user:nobody"]},
    Reason.PREFERENCE: {"to": ["user:li"]},
    Reason.SCHEDULED: {"to": [ANNA], "send_at": None},
}
"""What is decided when a notification is accepted, so that a dry run tells it, too."""


@pytest.mark.parametrize("reason", BEFORE)
async def test_a_dry_run_tells_what_explain_will_in_the_same_structure(
    build: Build, reason: Reason
) -> None:
    house = await DRIVES[reason](build)
    [after] = await explained(house)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"type": "test", "card": {"title": "Hi"}, **BEFORE[reason]}
    body |= {"send_at": soon} if "send_at" in body else {}
    before = await house.core.router.preview("acme", NotifyRequest.model_validate(body))
    assert_told(before)
    assert reasons(before) == reasons(after)
    assert [shape(each) for each in before["recipients"]] == [
        shape(each) for each in after["recipients"]
    ]


def shape(told: Mapping[str, Any]) -> tuple[Any, ...]:
    steps = [(step["step"], step["result"], step["sentence"]["en"]) for step in told["steps"]]
    return told["recipient"], told["channel"], told["state"], told["sentence"], steps


async def quota_used_up(build: Build) -> House:
    house = await build(toy_type(Platform(), limits=Limits(monthly_quota=1)))
    await house.channel()
    await house.post(TO)
    return house


FORESEEN: Mapping[Reason, tuple[Drive, str, object]] = {
    Reason.USER_WINDOW: (user_window, "window", ANNA),
    Reason.QUIET_HOURS: (quiet_hours, "window", "user:li"),
    Reason.QUOTA_EXHAUSTED: (quota_used_up, "quota", ANNA),
}


@pytest.mark.parametrize("reason", FORESEEN)
@pytest.mark.parametrize("priority", ["normal", "urgent"])
async def test_a_dry_run_tells_what_would_hold_it_at_this_moment(
    build: Build, reason: Reason, priority: str
) -> None:
    drive, kind, to = FORESEEN[reason]
    house = await drive(build)

    async def held() -> bool:
        return any(row.reason == reason for row in await house.deliveries())

    await house.until(held)
    body = {"type": "test", "to": [to], "card": {"title": "Hi"}, "priority": priority}
    told = await house.core.router.preview("acme", NotifyRequest.model_validate(body))
    assert_told(told)
    [each] = told["recipients"]
    steps = [(step["step"], step["result"]) for step in each["steps"][3:]]
    assert (each["state"], steps) == ("queued", [] if priority == "urgent" else [(kind, reason)])
    if steps:
        [row] = await house.deliveries(state="held")
        until = each["steps"][3]["until"]
        # A quota's end is further away than the end of either of them.
        assert until == rfc3339(row.due) or (kind == "quota" and until > rfc3339(row.due))
