# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Every permission the channel can use: what for, and where the platform documents it.

The order is that of the quick-add link.
"""

from dataclasses import dataclass

from .platform import Platform


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission of the platform.

    Attributes:
        name: Its key.
        features: What of the gateway wants it, the main one first.
        reason: What it is used for.
        reason_zh: The same in Chinese.
        doc: The path of the documentation of a call that needs it.
        implied_by: Broader permissions that hold it too.
        required: Whether nothing can be sent without it.
    """

    name: str
    features: tuple[str, ...]
    reason: str
    reason_zh: str
    doc: str
    implied_by: tuple[str, ...] = ()
    required: bool = False


_CONTACTS = ("contact:contact:readonly_as_app", "contact:contact:readonly")
_USER = "server-docs/contact-v3/user"

SCOPES: tuple[Scope, ...] = (
    Scope(
        "application:application:self_manage",
        ("send",),
        "Read the application's own state, so that a check can tell what is missing.",
        "读取应用自身状态，以便检查配置是否完整。",
        "server-docs/application-v6/application/get",
        implied_by=("admin:app.info:readonly",),
    ),
    Scope(
        "tenant:tenant:readonly",
        ("send",),
        "Read the organisation's name, so that a check can compare it with the one declared.",
        "读取企业名称，以便与填写的企业名称核对。",
        "server-docs/tenant-v2/query",
    ),
    Scope(
        "im:message:send_as_bot",
        ("send",),
        "Send notifications as the application's bot.",
        "以应用机器人的身份发送通知。",
        "server-docs/im-v1/message/create",
        implied_by=("im:message", "im:message:send"),
        required=True,
    ),
    Scope(
        "cardkit:card:write",
        ("cards",),
        "Create and update interactive cards.",
        "创建和更新交互卡片。",
        "cardkit-v1/card/create",
    ),
    Scope(
        "contact:user.id:readonly",
        ("resolve",),
        "Find people by e-mail address or mobile number.",
        "通过邮箱或手机号查找用户。",
        f"{_USER}/batch_get_id",
    ),
    Scope(
        "contact:user.employee:readonly",
        ("resolve", "directory"),
        "See whether somebody has left, so that nothing is sent in vain.",
        "查看用户是否已离职，避免无效发送。",
        f"{_USER}/batch_get_id",
        implied_by=_CONTACTS,
    ),
    Scope(
        "im:message:send_multi_users",
        ("resolve",),
        "Send one card to up to 200 people in one call, which saves the monthly quota.",
        "一次调用向最多 200 人发送卡片，节省每月调用额度。",
        "server-docs/im-v1/batch_message/send-messages-in-batches",
    ),
    Scope(
        "im:message:send_multi_depts",
        ("directory",),
        "Send a card to everybody in a department in one call.",
        "一次调用向整个部门发送卡片。",
        "server-docs/im-v1/batch_message/send-messages-in-batches",
    ),
    Scope(
        "im:message",
        ("callbacks",),
        "Read and send messages in private and group chats, and see who has read them.",
        "获取与发送单聊、群组消息，并查看已读状态。",
        "server-docs/im-v1/message/create",
    ),
    Scope(
        "im:message.urgent",
        ("callbacks",),
        "Mark an urgent notification, so that its reader is called to it.",
        "对紧急通知发送应用内加急。",
        "server-docs/im-v1/buzz-messages/urgent_app",
        implied_by=("im:message.urgent:app_send",),
    ),
    Scope(
        "im:resource",
        ("callbacks",),
        "Upload the pictures that cards show.",
        "上传卡片中的图片。",
        "server-docs/im-v1/image/create",
        implied_by=("im:resource:upload",),
    ),
    Scope(
        "docs:document.media:upload",
        ("callbacks",),
        "Upload pictures and attachments of a ticket into cloud documents.",
        "将工单的图片和附件上传到云文档。",
        "server-docs/docs/drive-v1/media/upload_all",
    ),
    Scope(
        "contact:contact.base:readonly",
        ("directory",),
        "List people, so that they can be picked and bound.",
        "列出通讯录成员，以便选择和绑定。",
        f"{_USER}/find_by_department",
        implied_by=_CONTACTS,
    ),
    Scope(
        "contact:contact:readonly_as_app",
        ("directory",),
        "Read the contacts as the application, without somebody logged in.",
        "以应用身份读取通讯录。",
        f"{_USER}/find_by_department",
    ),
    Scope(
        "contact:department.base:readonly",
        ("directory",),
        "Read the departments' names.",
        "读取部门基础信息。",
        "server-docs/contact-v3/department/children",
        implied_by=_CONTACTS,
    ),
    Scope(
        "contact:department.organize:readonly",
        ("directory",),
        "Read how departments are nested, so that one can be a recipient.",
        "读取部门组织架构，以便按部门发送。",
        "server-docs/contact-v3/department/children",
        implied_by=_CONTACTS,
    ),
    Scope(
        "contact:user.base:readonly",
        ("directory",),
        "Show people by their names.",
        "显示用户姓名等基础信息。",
        f"{_USER}/get",
        implied_by=_CONTACTS,
    ),
    Scope(
        "contact:user.department:readonly",
        ("directory",),
        "Show to which department somebody belongs.",
        "显示用户所属部门。",
        f"{_USER}/get",
        implied_by=_CONTACTS,
    ),
    Scope(
        "contact:user.email:readonly",
        ("directory", "login"),
        "Match people by e-mail address when binding automatically.",
        "自动绑定时按邮箱匹配用户。",
        f"{_USER}/get",
    ),
    Scope(
        "contact:user.phone:readonly",
        ("directory", "login"),
        "Match people by mobile number when binding automatically.",
        "自动绑定时按手机号匹配用户。",
        f"{_USER}/get",
    ),
    Scope(
        "contact:user.employee_id:readonly",
        ("directory", "login"),
        "Read the organisation's own user id.",
        "读取企业内的用户 ID。",
        f"{_USER}/get",
    ),
    Scope(
        "contact:group:readonly",
        ("directory",),
        "Read user groups, so that one can be a recipient.",
        "读取用户组，以便按用户组发送。",
        "server-docs/contact-v3/group/simplelist",
        implied_by=_CONTACTS,
    ),
    Scope(
        "im:chat",
        ("directory",),
        "Make group chats and add people to them.",
        "创建群聊并添加成员。",
        "server-docs/group/chat/create",
    ),
    Scope(
        "admin:app.info:readonly",
        ("directory",),
        "See who is inside the application's availability and contact data range.",
        "查看应用可用范围和通讯录权限范围。",
        "server-docs/application-v6/application/get",
    ),
    Scope(
        "admin:app.visibility",
        ("directory",),
        "Add people to the application's availability.",
        "管理应用可用范围。",
        "server-docs/application-v6/admin/update-application-visible-range",
    ),
)


def scopes_for(platform: Platform, features: frozenset[str]) -> tuple[Scope, ...]:
    """Return what these features want of what the brand offers, in the link's order."""
    return tuple(
        scope
        for scope in SCOPES
        if features.intersection(scope.features) and scope.name not in platform.unavailable
    )


def doc_url(platform: Platform, scope: Scope) -> str:
    """Return where the platform documents a call that needs this permission."""
    return f"{platform.docs_base}/{scope.doc}"
