# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""The words of the setup guide, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; what stands in braces is filled in."""

    en: str
    zh: str

    def in_(self, locale: str, **values: str) -> str:
        """Return the text in a language; any but Chinese reads English."""
        text = self.zh if is_chinese(locale) else self.en
        return text.format(**values)


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step's title and body."""

    title: Words
    body: Words


def is_chinese(locale: str) -> bool:
    """Tell whether a language is Chinese."""
    return locale.lower().startswith("zh")


PERFORMER = Words(
    "An administrator or application developer of your {brand} organization, and an admin of the "
    "tenant in this gateway",
    "贵企业的{brand}管理员或应用开发者，以及本网关中该租户的管理员",
)

STEPS: Mapping[str, StepWords] = {
    "create": StepWords(
        Words("Create an application", "创建应用"),
        Words(
            "Log on to the DingTalk Open Platform with an account of your organization and choose "
            "that organization. Under Application Development, DingTalk Applications, choose "
            "Create Application, fill in a name and a description and save.",
            "使用本企业账号登录钉钉开放平台并选择企业，在“应用开发 > 钉钉应用”中点击“创建应用”，"
            "填写应用名称和描述后保存。",
        ),
    ),
    "chatbot": StepWords(
        Words("Add the chatbot", "添加机器人"),
        Words(
            "Open the application. Under Add Application Capabilities, click Add in the Chatbot "
            "section, turn on Chatbot Configuration, fill in overview and description, set "
            "Message Receiving Mode to HTTP Mode and click Publish.",
            "打开应用，在“添加应用能力”中添加“机器人”，打开“机器人配置”，填写简介和描述，"
            "将“消息接收模式”设为“HTTP 模式”，然后点击“发布”。",
        ),
    ),
    "homepage": StepWords(
        Words("Add the web application", "添加网页应用"),
        Words(
            "Under Add Application Capabilities, click Add in the Web Application section, paste "
            "this address as the URL of the homepage, and save.",
            "在“添加应用能力”中添加“网页应用”，将此地址填写为应用首页地址并保存。",
        ),
    ),
    "permissions": StepWords(
        Words("Grant the permissions", "开通权限"),
        Words(
            "Under Permission Management, search for each of these permissions and apply for it. "
            "Set the contact range to all members: who is outside it cannot be found.",
            "在“权限管理”中逐一搜索并申请以下权限，并将通讯录权限范围设为全部员工；"
            "范围外的成员无法被查到。",
        ),
    ),
    "template": StepWords(
        Words("Create the card template", "创建卡片模板"),
        Words(
            "On the Card Platform choose Create Template: card type Message Card, scenario "
            "Regular Card, and your application under Associated Applications. In the template's "
            "menu at the upper right choose Import, take the file below, save and publish. If the "
            "platform does not take the file, add the variables below under exactly these names "
            "and place them as described. A template that is not published sends nothing; copy "
            "the id of the published one. Skip this step to send plain messages "
            "of the chatbot instead, which cannot be changed later and have no buttons that "
            "report back.",
            "在卡片平台点击“创建模板”：卡片类型选择“消息卡片”，使用场景选择“普通卡片”，"
            "并关联已创建的应用。在模板右上角菜单中选择“导入”，导入下方文件后保存并发布。"
            "如果平台无法导入该文件，请按以下名称添加变量并按说明摆放。"
            "未发布的模板无法发送；发布后复制模板 ID。"
            "跳过此步骤则以机器人普通消息发送，发送后不能更新，也没有可回传的按钮。",
        ),
    ),
    "release": StepWords(
        Words("Publish a version", "发布版本"),
        Words(
            "Under Application Publishing, Version Management and Publishing, create version "
            "{version}, make it visible to all members, save and publish. Every later change of "
            "the chatbot, the permissions or the visible range needs a new version.",
            "在“应用发布 > 版本管理与发布”中创建版本 {version}，可见范围选择全部员工，"
            "保存并发布。以后每次修改机器人、权限或可见范围，都需要发布新版本。",
        ),
    ),
    "credentials": StepWords(
        Words("Copy what identifies the application", "获取应用信息"),
        Words(
            "Copy each of these and fill it in here.",
            "复制以下信息并填写到此处。",
        ),
    ),
    "check": StepWords(
        Words("Check and enable", "检查并启用"),
        Words(
            "Come back here, run the check, and enable the channel. Nothing is sent before. "
            "People are found by mobile number, which each of them has to have here.",
            "返回此处运行检查，然后启用渠道；启用之前不会发送任何内容。"
            "成员通过手机号匹配，请确保此处的用户已填写手机号。",
        ),
    ),
}

