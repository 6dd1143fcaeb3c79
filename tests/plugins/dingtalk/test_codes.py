from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.plugin import (
    ContentError,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway_dingtalk.code_row import Code
from gateway_dingtalk.codes import CODES, Reading, code_of, error_for, find, next_month

CHINA_TIME = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 1, 31, 17, 0, tzinfo=UTC)  # the 1st of February in China
DENIED = "Forbidden.AccessDenied"
DOSSIER = f"""
InvalidAuthentication 40014 42001 40001 AuthenticationFailed.MissingParameter 41001
invalidClientIdOrSecret 40096 40089 {DENIED}.AccessTokenPermissionDenied 60011
{DENIED}.IpNotInWhiteList 60020 {DENIED}.QpsLimitForAppkeyAndApi 90018
{DENIED}.QpmLimitForAppkeyAndApi {DENIED}.QpsLimitForApi 90002 QpsLimitForSuitekeyAndOrgAndApi
90019 {DENIED}.ApiCountLimitForOrg 90020 90001 90003 90014 system.error system.busy systemBusy
unknownError -1 500 send.too.fast send.byToken.tooFast too.many.people too.many.group toomuch.msg
invalidParameter.robotCode.empty invalidParameter.robotCode.invalid
invalidParameter.robotCode.notExsit invalidParameter.robotCode.auth chatbotId.notAllow.sendOTO
robot.oto.notExist template.stopped bot.stopped send.forbidden invalidParameter.userIds.empty
invalidParameter.userIds.overMax MissinguserIds invalidParameter.msgKey.empty
invalidParameter.msgKey.invalid invalidParameter.msgParam.invalid
invalidParameter.msgParam.tooLong contain.unsafe.url contain.notAllowed.text
contain.notAllowed.picture contain.notAllowed.content param.contentUnsafe staffId.notExisted
miss.staffId illegal.receivers param.userIdNotExist 33012 60121 40003 60111
conversation.org.notMatch invalid.openConversationId group.disbanded resource.unavailable
param.templateNotExist param.templateUnpublished param.cardTemplateIdEmpty param.cardAlreadyExist
param.cardNotExist param.openSpaceIdInvalid param.openSpaceModelInvalid
param.openDeliverModelError param.openDeliverModelEmpty param.cardPublicDataEmpty param.empty
param.invalid 50002 50004 40035 400002 40056 52019 60003 40104 34015 43004
ding.receivercount.limit ding.serverquota.insufficient forbidden.accessDenied.realmControl
"""


def read(body: Any, status: int = 400) -> DeliveryError | None:  # noqa: ANN401 - any JSON
    reply = httpx.Response(status, json=body)
    return error_for(reply, Reading(NOW, CHINA_TIME, secrets=("the-secret",)))


def test_every_code_of_the_documentation_has_a_row() -> None:
    assert set(DOSSIER.split()) <= {row.code for row in CODES}


