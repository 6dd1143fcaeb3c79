# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Every permission point the channel can use: what for, and where the platform documents it.

The first eight are those that an administrator of a notification application is asked to grant.
"""

from dataclasses import dataclass

from .editions import DOCS


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission point of the platform.

    Attributes:
        name: Its key.
        title: What the console calls it, in English.
        title_zh: The same in Chinese.
        features: What of the gateway wants it, the main one first.
        reason: What it is used for.
        reason_zh: The same in Chinese.
        doc: The documentation's page of a call that needs it.
        required: Whether nothing can be sent without it.
    """

    name: str
    title: str
    title_zh: str
    features: tuple[str, ...]
    reason: str
    reason_zh: str
    doc: str
    required: bool = False

    @property
    def doc_url(self) -> str:
        """Where the platform documents a call that needs it."""
        return f"{DOCS}/{self.doc}"


SNS = Scope(
    "snsapi_base",
    "Basic permissions to call the SNS API operations",
    "调用 SNS API 时需要具备的基本权限",
    ("login",),
    "Let people log in with their DingTalk account.",
    "允许成员使用钉钉账号登录。",
    "obtain-identity-credentials",
)
MEMBER = Scope(
    "qyapi_get_member",
    "Permissions to read information about members",
    "成员信息读权限",
    ("resolve", "directory", "login"),
    "Find people by unionid or login id, and read their names.",
    "通过 unionid 或登录账号查找成员，并读取姓名。",
    "query-user-details",
)
MOBILE = Scope(
    "qyapi_get_member_by_mobile",
    "Permissions to query basic information about a member by the mobile number",
    "根据手机号获取成员基本信息权限",
    ("resolve",),
    "Find people by mobile number, the only address that DingTalk can look up.",
    "通过手机号查找成员；钉钉仅支持按手机号查找。",
    "query-users-by-phone-number",
)
BASE = Scope(
    "qyapi_base",
    "Basic permissions to call API operations of the enterprise",
    "调用企业 API 基础权限",
    ("send",),
    "Log in as the application.",
    "以应用身份获取访问凭证。",
    "obtain-the-access-token-of-an-internal-app",
)
OPEN_BASE = Scope(
    "open_app_api_base",
    "Basic permissions to query the access credentials that are used to call DingTalk API "
    "operations",
    "调用 OpenApp 专有 API 时需要具备的权限",
    ("login",),
    "Obtain the credential of a person who logs in.",
    "获取登录用户的访问凭证。",
    "obtain-user-token",
)
GROUPS = Scope(
    "qyapi_chat_manage",
    "Permissions to manage the basic information about DingTalk groups",
    "钉钉群基础信息管理权限",
    ("directory",),
    "Make groups and see which chatbots are in them.",
    "创建群聊，并查询群内的机器人。",
    "create-group-session",
)
ROBOT = Scope(
    "qyapi_robot_sendmsg",
    "Permissions to send messages by using a chatbot in an enterprise",
    "企业内机器人发送消息权限",
    ("send",),
    "Send notifications as the application's chatbot, recall them and see who has read them.",
    "以应用机器人的身份发送、撤回通知，并查询已读状态。",
    "chatbots-send-one-on-one-chat-messages-in-batches",
    required=True,
)
CARDS = Scope(
    "Card.Instance.Write",
    "Permissions to write the content of interactive cards",
    "互动卡片实例写权限",
    ("cards", "callbacks"),
    "Send interactive cards and change them once somebody has decided.",
    "发送互动卡片，并在处理后更新卡片。",
    "create-and-deliver-cards",
)
DING = Scope(
    "Premium.Ding.Write",
    "Permissions to send DING messages",
    "发送 DING 消息权限",
    ("callbacks",),
    "Call people to an urgent notification by a DING, where the edition includes it.",
    "对紧急通知发送 DING（需所用版本支持）。",
    "robot-sends-nail-message",
)
APPS = Scope(
    "qyapi_get_microapp_list",
    "Permissions to list the applications of the enterprise",
    "获取企业应用列表权限",
    ("directory",),
    "Let a check compare Agent ID and chatbot code with the application's own.",
    "检查时核对 AgentId 和机器人编码。",
    "obtains-a-list-of-all-internal-applications",
)
DEPARTMENT_MEMBERS = Scope(
    "qyapi_get_department_member",
    "Permissions to read the members of departments",
    "通讯录部门成员读权限",
    ("directory",),
    "List people, so that they can be picked, and bound by number or e-mail address.",
    "列出部门成员，以便选择成员，并按手机号或邮箱自动绑定。",
    "queries-the-complete-information-of-a-department-user",
)
DEPARTMENTS = Scope(
    "qyapi_get_department_list",
    "Permissions to read information about departments",
    "通讯录部门信息读权限",
    ("directory",),
    "Read how departments are nested, to list the people in all of them or write to one.",
    "读取部门组织架构，以便列出所有部门的成员，或按部门发送。",
    "obtain-the-department-list-v2",
)
WHO_LOGS_IN = Scope(
    "Contact.User.Read",
    "Permissions to read the personal information of users in contacts",
    "通讯录个人信息读权限",
    ("login",),
    "See who logged in, and nothing else of them.",
    "识别登录的用户，不读取其他信息。",
    "dingtalk-retrieve-user-information",
)

ASKED = (SNS, MEMBER, MOBILE, BASE, OPEN_BASE, GROUPS, ROBOT, CARDS)
OPTIONAL = (DING, APPS, DEPARTMENT_MEMBERS, DEPARTMENTS, WHO_LOGS_IN)
SCOPES = (*ASKED, *OPTIONAL)


def scopes_for(features: frozenset[str]) -> tuple[Scope, ...]:
    """Return what these features want."""
    return tuple(scope for scope in SCOPES if features.intersection(scope.features))
