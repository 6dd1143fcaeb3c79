# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Codes of the two gateways: tokens, permissions, pace and quota.

The platform documents them as "Server API error codes" and "How to process API throttling".
"""

from gateway.plugin import (
    ContentError,
    CredentialError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

from .code_row import Code, rows
from .editions import CONSOLE

_CREDENTIALS = "Copy both again from Credential and Basic Information."
_OURS = "Please report this to the makers of the gateway."
_IP = "Add the gateway's address to the application's server egress IP list."
_GRANT = "Grant it under Permission Management and publish a version."

TOKEN_CODES = (
    *rows(
        "InvalidAuthentication 40014 42001 40001",
        TemporaryError,
        "The platform took two tokens in a row for expired.",
        "访问凭证无效或已过期。",
        fix="It is tried again with a new one.",
    ),
    *rows(
        "AuthenticationFailed.MissingParameter 41001 40000",
        ContentError,
        "The call carried no token.",
        "调用缺少访问凭证。",
        fix=_OURS,
    ),
    *rows(
        "invalidClientIdOrSecret 40096 40089 invalid.client",
        CredentialError,
        "The AppKey or the AppSecret is wrong.",
        "AppKey 或 AppSecret 错误。",
        fix=_CREDENTIALS,
        page=CONSOLE,
    ),
    Code(
        "unauthorized.client",
        CredentialError,
        "The application may not log in this way.",
        "应用无权以此方式获取访问凭证。",
        "Use an internal application of your organisation.",
        CONSOLE,
    ),
    *rows(
        "unsupported.grant.type Missingbody Invalidbody",
        ContentError,
        "The platform could not read the call for a token.",
        "获取访问凭证的请求格式错误。",
        fix=_OURS,
    ),
)

LOGIN_CODES = (
    *rows(
        "invalidParameter.authCode.notFound invalidParameter.authCode.invalid 40078",
        ContentError,
        "The code of the login is none of the platform's, used or too old.",
        "临时授权码无效、已使用或已过期。",
        fix="Log in again.",
    ),
)

PERMISSION_CODES = (
    *rows(
        "Forbidden.AccessDenied.AccessTokenPermissionDenied 60011 permissions.error",
        ScopeMissingError,
        "The application lacks a permission.",
        "应用缺少接口权限。",
        fix=_GRANT,
        page=CONSOLE,
    ),
    *rows(
        "Forbidden.AccessDenied.IpNotInWhiteList 60020",
        ScopeMissingError,
        "The application may not be used from this address.",
        "当前出口 IP 不在应用的白名单中。",
        fix=_IP,
        page=CONSOLE,
    ),
    Code(
        "forbidden.accessDenied.realmControl",
        ScopeMissingError,
        "The organisation's security control refused the call.",
        "被企业安全管控策略拒绝。",
        "Ask the administrator of the organisation to allow the application.",
    ),
    *rows(  # one person's matter: the others can be reached
        "50002 50004",
        RecipientError,
        "The person or department is outside the application's contact range.",
        "成员或部门不在应用的通讯录授权范围内。",
        fix="Widen the range under Permission Management and publish a version.",
        page=CONSOLE,
    ),
)

PACE_CODES = (
    *rows(
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi 90018",
        RateLimitedError,
        "The application called this API too often in one second.",
        "应用每秒调用次数超过限制。",
    ),
    Code(
        "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi",
        RateLimitedError,
        "The application called this API too often in one minute.",
        "应用每分钟调用次数超过限制。",
        wait=60,
    ),
    *rows(
        "Forbidden.AccessDenied.QpsLimitForApi 90002",
        RateLimitedError,
        "All customers together call this API too often.",
        "该接口的总调用次数超过限制。",
        wait=2,
    ),
    *rows(
        "QpsLimitForSuitekeyAndOrgAndApi "
        "Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi 90019",
        RateLimitedError,
        "The organisation called this API too often.",
        "企业调用次数超过限制。",
        wait=2,
    ),
    *rows(
        "90001 90003 90004 90005 90006 90007 90008 90009 90010 90011 90012 90013 90014",
        RateLimitedError,
        "The platform has closed this API to the application for some minutes.",
        "接口调用过于频繁，已被临时限制。",
        wait=120,
    ),
    *rows(
        "send.too.fast send.byToken.tooFast too.many.people too.many.group toomuch.msg",
        RateLimitedError,
        "The robot sent too many messages.",
        "机器人发送消息过于频繁。",
        wait=60,
    ),
    *rows(
        "Forbidden.AccessDenied.ApiCountLimitForOrg 90020",
        QuotaExhaustedError,
        "The organisation's calls of this month are used up.",
        "企业本月的接口调用量已用完。",
        fix="Buy an add-on package or wait for the next month.",
        page=CONSOLE,
    ),
)

PLATFORM_CODES = (
    *rows(
        "system.error unknownError server.error 500 34015",
        UncertainError,
        "The platform had an internal error.",
        "平台内部错误。",
    ),
    *rows(
        "system.busy systemBusy -1 ServiceUnavailable",
        TemporaryError,
        "The platform is busy.",
        "平台系统繁忙。",
    ),
    *rows(
        "404 22",
        CredentialError,
        "There is no such API at this address.",
        "该地址没有此接口。",
        fix="Correct the two API base addresses.",
    ),
    *rows(
        "43004 40035 400002 40056 52019 60003 40104 41",
        ContentError,
        "The platform refused a value of the call.",
        "请求参数无效。",
    ),
)
COMMON_CODES = (*TOKEN_CODES, *LOGIN_CODES, *PERMISSION_CODES, *PACE_CODES, *PLATFORM_CODES)
