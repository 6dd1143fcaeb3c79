# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""The words of the pages of a login, in English and Chinese, and the status of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.api.app_words import PageWords

_ASK = (
    "If it happens again, ask the administrator of your organization who set up this "
    "application, and tell them the code below."
)
_ASK_ZH = "如果再次出现，请联系贵企业配置此应用的管理员，并告知下方的代码。"
_ASK_NOW = (
    "Ask the administrator of your organization who set up this application, and tell them the "
    "code below."
)
_ASK_NOW_ZH = "请联系贵企业配置此应用的管理员，并告知下方的代码。"
_FINE = "If this is not your account, tell the administrator of your organization."
_FINE_ZH = "如果这不是您的帐号，请告知贵企业的管理员。"


@dataclass(frozen=True, slots=True)
class LoginPage:
    """One page: its HTTP status and its words by language."""

    status: int
    words: Mapping[str, PageWords]


def _page(status: int, en: PageWords, zh: PageWords) -> LoginPage:
    return LoginPage(status, {"en": en, "zh-CN": zh})


CONFIRM = _page(
    200,
    PageWords(
        "Receive notifications here?",
        "Log in, and the notifications of the account below arrive under your login. Go on "
        "only if it is your own account.",
        _FINE,
        "Log in",
    ),
    PageWords(
        "在此接收通知？",
        "登录后，下方帐号的通知将发送给您登录的身份。请确认该帐号属于您本人后再继续。",
        _FINE_ZH,
        "登录",
    ),
)

FINE = frozenset({"login_connected", "login_already_connected"})
"""Endings that need no code to tell an administrator."""

