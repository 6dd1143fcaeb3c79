"""Codes of batch messages (`message/v4`), group robots, chats and files."""

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

_BOT = "Add the Bot feature and publish a version."
_INSTALL = "Enable the application in the admin console."
_SCOPE = "Add the permission and publish a version."

BATCH_CODES = (
    Code(10002, TemporaryError, "The platform could not send.", "发送失败。", "It is tried again."),
    Code(10003, ContentError, "The platform found a parameter wrong.", "参数无效。"),
    Code(11101, RecipientError, "The open_id is wrong.", "open_id 无效。", gone=True),
    Code(
        11203,
        ScopeMissingError,
        "The application may not send to several people at once.",
        "应用没有批量向用户发送消息的权限。",
        _SCOPE,
        scopes=("im:message:send_multi_users",),
    ),
    Code(
        11204,
        ScopeMissingError,
        "The application may not send to departments.",
        "应用没有批量向部门发送消息的权限。",
        _SCOPE,
        scopes=("im:message:send_multi_depts",),
    ),
    Code(11205, ScopeMissingError, "The bot is not switched on.", "应用未启用机器人能力。", _BOT),
    Code(11207, CredentialError, "The application cannot be used.", "应用不可用。", _INSTALL),
    Code(11209, CredentialError, "The application does not exist.", "应用不存在。"),
    Code(11210, ScopeMissingError, "The application is not installed.", "应用未安装。", _INSTALL),
    Code(
        11223,
        ScopeMissingError,
        "The application may not send messages.",
        "应用没有发送消息的权限。",
        _SCOPE,
        scopes=("im:message:send_as_bot",),
    ),
    Code(
        11225,
        RecipientError,
        "The bot is not visible to this person.",
        "机器人对该用户不可见。",
        "Widen the application's availability and publish a version.",
        gone=True,
    ),
    Code(11227, ContentError, "The picture's key is unknown.", "图片 key 无效。"),
    Code(11231, RecipientError, "The chat does not exist.", "群聊不存在。", gone=True),
    Code(11235, ContentError, "Calling everybody is not allowed there.", "不允许 @所有人。"),
    Code(11236, RecipientError, "The person has left.", "用户已离职。", gone=True),
    Code(11246, ContentError, "The platform refused the card.", "卡片内容无效。"),
    Code(
        11246,
        UncertainError,
        "The platform had an internal error.",
        "平台内部错误。",
        phrase="service internal error",
    ),
    Code(
        11247,
        QuotaExhaustedError,
        "The application's 500,000 batch messages of today are used up.",
        "应用今日 50 万条批量消息额度已用完。",
        period="day",
    ),
    Code(11312, ContentError, "The content did not pass the audit.", "内容未通过审核。"),
    Code(18121, UncertainError, "The same call is still running.", "相同的请求正在处理中。"),
)

ROBOT_CODES = (
    Code(11232, RateLimitedError, "The platform is busy.", "触发系统级频率限制。"),
    Code(
        11233,
        RateLimitedError,
        "This chat gets too many messages.",
        "触发单个群聊的频率限制。",
        bucket="recipient",
    ),
    Code(
        19001,
        CredentialError,
        "The group robot was removed, or its address is wrong.",
        "机器人已被移除或 Webhook 地址错误。",
        "Copy the webhook address again.",
    ),
    Code(19002, ContentError, "The robot refused the message's form.", "消息格式错误。"),
    Code(
        19021,
        CredentialError,
        "The robot refused the signature.",
        "签名校验失败。",
        "Copy the signing secret again and check the clock.",
    ),
    Code(
        19022,
        ScopeMissingError,
        "The robot's IP allow-list does not hold the gateway's address.",
        "网关的出口 IP 不在机器人的白名单中。",
        "Add the address in the robot's settings.",
    ),
    Code(
        19024,
        ContentError,
        "The message holds none of the robot's keywords.",
        "消息不包含机器人的关键词。",
        "Set the keyword in the channel's configuration.",
    ),
    Code(19036, ContentError, "The message is too long.", "消息超出长度限制。"),
)

CHAT_CODES = (
    Code(232001, ContentError, "The platform found a parameter wrong.", "参数无效。"),
    Code(232004, CredentialError, "The application does not exist.", "应用不存在。"),
    Code(232006, RecipientError, "The chat's id is wrong.", "群聊 ID 无效。", gone=True),
    Code(232009, RecipientError, "The chat was dissolved.", "群聊已解散。", gone=True),
    Code(
        232010,
        RecipientError,
        "The chat belongs to another organisation.",
        "群聊属于其他企业。",
        gone=True,
    ),
    Code(
        232011,
        RecipientError,
        "The bot is not in this chat.",
        "机器人不在该群聊中。",
        "Add the bot to the chat.",
    ),
    *(
        Code(number, ContentError, "The chat is full.", "群成员数已达上限。")
        for number in (232013, 232044)
    ),
    Code(
        232017,
        RecipientError,
        "Only the chat's owner or an admin of it may do this.",
        "仅群主或群管理员可执行该操作。",
        "Make the bot an admin of the chat.",
    ),
    Code(
        232019,
        RateLimitedError,
        "This chat is changed too often.",
        "群操作过于频繁。",
        bucket="recipient",
    ),
    Code(
        232024,
        RecipientError,
        "The person is outside the application's availability.",
        "用户不在应用的可用范围内或没有协作权限。",
        gone=True,
    ),
    Code(232025, ScopeMissingError, "The bot is not switched on.", "应用未启用机器人能力。", _BOT),
    Code(232027, RecipientError, "None of the members is valid.", "没有有效的群成员。"),
    *(
        Code(number, RecipientError, "Outsiders cannot be added here.", "不能添加外部成员。")
        for number in (232028, 232033)
    ),
    Code(232034, ScopeMissingError, "The application is not installed.", "应用未安装。", _INSTALL),
    Code(232043, RecipientError, "Some members cannot be reached.", "部分成员不可用。", gone=True),
    Code(232096, TemporaryError, "The chat is closed to changes now.", "群聊暂停写入。"),
)

FILE_CODES = (
    Code(234001, ContentError, "The platform found a parameter wrong.", "参数无效。"),
    Code(
        234002,
        ScopeMissingError,
        "The application may not upload.",
        "应用没有上传资源的权限。",
        _SCOPE,
        scopes=("im:resource",),
    ),
    Code(234006, ContentError, "The file is too large.", "文件超出大小限制。"),
    Code(234007, ScopeMissingError, "The bot is not switched on.", "应用未启用机器人能力。", _BOT),
    Code(234010, ContentError, "The file is empty.", "文件为空。"),
    Code(234011, ContentError, "The picture's format is not known.", "不支持的图片格式。"),
    Code(234039, ContentError, "The picture has too many pixels.", "图片分辨率过大。"),
    *(
        Code(
            number,
            ContentError,
            "The organisation's storage is full or closed.",
            "企业存储空间不足或不可用。",
        )
        for number in (234041, 234042)
    ),
)
