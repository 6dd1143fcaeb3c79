# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Codes of the token endpoints, of the API gateway, and of application, tenant and contacts.

The platform documents them as "Generic error codes" and on each API's page.
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

from .code_row import Code

_CREDENTIALS = "Copy both again from Credentials & Basic Info."
_ASK_AGAIN = "It is tried again."
_OURS = "Please report this to the makers of the gateway."
_PUBLISH = "Enable it in the admin console and publish a version."
_RANGE = "Widen the contact data range and publish a version."

TOKEN_CODES = (
    Code(
        10003,
        CredentialError,
        "The app id or secret is malformed.",
        "App ID 或 App Secret 格式不正确。",
        _CREDENTIALS,
        purpose="token",
    ),
    Code(
        10005,
        CredentialError,
        "The application belongs to another organisation.",
        "应用与企业不匹配。",
        _CREDENTIALS,
        purpose="token",
    ),
    Code(10012, TemporaryError, "No token was issued.", "获取凭证失败。", _ASK_AGAIN),
    Code(10013, TemporaryError, "No token was issued.", "获取凭证失败。", _ASK_AGAIN),
    Code(
        10014,
        CredentialError,
        "The platform does not know this app id, or its secret is wrong or it was stopped.",
        "App ID 不存在、App Secret 错误或应用已停用。",
        _CREDENTIALS,
    ),
    Code(10015, CredentialError, "The app secret is wrong.", "App Secret 错误。", _CREDENTIALS),
    Code(
        2200,
        TemporaryError,
        "The platform could not issue a token.",
        "平台内部错误，暂时无法获取凭证。",
        _ASK_AGAIN,
        purpose="token",
    ),
)

_INTERNAL = tuple(
    Code(number, UncertainError, "The platform had an internal error.", "平台内部错误。")
    for number in (1500, 1663, 1668, 2200, 5000, 55001, 10101, 10500)
)

GATEWAY_CODES = (
    Code(9499, ContentError, "The platform found the call malformed.", "请求格式错误。", _OURS),
    Code(
        99991201,
        ContentError,
        "The platform does not know this path.",
        "接口路径不存在。",
        "Check the API base address.",
    ),
    Code(99991301, ContentError, "The platform refused the method.", "请求方法错误。", _OURS),
    Code(99991400, RateLimitedError, "The platform asks to slow down.", "触发接口频率限制。"),
    Code(
        99991401,
        ScopeMissingError,
        "The application's IP allow-list does not hold the gateway's address.",
        "网关的出口 IP 不在应用的 IP 白名单中。",
        "Add the address under Security Settings.",
    ),
    Code(
        99991403,
        QuotaExhaustedError,
        "The organisation's API calls of this month are used up.",
        "企业本月的 API 调用额度已用完。",
        "They reset on the 1st; a paid edition has no such limit.",
    ),
    Code(99991661, CredentialError, "The call carried no token.", "请求缺少访问凭证。", _OURS),
    Code(99991662, CredentialError, "The application is disabled.", "应用已停用。", _PUBLISH),
    Code(99991663, CredentialError, "The token was refused.", "访问凭证无效。"),
    Code(99991664, CredentialError, "The application token was refused.", "应用凭证无效。"),
    Code(99991665, CredentialError, "The tenant token was refused.", "租户凭证无效。"),
    Code(
        99991668,
        CredentialError,
        "The user's token was refused.",
        "用户凭证无效。",
        "The person has to log in again.",
    ),
    Code(99991671, CredentialError, "The token was no token.", "访问凭证格式错误。"),
    Code(
        99991672,
        ScopeMissingError,
        "The application lacks a permission.",
        "应用缺少权限。",
        "Add it and publish a version.",
    ),
    Code(
        99991673,
        ScopeMissingError,
        "The application is not installed in this organisation.",
        "应用未在该企业安装或不可用。",
        _PUBLISH,
    ),
    Code(
        99991677,
        CredentialError,
        "The user's token has expired.",
        "用户凭证已过期。",
        "The person has to log in again.",
    ),
    Code(
        99991679,
        ScopeMissingError,
        "The person has not authorised this.",
        "用户未授权该权限。",
        "The person has to authorise it.",
    ),
    Code(99992354, ContentError, "The platform does not know this message.", "消息 ID 不存在。"),
    Code(99992402, ContentError, "The platform found a field wrong.", "字段校验失败。"),
    *_INTERNAL,
    *(
        Code(
            number,
            RecipientError,
            "The platform does not know this person (any more).",
            "用户 ID 不存在。",
            "Look the user up again (`…/bindings/{user}/resolve`), or bind them to the right id.",
            gone=True,
        )
        for number in (99992351, 99992352, 99992353, 99992359, 99992360, 99992363)
    ),
    *(
        Code(
            number,
            RecipientError,
            "The platform does not know this chat.",
            "群聊 ID 不存在。",
            "Copy the chat's id again.",
            gone=True,
        )
        for number in (99992355, 99992356)
    ),
    Code(
        99992361,
        RecipientError,
        "This open_id belongs to another application.",
        "该 open_id 属于另一个应用。",
        "Look the user up again (`…/bindings/{user}/resolve`), or bind them to the right id.",
        gone=True,
    ),
    *(
        Code(
            number,
            RecipientError,
            "This person belongs to another organisation.",
            "该用户属于其他企业。",
            gone=True,
        )
        for number in (99992364, 99992381)
    ),
)