LOGIN_PAGES: Mapping[str, LoginPage] = {
    "login_connected": _page(
        200,
        PageWords(
            "You are connected",
            "From now on the notifications of this account arrive here. Nothing of your login was "
            "kept but who you are. You may close this page.",
            _FINE,
        ),
        PageWords(
            "绑定成功",
            "此帐号的通知今后将发送到这里。除您的身份标识外，未保留任何登录信息。可以关闭本页面。",
            _FINE_ZH,
        ),
    ),
    "login_already_connected": _page(
        200,
        PageWords(
            "You were connected before",
            "The notifications of this account arrive here already; nothing has changed. You may "
            "close this page.",
            _FINE,
        ),
        PageWords(
            "此前已绑定", "此帐号的通知已发送到这里，没有任何更改。可以关闭本页面。", _FINE_ZH
        ),
    ),
    "login_refused": _page(
        403,
        PageWords(
            "You did not allow the login",
            "Nothing has changed. To be connected after all, begin again where you came from and "
            "allow it: the application learns who you are, and nothing else.",
            _ASK,
        ),
        PageWords(
            "您未同意登录",
            "没有任何更改。如需绑定，请从原入口重新开始并同意授权：应用仅识别您的身份。",
            _ASK_ZH,
        ),
    ),
    "login_expired": _page(
        400,
        PageWords(
            "This login is over",
            "It was begun too long ago, in another browser or one that keeps no cookies, or has "
            "ended already. Nothing has changed: begin again where you came from.",
            _ASK,
        ),
        PageWords(
            "本次登录已失效",
            "登录开始时间过久、来自其他浏览器、浏览器禁用了 Cookie，或登录已经结束。"
            "没有任何更改，请从原入口重新开始。",
            _ASK_ZH,
        ),
    ),
    "login_code_refused": _page(
        400,
        PageWords(
            "The platform did not confirm this login",
            "Its code is used or too old. Nothing has changed: begin again where you came from.",
            _ASK,
        ),
        PageWords(
            "平台未确认本次登录",
            "授权码已被使用或已过期。没有任何更改，请从原入口重新开始。",
            _ASK_ZH,
        ),
    ),
    "login_link_expired": _page(
        410,
        PageWords(
            "This link is over",
            "It has expired, or was not copied as a whole. Nothing has changed: have another one "
            "sent to you.",
            _ASK_NOW,
        ),
        PageWords(
            "此链接已失效",
            "链接已过期或复制不完整。没有任何更改，请重新获取链接。",
            _ASK_NOW_ZH,
        ),
    ),
    "login_link_used": _page(
        410,
        PageWords(
            "This link was used",
            "A link connects once. Since it was made, somebody was connected by it, or the "
            "account was changed by an administrator. Nothing has changed now.",
            _ASK_NOW,
        ),
        PageWords(
            "此链接已被使用",
            "每个链接仅可使用一次：链接生成后，已有人通过它绑定，或管理员更改过此帐号。本次没有任何更改。",
            _ASK_NOW_ZH,
        ),
    ),
    "bound_to_another": _page(
        409,
        PageWords(
            "This account is connected to somebody else",
            "Its notifications go to another login than yours, and still do: nothing has changed.",
            _ASK_NOW,
        ),
        PageWords(
            "此帐号已绑定其他人",
            "该帐号的通知发送给另一个身份，本次没有任何更改。",
            _ASK_NOW_ZH,
        ),
    ),
    "identity_taken": _page(
        409,
        PageWords(
            "You are connected to another account",
            "Your login receives the notifications of another account, and still does: nothing "
            "has changed.",
            _ASK_NOW,
        ),
        PageWords(
            "您已绑定其他帐号",
            "您的登录身份已用于接收另一个帐号的通知，本次没有任何更改。",
            _ASK_NOW_ZH,
        ),
    ),
    "several_users": _page(
        409,
        PageWords(
            "It is not clear which account is yours",
            "Several accounts have your e-mail address or mobile number. Nothing has changed and "
            "nothing was kept of your login: have a link of your own sent to you.",
            _ASK_NOW,
        ),
        PageWords(
            "无法确定您的帐号",
            "有多个帐号使用您的邮箱或手机号。没有任何更改，也未保留登录信息，请获取专属链接。",
            _ASK_NOW_ZH,
        ),
    ),
    "no_user": _page(
        403,
        PageWords(
            "No account is yours",
            "No account has the e-mail address or mobile number that your organization knows of "
            "you. Nothing was kept of your login: have a link of your own sent to you.",
            _ASK_NOW,
        ),
        PageWords(
            "未找到您的帐号",
            "没有帐号使用您在企业中的邮箱或手机号。未保留任何登录信息，请获取专属链接。",
            _ASK_NOW_ZH,
        ),
    ),
    "login_not_a_member": _page(
        403,
        PageWords(
            "The application is not for this login",
            "You are no member of the organization, or the application was not made available to "
            "you. Nothing has changed.",
            _ASK_NOW,
        ),
        PageWords(
            "此登录身份不能使用该应用",
            "您不是该企业的成员，或不在应用的可用范围内。没有任何更改。",
            _ASK_NOW_ZH,
        ),
    ),
    "login_application_refused": _page(
        409,
        PageWords(
            "The platform refuses this application",
            "A permission or a setting of the application is missing. Nothing has changed.",
            _ASK_NOW,
        ),
        PageWords("平台拒绝了此应用", "应用缺少权限或配置。没有任何更改。", _ASK_NOW_ZH),
    ),
    "not_supported": _page(
        409,
        PageWords(
            "Nobody can log in here",
            "This application sends notifications without anybody logging in.",
            _ASK_NOW,
        ),
        PageWords("此处无法登录", "该应用无需登录即可发送通知。", _ASK_NOW_ZH),
    ),
    "channel_incomplete": _page(
        409,
        PageWords(
            "This application is not set up completely",
            "Its configuration is incomplete, so that nobody can log in yet.",
            _ASK_NOW,
        ),
        PageWords("此应用尚未配置完成", "应用配置不完整，暂时无法登录。", _ASK_NOW_ZH),
    ),
    "plugin_failed": _page(
        503,
        PageWords(
            "The login failed here",
            "It is no mistake of yours, and nothing has changed. Try again later.",
            _ASK,
        ),
        PageWords("登录在我方失败", "这不是您的操作问题，没有任何更改。请稍后重试。", _ASK_ZH),
    ),
    "too_many_logins": _page(
        503,
        PageWords(
            "Too many people log in right now",
            "Nothing has changed. Begin again where you came from in a minute.",
            _ASK,
        ),
        PageWords("当前登录人数过多", "没有任何更改。请一分钟后从原入口重新开始。", _ASK_ZH),
    ),
    "platform_unavailable": _page(
        503,
        PageWords(
            "The platform does not answer",
            "Nothing has changed. Begin again where you came from in some minutes.",
            _ASK,
        ),
        PageWords("平台无响应", "没有任何更改。请几分钟后从原入口重新开始。", _ASK_ZH),
    ),
    "store_unavailable": _page(
        503,
        PageWords(
            "The login cannot be kept right now",
            "Nothing has changed. Begin again where you came from in some minutes.",
            _ASK,
        ),
        PageWords("暂时无法保存", "没有任何更改。请几分钟后从原入口重新开始。", _ASK_ZH),
    ),
}