CONSOLE = Words("Developer console", "开发者后台")
CARD_PLATFORM = Words("Card Platform", "卡片平台")
HOMEPAGE = Words("URL of the homepage", "应用首页地址")
MESSAGES = Words("Message receiving address", "消息接收地址")
TEMPLATE_FILE = Words("The template to import", "待导入的模板文件")
TEMPLATE_UNPROVED = Words(
    "The file follows the templates that the platform's makers publish; whether every console "
    "takes it is not confirmed. After the import compare it with the description below.",
    "该文件参照平台方公开的模板生成，尚未确认所有控制台均可导入；导入后请与下方说明核对。",
)
VARIABLES = Words("Variables of the template", "模板变量")
VERSION_NOTE = Words("Version", "版本号")
LAYOUT: tuple[Words, ...] = (
    Words(
        "Header: title, and below it status_text. Colour that by status: pending, approved, "
        "rejected, closed, info.",
        "标题区：title，下方显示 status_text；按 status 的取值（pending、approved、"
        "rejected、closed、info）设置颜色。",
    ),
    Words(
        "Body: markdown in a Markdown component of the new kind; below it source and time, and "
        "footer in small print.",
        "正文：使用新版 Markdown 组件显示 markdown，下方显示 source 和 time，并以小字显示 footer。",
    ),
    Words(
        "Two buttons with the texts primary_text and secondary_text, each visible only if "
        "show_actions is true and its own text is not empty. Event: callback request, with the "
        'parameters action = "primary" or "secondary", and notice_id = the variable notice_id.',
        "两个按钮，文案分别为 primary_text 和 secondary_text，仅当 show_actions 为 true 且文案"
        "不为空时显示。点击事件选择“回传请求”，参数 action 分别为 primary 和 secondary，"
        "参数 notice_id 取变量 notice_id。",
    ),
    Words(
        "One button that opens the link detail_url, with the text detail_text, visible if "
        "detail_url is not empty.",
        "一个跳转链接的按钮，链接为 detail_url，文案为 detail_text，仅当 detail_url 不为空时显示。",
    ),
)
FIELDS: Mapping[str, Words] = {
    "app_id": Words(
        "App ID: Basic Information, Credential and Basic Information",
        "App ID：基础信息 > 凭证与基础信息",
    ),
    "agent_id": Words(
        "Agent ID: Basic Information, Credential and Basic Information",
        "AgentId：基础信息 > 凭证与基础信息",
    ),
    "app_key": Words(
        "AppKey (Client ID): Basic Information, Credential and Basic Information",
        "AppKey（Client ID）：基础信息 > 凭证与基础信息",
    ),
    "app_secret": Words(
        "AppSecret (Client Secret): the same page",
        "AppSecret（Client Secret）：同一页面",
    ),
    "robot_code": Words(
        "Chatbot code: the Chatbot page of the application",
        "机器人编码：应用的“机器人”页面",
    ),
    "card_template_id": Words(
        "Card template ID: Card Platform, Templates; it ends with .schema",
        "卡片模板 ID：卡片平台的“模板列表”，以 .schema 结尾",
    ),
}
NETWORK = Words(
    "A network that lets people reach listed hosts only has to list: {hosts}",
    "如果企业网络有域名白名单，请加入：{hosts}",
)
QUOTA = Words(
    "The edition allows {quota} counted calls a month for all applications together. One message "
    "to 20 people is one call, an interactive card is one call for each person.",
    "该版本所有应用每月共 {quota} 次计费调用。普通消息每 20 人计一次调用，互动卡片每人计一次。",
)
CONTRACT = Words(
    "How many calls a month are included is in your contract; set it as the monthly quota. One "
    "message to 20 people is one call, an interactive card is one call for each person.",
    "每月可用的调用次数以合同为准，可将其设置为月度额度。普通消息每 20 人计一次调用，"
    "互动卡片每人计一次。",
)
NOTICES = Words(
    "A work notice to 100 people is two calls: one sends it, one asks who got it. Each person gets "
    "at most 500 work notices a day from the application, and all people together 5,000 a minute.",
    "工作通知每 100 人计两次调用：一次发送，一次查询送达结果。"
    "每个应用每天最多向同一成员发送 500 条，"
    "每分钟最多发送给 5000 人次。",
)
IP = Words(
    "If you fill in a server egress IP list, list every address of the gateway.",
    "如果配置了服务器出口 IP，请填写网关的所有出口地址。",
)