CONTACT_CODES = (
    Code(40001, ContentError, "The platform found a parameter wrong.", "参数错误。", _OURS),
    Code(
        40004,
        ScopeMissingError,
        "The application may not see this department.",
        "应用没有该部门的权限。",
        _RANGE,
    ),
    Code(40011, ContentError, "The page size was refused.", "分页大小无效。", _OURS),
    Code(40012, ContentError, "The page token was refused.", "分页标记无效。", "Start again."),
    Code(
        41012,
        RecipientError,
        "The platform does not know this user id.",
        "用户 ID 无效。",
        gone=True,
    ),
    Code(
        41050,
        ScopeMissingError,
        "The application may not see this person.",
        "应用没有该用户的权限。",
        _RANGE,
    ),
    Code(42006, RecipientError, "The person has left.", "用户已离职。", gone=True),
)

APPLICATION_CODES = (
    Code(210503, CredentialError, "The app id is wrong.", "App ID 错误。", _CREDENTIALS),
    Code(
        210504,
        CredentialError,
        "The application belongs to another organisation.",
        "应用属于其他企业。",
        _CREDENTIALS,
    ),
    Code(
        210505,
        CredentialError,
        "This is no custom application.",
        "该应用不是企业自建应用。",
        "Create a custom application.",
    ),
    Code(210506, CredentialError, "The application is unknown.", "应用不存在。", _CREDENTIALS),
    Code(
        210508,
        ScopeMissingError,
        "The application may not read about itself.",
        "应用无权读取自身信息。",
        "Add the permission and publish a version.",
        scopes=("application:application:self_manage",),
    ),
    Code(
        212001,
        ScopeMissingError,
        "Only highly sensitive permissions are left to ask for.",
        "仅剩高敏感权限，需手动申请。",
        "Ask the organisation's admin.",
    ),
    Code(212002, ContentError, "There is no permission to ask for.", "没有待申请的权限。"),
    Code(
        212003,
        ContentError,
        "Permissions were asked for too often.",
        "该版本申请权限次数过多。",
        "Publish a new version.",
    ),
    Code(212004, ContentError, "The same was asked for already.", "重复申请权限。"),
    Code(
        212100,
        ScopeMissingError,
        "The application is not installed in this organisation.",
        "应用未在该企业安装。",
        _PUBLISH,
    ),
    Code(1184000, CredentialError, "The organisation is unknown.", "企业不存在。"),
    Code(
        1184001,
        ScopeMissingError,
        "The application may not read about the organisation.",
        "应用无权读取企业信息。",
        "Add the permission and publish a version.",
        scopes=("tenant:tenant:readonly",),
    ),
)