def test_no_code_has_two_rows() -> None:
    codes = [row.code for row in CODES]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_every_row_becomes_its_error_whatever_the_status(row: Code, status: int) -> None:
    error = read({"code": row.code, "message": "no", "requestid": "r-1"}, status)
    assert type(error) is row.error
    assert (error.provider_code, error.http_status, error.log_id) == (row.code, status, "r-1")
    assert error.message.startswith(row.en)


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_every_row_becomes_the_same_error_in_the_old_api(row: Code) -> None:
    error = read({"errcode": row.code, "errmsg": "no"}, 200)
    wrapped = read({"errcode": 88, "sub_code": row.code, "sub_msg": "no"}, 200)
    assert type(error) is type(wrapped) is row.error


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_every_row_speaks_both_languages(row: Code) -> None:
    assert row.en.endswith(".")
    assert row.zh.endswith("。")
    assert not row.fix or row.fix.endswith(".")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"errcode": 0}, "0"),
        ({"errcode": "0"}, "0"),
        ({"errcode": "60121"}, "60121"),
        ({"errcode": 88}, "88"),
        ({"errcode": 88, "sub_code": "40014"}, "40014"),
        ({"Code": "InvalidAuthentication"}, "InvalidAuthentication"),
        ({"code": True}, ""),
        ({"code": {}}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_code_is_read_from_either_generation(body: dict[str, Any] | None, code: str) -> None:
    assert code_of(body) == code


def test_a_success_is_no_error() -> None:
    assert read({"errcode": "0", "errmsg": "ok"}, 200) is None
    assert read({"processQueryKey": "x"}, 200) is None


def test_the_old_api_refuses_with_http_200() -> None:
    assert type(read({"errcode": 40035, "errmsg": "缺少参数"}, 200)) is ContentError


@pytest.mark.parametrize("status", [400, 403])
def test_a_403_is_throttling_or_a_permission_by_its_code_alone(status: int) -> None:
    fast = read({"code": f"{DENIED}.QpsLimitForAppkeyAndApi"}, status)
    denied = read({"code": f"{DENIED}.AccessTokenPermissionDenied"}, status)
    assert isinstance(fast, RateLimitedError)
    assert fast.retry_after == timedelta(seconds=1)
    assert isinstance(denied, ScopeMissingError)


@pytest.mark.parametrize(
    ("code", "seconds"),
    [(f"{DENIED}.QpmLimitForAppkeyAndApi", 60), ("90007", 120), ("send.too.fast", 60)],
)
def test_a_longer_limit_is_waited_for_longer(code: str, seconds: int) -> None:
    error = read({"code": code})
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("body", [{"errcode": 90020}, {"code": f"{DENIED}.ApiCountLimitForOrg"}])
def test_a_used_up_month_ends_on_the_first_in_china(body: dict[str, Any]) -> None:
    error = read(body, 200)
    assert isinstance(error, QuotaExhaustedError)
    assert error.resets_at == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_followed_by_a_first(month: int) -> None:
    end = next_month(datetime(2025, month, 28, 3, tzinfo=UTC), UTC)
    assert (end.day, end.month) == (1, month % 12 + 1)


@pytest.mark.parametrize(
    "body",
    [
        {
            "code": f"{DENIED}.AccessTokenPermissionDenied",
            "accessdenieddetail": {"requiredScopes": ["qyapi_robot_sendmsg"]},
        },
        {
            "Code": f"{DENIED}.AccessTokenPermissionDenied",
            "AccessDeniedDetail": {"requiredScopes": ["qyapi_robot_sendmsg"]},
        },
        {
            "errcode": 88,
            "sub_code": "60011",
            "sub_msg": "应用尚未开通所需的权限：[qyapi_robot_sendmsg]，点击链接申请",  # noqa: RUF001
        },
    ],
)
def test_a_missing_permission_is_named(body: dict[str, Any]) -> None:
    error = read(body, 200)
    assert isinstance(error, ScopeMissingError)
    assert error.scopes == ("qyapi_robot_sendmsg",)
    assert "qyapi_robot_sendmsg" in error.message


def test_the_page_that_grants_a_permission_is_taken_from_the_answer() -> None:
    page = "https://open-dev.dingtalk.com/appscope/apply?content=dingkey%23Contact.User.Read"
    error = read({"code": f"{DENIED}.AccessTokenPermissionDenied", "message": f"申请：{page}"})  # noqa: RUF001
    assert error is not None
    assert error.fix_url == page
    odd = "https://evil.example/appscope"
    other = read({"code": f"{DENIED}.AccessTokenPermissionDenied", "message": odd})
    assert other is not None
    assert other.fix_url == "https://open-dev.dingtalk.com"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.Response(200, text="<html>sign in</html>"), UncertainError),
        (httpx.Response(200, content=b""), UncertainError),
        (httpx.Response(200, content=b'{"processQuer'), UncertainError),
        (httpx.Response(200, json={}), UncertainError),
        (httpx.Response(200, json=[1]), UncertainError),
        (httpx.Response(500, text="no"), UncertainError),
        (httpx.Response(502, json={"message": "no"}), UncertainError),
        (httpx.Response(503, text="no"), TemporaryError),
        (httpx.Response(302, text=""), TemporaryError),
        (httpx.Response(403, text="<html>blocked</html>"), TemporaryError),
        (httpx.Response(429, text="slow"), RateLimitedError),
    ],
)
def test_what_is_no_answer_of_the_platform_is_judged_by_its_status(
    reply: httpx.Response, error: type[DeliveryError]
) -> None:
    assert type(error_for(reply, Reading(NOW, CHINA_TIME))) is error


@pytest.mark.parametrize("status", [200, 403])
def test_a_banned_address_waits_for_five_minutes(status: int) -> None:
    error = read({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}, status)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(minutes=5)


@pytest.mark.parametrize(("status", "kind"), [(400, ContentError), (500, UncertainError)])
def test_an_unknown_code_is_judged_by_the_status(status: int, kind: type[DeliveryError]) -> None:
    error = read({"code": "brand.new", "message": "new\nthing"}, status)
    assert type(error) is kind
    assert "brand.new" in error.message
    assert "new thing" in error.message


@pytest.mark.parametrize("code", ["MissinganyField", "miss.param.x", "invalidParameter.any.x"])
def test_a_refused_value_is_content_whatever_its_name(code: str) -> None:
    assert type(read({"code": code, "message": "x"}, 500)) is ContentError


def test_a_secret_that_the_far_end_repeats_is_not_shown() -> None:
    error = read(
        {"code": "the-secret", "message": "you said the-secret", "requestid": "the-secret"}
    )
    assert error is not None
    shown = f"{error.message} {error.provider_code} {error.log_id}"
    assert "the-secret" not in shown


def test_a_person_out_of_range_does_not_hold_the_channel() -> None:
    error = read({"errcode": 50002}, 200)
    assert type(error) is RecipientError
    assert not error.gone


def test_a_wrong_secret_holds_the_channel() -> None:
    assert type(read({"code": "invalidClientIdOrSecret"})) is CredentialError
    assert find("nothing.like.that") is None
