# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""The words of the setup guide, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; `{brand}` and `{version}` stand for themselves."""

    en: str
    zh: str

    def in_(self, locale: str, **values: str) -> str:
        """Return the text in a language; any but Chinese reads English."""
        text = self.zh if locale.lower().startswith("zh") else self.en
        return text.format(**values)


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step's title and body."""

    title: Words
    body: Words


PERFORMER = Words(
    "An administrator or application developer of your {brand} organization, and an admin of the "
    "tenant in this gateway",
    "贵企业的{brand}管理员或应用开发者，以及本网关中该租户的管理员",
)

STEPS: Mapping[str, StepWords] = {
    "create": StepWords(
        Words("Create a custom application", "创建企业自建应用"),
        Words(
            "Log in to the {brand} developer console with an account of your own organization, "
            "choose Create Custom App, and fill in a name, a description and an icon. "
            "A name that your people recognise helps them find the application.",
            "使用本企业账号登录{brand}开发者后台，点击“创建企业自建应用”，"
            "填写名称、描述并选择图标。建议使用成员容易识别的名称。",
        ),
    ),
    "features": StepWords(
        Words("Add the features Bot and Web App", "添加机器人和网页应用能力"),
        Words(
            "Under Add Features, find the cards Bot and Web App and click Add on each. "
            "The bot sends the notifications; the web app lets people open them inside {brand}.",
            "在“添加应用能力”中分别添加“机器人”和“网页应用”。"
            "机器人用于发送通知，网页应用用于在{brand}内打开页面。",
        ),
    ),
    "credentials": StepWords(
        Words("Copy the credentials", "获取应用凭证"),
        Words(
            "Copy App ID and App Secret from Credentials & Basic Info and fill them in here. "
            "Your organization's name is shown in the Personal Center behind your profile "
            "picture; fill it in too, and a check tells if the application is of another "
            "organization.",
            "在“凭证与基础信息”中复制 App ID 和 App Secret 并填写到此处。"
            "企业名称可在头像下的“个人中心”查看，填写后会核对应用所属企业。",
        ),
    ),
    "homepage": StepWords(
        Words("Set the homepage of the web app", "配置网页应用主页"),
        Words(
            "Paste this address as the desktop homepage of the web app, and choose "
            "Open in a new tab inside {brand}.",
            "将此地址填写为网页应用的桌面端主页，并选择“在{brand}内以新标签页打开”。",
        ),
    ),
    "permissions": StepWords(
        Words("Grant the permissions", "开通权限"),
        Words(
            "Open the quick-add link, select all and confirm; or go to Permission Management, "
            "Batch Import/Export, paste the JSON and choose Request to Enable.",
            "打开一键添加链接，全选并确认；或在“权限管理”的“批量导入/导出权限”中粘贴 JSON，"
            "点击“申请开通”。",
        ),
    ),
    "security": StepWords(
        Words("Configure the security settings", "配置安全设置"),
        Words(
            "Under Security Settings, add the redirect URLs and the trusted H5 domain.",
            "在“安全设置”中添加重定向 URL 和 H5 可信域名。",
        ),
    ),
    "callbacks": StepWords(
        Words("Receive events and button presses", "接收事件与卡片回调"),
        Words(
            "Under Events & Callbacks, set this address twice: as the request URL of the events "
            "and as that of the callbacks. Copy Encrypt Key and Verification Token from "
            "Encryption Strategy and fill them in here first.",
            "在“事件与回调”中，将此地址分别填写为事件和回调的请求地址。"
            "请先将“加密策略”中的 Encrypt Key 和 Verification Token 填写到此处。",
        ),
    ),
    "contacts": StepWords(
        Words("Open the contact data range", "设置通讯录权限范围"),
        Words(
            "Under Permission Management, Data Permissions, set the contact data range to all "
            "members; who is outside it cannot be found by e-mail address or mobile number. "
            "User ids may hold letters, digits and . _ - @ only.",
            "在“权限管理”的“数据权限”中，将通讯录权限范围设为全部成员；"
            "范围外的成员无法通过邮箱或手机号查到。用户 ID 只能包含字母、数字和 . _ - @。",
        ),
    ),
    "release": StepWords(
        Words("Publish a version", "发布版本"),
        Words(
            "Under Version Management & Release, create version {version}: default feature on "
            "mobile Bot, default feature on desktop Web App, availability all members. Save "
            "and publish. Every later change of permissions, features, callbacks or "
            "availability needs a new version.",
            "在“版本管理与发布”中创建版本 {version}：移动端默认能力选择“机器人”，"
            "桌面端默认能力选择“网页应用”，可用范围选择全部成员，保存并发布。"
            "以后每次修改权限、能力、回调或可用范围，都需要发布新版本。",
        ),
    ),
    "review": StepWords(
        Words("Have it reviewed", "审核"),
        Words(
            "An administrator of your organization may have to approve the version in the "
            "admin console before it counts.",
            "版本可能需要企业管理员在管理后台审核通过后才能生效。",
        ),
    ),
    "check": StepWords(
        Words("Check and enable", "检查并启用"),
        Words(
            "Come back here, run the check, and enable the channel. Nothing is sent before. "
            "A person who is to receive something has to be a member of your organization.",
            "返回此处运行检查，然后启用渠道；启用之前不会发送任何内容。接收人必须是贵企业的成员。",
        ),
    ),
}

CONSOLE = Words("Developer console", "开发者后台")
CREDENTIALS = Words("Credentials & Basic Info", "凭证与基础信息")
HOMEPAGE = Words("Desktop homepage URL", "桌面端主页地址")
QUICK_ADD = Words("Quick-add link", "一键添加链接")
IMPORT_JSON = Words("JSON for the batch import", "批量导入 JSON")
REDIRECTS = Words("Redirect URLs", "重定向 URL")
TRUSTED = Words("Trusted H5 domain", "H5 可信域名")
CALLBACK = Words("Request URL", "请求地址")
VERSION_NOTE = Words("Version", "版本号")
AFTER_ID = Words(
    "The quick-add link appears once the App ID is saved.", "保存 App ID 后会显示一键添加链接。"
)
NETWORK = Words(
    "A network that lets people reach listed hosts only has to list: {hosts}",
    "如果企业网络有域名白名单，请加入：{hosts}",
)
QUOTA = Words(
    "A free edition allows 10,000 calls a month for all custom applications of the "
    "organization together; a paid one has no such limit. To spare both people and calls, "
    "each person gets at most one notification in 10 minutes unless set otherwise.",
    "免费版企业的所有自建应用每月共 10,000 次调用额度，付费版不受此限制。"
    "默认每人每 10 分钟最多收到一条通知。",
)
ROBOT = Words(
    "To notify a group without an application, use a group robot instead: in the group, open "
    "Settings, Bots, Add Bot, Custom Bot, and copy its webhook URL into a channel of type "
    "{name}-robot.",
    "如只需通知群聊，可使用群机器人：在群设置的“群机器人”中添加“自定义机器人”，"
    "并将 Webhook 地址填写到类型为 {name}-robot 的渠道。",
)
