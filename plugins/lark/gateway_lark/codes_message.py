# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Codes of single messages (`im/v1`) and of the cards in them."""

from gateway.plugin import (
    ContentError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    UncertainError,
)

from .code_row import Code

_BOT = "Add the Bot feature and publish a version."
_AVAILABILITY = "Widen the application's availability and publish a version."
_UPLOAD = "Upload it through this channel."

MESSAGE_CODES = (
    Code(230001, ContentError, "The platform refused the call.", "请求参数无效。"),
    *(
        Code(
            230001,
            RecipientError,
            "The platform does not know this recipient.",
            "接收者 ID 无效。",
            phrase=phrase,
            gone=True,
        )
        for phrase in ("invalid receive_id", "invalid user_id", "are invalid")
    ),
    Code(
        230001,
        ContentError,
        "The platform does not take this kind of id.",
        "接收者 ID 类型无效。",
        phrase="invalid receive_id_type",
    ),
    Code(
        230001,
        UncertainError,
        "The platform had an internal error.",
        "平台内部错误。",
        phrase="internal error",
    ),
    Code(
        230002,
        RecipientError,
        "The bot is not in this chat.",
        "机器人不在该群聊中。",
        "Add the bot to the chat.",
    ),
    Code(230006, ScopeMissingError, "The bot is not switched on.", "应用未启用机器人能力。", _BOT),
    Code(230009, ContentError, "It is too late to recall this message.", "已超过撤回时限。"),
    Code(230011, ContentError, "The message was recalled.", "消息已被撤回。"),
    Code(230012, ContentError, "The message is not this bot's.", "该消息不是机器人发送的。"),
    Code(
        230013,
        RecipientError,
        "The person is outside the application's availability, or has left.",
        "用户不在应用的可用范围内，或已离职。",
        _AVAILABILITY,
        gone=True,
    ),
    Code(230015, ContentError, "This card cannot be shared here.", "不支持的卡片分享。"),
    Code(
        230017,
        ContentError,
        "A picture or file belongs to another application.",
        "图片或文件属于其他应用。",
        _UPLOAD,
    ),
    Code(
        230018,
        RecipientError,
        "The chat's settings do not allow this.",
        "群设置不允许该操作。",
        "Change the chat's settings.",
    ),
    Code(230019, RecipientError, "The topic does not exist.", "话题不存在。", gone=True),
    Code(
        230020,
        RateLimitedError,
        "This recipient gets too many messages a second.",
        "触发单个用户或群聊的频率限制。",
        bucket="recipient",
    ),
    Code(230022, ContentError, "The content was found sensitive.", "消息包含敏感内容。"),
    Code(
        230023,
        ContentError,
        "The person has too many unread urgent messages.",
        "用户未读的加急消息过多。",
    ),
    Code(230024, ContentError, "The quota of urgent marks is used up.", "加急额度已用完。"),
    Code(
        230025,
        ContentError,
        "The message is too long.",
        "消息内容超出长度限制。",
        "A card may have 30 KB.",
    ),
    Code(230026, ContentError, "The bot may not recall this message.", "没有撤回该消息的权限。"),
    Code(
        230027,
        ScopeMissingError,
        "The application lacks a permission for this chat.",
        "应用缺少必要的权限。",
        "Add it and publish a version; external chats are not open to bots.",
    ),
    Code(
        230028,
        ContentError,
        "The organisation's data loss prevention refused the message.",
        "消息未通过企业数据防泄漏审核。",
        "Leave out phone numbers and addresses.",
    ),
    Code(230029, RecipientError, "The person has left.", "用户已离职。", gone=True),
    Code(230030, ContentError, "The batch message is unknown.", "批量消息 ID 不存在。"),
    Code(
        230031,
        ContentError,
        "The message is older than 14 days and can no longer change.",
        "消息发送已超过 14 天，无法更新。",
    ),
    Code(
        230033,
        ContentError,
        "Who read it is told for 7 days only.",
        "仅支持查询 7 天内消息的已读信息。",
    ),
    Code(
        230034,
        RecipientError,
        "The platform does not know this recipient.",
        "接收者 ID 无效。",
        gone=True,
    ),
    Code(
        230035,
        RecipientError,
        "The bot may not write to this recipient.",
        "没有向该用户或群聊发送消息的权限。",
        "The chat may be muted, or the bot blocked.",
    ),
    *(
        Code(
            number,
            RecipientError,
            "The person belongs to another organisation.",
            "用户属于其他企业或企业已注销。",
            gone=True,
        )
        for number in (230036, 230038)
    ),
    Code(230049, UncertainError, "The message is being sent.", "消息正在发送中。"),
    Code(230050, ContentError, "The message is not visible to the bot.", "消息对机器人不可见。"),
    Code(230052, ContentError, "Urgent marks are not allowed.", "不允许加急。"),
    Code(
        230053,
        RecipientError,
        "The person does not want messages of this bot.",
        "用户已拒收该机器人的消息。",
        "Only the person can change that.",
        gone=True,
    ),
    *(
        Code(
            number,
            ContentError,
            "This kind of message is not allowed there.",
            "不支持该类型的消息或操作。",
        )
        for number in (230054, 230055)
    ),
    Code(230071, ContentError, "The message is not this bot's.", "该消息不是机器人发送的。"),
    Code(230072, ContentError, "The message was edited too often.", "消息编辑次数已达上限。"),
    *(
        Code(
            number,
            ContentError,
            "The chat is encrypted or secret and closed to this.",
            "加密或密聊群不支持该操作。",
        )
        for number in (230073, 230074, 230075)
    ),
    Code(230098, ContentError, "A folded message cannot be urgent.", "被折叠的消息不支持加急。"),
    Code(230099, ContentError, "The platform refused the card.", "创建卡片内容失败。"),
    Code(230110, ContentError, "The message was deleted.", "消息已被删除。"),
)

