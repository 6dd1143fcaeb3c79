"""Scope keys, and which of them each family of calls wants (any one of a tuple is enough)."""

SEND = ("im:message", "im:message:send_as_bot", "im:message:send")
UPDATE = ("im:message", "im:message:send_as_bot", "im:message:update")
RECALL = ("im:message", "im:message:recall", "im:message:send_as_bot")
READ = ("im:message", "im:message:readonly", "im:message:basic")
URGENT = ("im:message.urgent", "im:message.urgent:app_send")
BATCH = ("im:message", "im:message:send_as_bot")
RESOURCE = ("im:resource", "im:resource:upload")
CHAT_WRITE = ("im:chat", "im:chat:create")
CHAT_READ = ("im:chat", "im:chat:readonly", "im:chat:read")
CHAT_MEMBERS = ("im:chat", "im:chat.members:write_only")
CARDKIT = ("cardkit:card:write",)
TENANT = ("tenant:tenant:readonly",)
APPLICATION = ("application:application:self_manage", "admin:app.info:readonly")
USER_ID = ("contact:user.id:readonly",)
ALL_CONTACTS = ("contact:contact:readonly_as_app", "contact:contact:readonly")
CONTACTS = ("contact:contact.base:readonly", *ALL_CONTACTS)
DEPARTMENT_USERS = (*CONTACTS, "contact:department.organize:readonly")
DEPARTMENTS = ("contact:department.organize:readonly", *CONTACTS)
USER_STATUS = ("contact:user.employee:readonly", *ALL_CONTACTS)
EMPLOYEE_ID = ("contact:user.employee_id:readonly",)

USER_FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("contact:user.base:readonly", *ALL_CONTACTS),
    "en_name": ("contact:user.base:readonly", *ALL_CONTACTS),
    "avatar": ("contact:user.base:readonly", *ALL_CONTACTS),
    "email": ("contact:user.email:readonly",),
    "mobile": ("contact:user.phone:readonly",),
    "user_id": EMPLOYEE_ID,
    "department_ids": ("contact:user.department:readonly", *ALL_CONTACTS),
    "status": USER_STATUS,
}

EVERY_SCOPE = (
    "tenant:tenant:readonly",
    "application:application:self_manage",
    "admin:app.info:readonly",
    "admin:app.visibility",
    "im:message",
    "im:message:send_as_bot",
    "im:message:send_multi_users",
    "im:message:send_multi_depts",
    "im:message:readonly",
    "im:message.urgent",
    "im:message.urgent:app_send",
    "im:resource",
    "im:chat",
    "im:chat:readonly",
    "cardkit:card:write",
    "contact:contact.base:readonly",
    "contact:contact:readonly_as_app",
    "contact:department.base:readonly",
    "contact:department.organize:readonly",
    "contact:user.base:readonly",
    "contact:user.department:readonly",
    "contact:user.email:readonly",
    "contact:user.employee:readonly",
    "contact:user.employee_id:readonly",
    "contact:user.phone:readonly",
    "contact:user.id:readonly",
    "contact:group:readonly",
)
"""Every scope the gateway's profiles name; what a fully set-up application has."""
