"""Permission points, by what they allow (from the pages of the APIs that ask for them)."""

BASE = "qyapi_base"
MEMBER = "qyapi_get_member"
MOBILE = "qyapi_get_member_by_mobile"
ROBOT = "qyapi_robot_sendmsg"
CARD = "Card.Instance.Write"
DING = "Premium.Ding.Write"
GROUP = "qyapi_chat_manage"
GROUP_READ = "qyapi_chat_read"
APPS = "qyapi_get_microapp_list"
APP_SCOPES = "qyapi_microapp_manage"
SEARCH = "qyapi_addresslist_search"
DEPARTMENT_MEMBER = "qyapi_get_department_member"
DEPARTMENTS = "qyapi_get_department_list"
TEMPLATES = "Card.Template.ReadWrite.All"
ACCOUNTS = "Contact.OrgAccountSecurity.ReadWrite"
PERSONAL = "Contact.User.Read"
BENEFITS = "Custom.Industry.ReadWrite"

USUAL = (BASE, MEMBER, MOBILE, "snsapi_base", "open_app_api_base", GROUP, ROBOT, CARD)
"""The points an administrator is asked to grant to a notification app."""

EVERY = (
    *USUAL,
    DING,
    GROUP_READ,
    APPS,
    APP_SCOPES,
    SEARCH,
    DEPARTMENT_MEMBER,
    DEPARTMENTS,
    TEMPLATES,
    ACCOUNTS,
    PERSONAL,
    BENEFITS,
)