CARD_CODES = (
    Code(
        100290,
        ContentError,
        "The card mentions somebody unknown to this application.",
        "卡片中 @ 的用户无效。",
    ),
    Code(
        11310,
        ContentError,
        "The card has too many parts, or its template is not open to this application.",
        "卡片元素过多，或模板对应用不可见。",
    ),
    Code(
        11310,
        UncertainError,
        "Somebody is pressing a button of this card right now.",
        "卡片正在交互中。",
        phrase="lock",
    ),
    Code(200380, ContentError, "The card template is not released.", "卡片模板不存在或未发布。"),
    Code(
        200381,
        ContentError,
        "The card template is not open to this application.",
        "卡片模板对应用不可见。",
    ),
    Code(200550, ContentError, "A chart of the card is wrong.", "图表内容无效。"),
    Code(
        200570,
        ContentError,
        "The card's picture is unknown to this application.",
        "图片 key 无效。",
        _UPLOAD,
    ),
    Code(200621, ContentError, "The card is no JSON.", "卡片 JSON 无法解析。"),
    Code(200732, ContentError, "A variable of the template is wrong.", "模板变量类型错误。"),
    Code(200737, ContentError, "A variable of the template is wrong.", "模板变量格式错误。"),
    Code(
        200861,
        ContentError,
        "The card has a part that JSON 2.0 does not know.",
        "卡片使用了 JSON 2.0 不支持的组件。",
    ),
    Code(200914, ContentError, "A table of the card is wrong.", "表格内容无效。"),
    Code(200915, ContentError, "A table of the card is wrong.", "表格列未声明。"),
    Code(300220, ContentError, "A sound of the card is wrong.", "音频组件无效。"),
    Code(300230, ContentError, "A sound of the card is wrong.", "音频组件无效。"),
    Code(300240, ContentError, "A sound of the card is wrong.", "音频组件无效。"),
)
