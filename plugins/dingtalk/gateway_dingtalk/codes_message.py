# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Codes of robots, cards, groups and DING messages, from the pages of these APIs."""

from gateway.plugin import (
    ContentError,
    CredentialError,
    QuotaExhaustedError,
    RecipientError,
    ScopeMissingError,
)

from .code_row import Code, rows
from .editions import CARD_PLATFORM, CONSOLE

_OURS = "Please report this to the makers of the gateway."
_ROBOT = "Copy the robot code from the application's Chatbot page and publish a version."

ROBOT_CODES = (
    *rows(
        "invalidParameter.robotCode.empty invalidParameter.robotCode.invalid "
        "invalidParameter.robotCode.notExsit invalidParameter.robotCode.notExist "
        "MissingrobotCode invalid.chatbotId",
        CredentialError,
        "There is no such robot, or its application has no published version.",
        "机器人编码无效，或应用尚未发布版本。",
        fix=_ROBOT,
        page=CONSOLE,
    ),
    *rows(
        "invalidParameter.robotCode.auth not.allowed.robotCode",
        CredentialError,
        "The robot belongs to another application.",
        "机器人不属于该应用。",
        fix=_ROBOT,
        page=CONSOLE,
    ),
    *rows(
        "chatbotId.notAllow.sendOTO robot.oto.notExist template.stopped bot.stopped send.forbidden",
        CredentialError,
        "The robot was stopped, or may not send to people.",
        "机器人已停用，或不允许发送单聊消息。",
        fix="Turn it on in the application's Chatbot page and publish a version.",
        page=CONSOLE,
    ),
    *rows(
        "invalidParameter.userIds.empty invalidParameter.userIds.overMax MissinguserIds "
        "invalidParameter.msgKey.empty invalidParameter.msgKey.invalid "
        "invalidParameter.processQueryKeys.overMax",
        ContentError,
        "The platform found the call malformed.",
        "请求格式错误。",
        fix=_OURS,
    ),
    *rows(
        "invalidParameter.msgParam.invalid miss.param.markdownTotitle",
        ContentError,
        "The platform refused the message.",
        "消息内容无效。",
    ),
    Code(
        "invalidParameter.msgParam.tooLong",
        ContentError,
        "The message is too long.",
        "消息内容过长。",
    ),
    *rows(
        "contain.unsafe.url contain.notAllowed.text contain.notAllowed.picture "
        "contain.notAllowed.content param.contentUnsafe",
        ContentError,
        "The platform's review refused the content.",
        "内容未通过平台安全审核。",
    ),
    *rows(
        "processQueryKey.expireTime robot.processQueryKey.expired",
        ContentError,
        "The message is unknown or older than 24 hours.",
        "消息不存在或已超过 24 小时。",
    ),
)

RECIPIENT_CODES = (
    *rows(
        "staffId.notExisted miss.staffId illegal.receivers param.userIdNotExist "
        "33012 60121 40003 60111",
        RecipientError,
        "The organisation has nobody like that, or the application may not be shown to them.",
        "企业内没有该成员，或该成员不在应用的可见范围内。",
        fix="Check the person, widen the application's visible range and publish a version.",
        gone=True,
    ),
    *rows(
        "conversation.org.notMatch invalid.openConversationId miss.openConversationId "
        "MissingopenConversationId group.disbanded resource.unavailable invalideChatId",
        RecipientError,
        "The robot cannot reach this group.",
        "机器人无法向该群发送消息。",
        fix="Use an internal group that the robot is in.",
        gone=True,
    ),
)

CARD_CODES = (
    *rows(
        "param.templateNotExist param.cardTemplateIdEmpty MissingcardTemplateId",
        CredentialError,
        "There is no such card template.",
        "卡片模板不存在。",
        fix="Copy the template's ID from the Card Platform, or leave it out to send without one.",
        page=CARD_PLATFORM,
    ),
    Code(
        "param.templateUnpublished",
        CredentialError,
        "The card template is not published.",
        "卡片模板尚未发布。",
        "Publish it on the Card Platform.",
        CARD_PLATFORM,
    ),
    *rows(
        "param.cardAlreadyExist",
        ContentError,
        "The platform has a card of this key already.",
        "该卡片已存在。",
    ),
    *rows(
        "param.cardNotExist param.outTrackIdEmpty MissingoutTrackId",
        ContentError,
        "The platform knows no such card.",
        "卡片不存在。",
    ),
    *rows(
        "param.openSpaceIdInvalid param.openSpaceModelInvalid param.openDeliverModelError "
        "param.openDeliverModelEmpty param.cardPublicDataEmpty "
        "param.cardDataAndPrivateDataBothEmpty param.empty param.invalid",
        ContentError,
        "The platform refused the card.",
        "卡片请求无效。",
    ),
    *rows(
        "param.callbackRouteKeyNotExist param.callbackRouteKeyEmpty param.callbackRouteKeyInvalid "
        "param.callbackRouteKeyError",
        CredentialError,
        "The address for button presses is not registered.",
        "卡片回调地址尚未注册。",
    ),
)

DING_CODES = (
    Code(
        "ding.receivercount.limit",
        ContentError,
        "A DING has too many receivers.",
        "DING 接收人数超过限制。",
    ),
    Code(
        "ding.serverquota.insufficient",
        QuotaExhaustedError,
        "The organisation's DINGs of this month are used up.",
        "企业本月的 DING 额度已用完。",
        "Buy a DING package or wait for the next month.",
    ),
    Code(
        "exclusive.account.only",
        RecipientError,
        "The person has no enterprise account.",
        "该成员不是企业账号。",
    ),
    Code(
        "permession.checkFailed",
        ScopeMissingError,
        "The owner is outside the application's range.",
        "群主不在应用的授权范围内。",
        "Widen the range under Permission Management and publish a version.",
        CONSOLE,
    ),
)
MESSAGE_CODES = (*ROBOT_CODES, *RECIPIENT_CODES, *CARD_CODES, *DING_CODES)
