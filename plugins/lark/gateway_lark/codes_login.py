"""Codes of people's logins, from "Get user_access_token" and "Get user information"."""

from gateway.plugin import (
    ContentError,
    CredentialError,
    RecipientError,
    TemporaryError,
    UncertainError,
)

from .code_row import Code

_AGAIN = "Log in again."

LOGIN_CODES: tuple[Code, ...] = (
    Code(
        20002,
        CredentialError,
        "The App Secret is wrong.",
        "应用密钥错误。",
        "Copy it again from Credentials & Basic Info.",
    ),
    Code(
        20048,
        CredentialError,
        "There is no application of this App ID.",
        "应用不存在。",
        "Copy the App ID again from Credentials & Basic Info.",
    ),
    Code(
        20003,
        ContentError,
        "The platform does not know the code of the login.",
        "授权码无效。",
        _AGAIN,
    ),
    Code(
        20004,
        ContentError,
        "The code of the login has expired.",
        "授权码已过期。",
        _AGAIN,
    ),
    Code(
        20065,
        ContentError,
        "The code of the login was used before.",
        "授权码已被使用。",
        _AGAIN,
    ),
    Code(
        20024,
        ContentError,
        "The code of the login is of another application.",
        "授权码与应用不匹配。",
        _AGAIN,
    ),
    Code(
        20049,
        ContentError,
        "The platform wants a proof key that the login did not begin with.",
        "PKCE 校验失败。",
        _AGAIN,
    ),
    Code(
        20071,
        CredentialError,
        "The login came back to another address than it began with.",
        "重定向 URL 不匹配。",
        "Register the redirect URLs of the setup guide, and log in again.",
    ),
    Code(
        20010,
        RecipientError,
        "The person may not use the application.",
        "用户无应用使用权限。",
        "Add them to the application's availability and publish a version.",
    ),
    Code(
        20008,
        RecipientError,
        "The platform does not know who logged in.",
        "用户不存在。",
    ),
    Code(20021, RecipientError, "The person has left.", "用户已离职。"),
    Code(20022, RecipientError, "The person's account is frozen.", "用户已冻结。"),
    Code(
        20023,
        RecipientError,
        "The person has not joined yet.",
        "用户未注册。",
    ),
    Code(
        20005,
        ContentError,
        "The platform does not take the token of the login.",
        "用户访问凭证无效。",
        _AGAIN,
    ),
    Code(
        20050,
        UncertainError,
        "The platform failed during the login.",
        "平台登录服务内部错误。",
    ),
    Code(
        20072,
        TemporaryError,
        "The platform's login is not available.",
        "平台登录服务暂不可用。",
    ),
)
