"""Every code the emulator can answer, with its sentence: both generations and the robots.

From the pages "server-api-error-codes-1", "how-to-process-api-throttling-on-the-dingtalk-server",
"customize-robot-security-settings" and each API's own. Where a page names no status, ours is 400;
where it names no code for a refusal, the nearest of the same page.
"""

from typing import Any, Literal

Generation = Literal["new", "old", "robot"]

NEW: dict[str, tuple[int, str]] = {
    # the gateway in front of every API
    "AuthenticationFailed.MissingParameter": (
        400,
        "缺少参数：x-acs-dingtalk-access-token",  # noqa: RUF001 - the platform's own words
    ),
    "InvalidAuthentication": (400, "不合法的access_token"),
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": (403, "没有调用该接口的权限"),
    "Forbidden.AccessDenied.IpNotInWhiteList": (403, "访问ip不在白名单之中"),
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": (403, "应用调用该接口的qps超过最大限制"),
    "Forbidden.AccessDenied.ApiCountLimitForOrg": (403, "企业本月的接口调用量已用完"),
    "Missingbody": (400, "body is mandatory for this action."),
    "Invalidbody": (400, "Specified parameter body is not valid. JSON parsing error"),
    "system.error": (500, "系统异常"),
    # tokens
    "invalidClientIdOrSecret": (400, "无效的clientId或者clientSecret"),
    "invalid.client": (400, "Invalid client"),
    "unsupported.grant.type": (400, "Unsupported grant type"),
    "unknownError": (500, "未知错误"),
    # logins
    "invalidParameter.authCode.notFound": (400, "不合法的临时授权码"),
    "invalidParameter.grantType": (400, "无效的grantType"),
    # robots
    "invalidParameter.robotCode.empty": (400, "robotCode不能为空"),
    "invalidParameter.robotCode.notExsit": (400, "robotCode不存在"),
    "invalidParameter.robotCode.auth": (400, "robotCode与应用不匹配"),
    "bot.stopped": (400, "机器人已停用"),
    "invalidParameter.userIds.empty": (400, "userIds不能为空"),
    "invalidParameter.userIds.overMax": (400, "userIds超过最大数量"),
    "invalidParameter.msgKey.empty": (400, "msgKey不能为空"),
    "invalidParameter.msgKey.invalid": (400, "无效的msgKey"),
    "invalidParameter.msgParam.invalid": (400, "无效的msgParam"),
    "invalidParameter.msgParam.tooLong": (400, "msgParam过长"),
    "miss.param.markdownTotitle": (400, "markdown消息缺少title"),
    "miss.param.text": (400, "消息缺少必要参数"),
    "staffId.notExisted": (400, "无效的员工"),
    "processQueryKey.expireTime": (400, "processQueryKey已过期"),
    "robot.processQueryKey.expired": (400, "processQueryKey已过期"),
    "not.allowed.robotCode": (400, "robotCode不合法"),
    "invalidParameter.processQueryKeys.overMax": (400, "processQueryKeys超过最大数量"),
    "invalidParameter.processQueryKeys.empty": (400, "processQueryKeys不能为空"),
    "miss.openConversationId": (400, "缺少openConversationId"),
    "invalid.openConversationId": (400, "无效的openConversationId"),
    "invalideChatId": (400, "无效的chatId"),
    # cards
    "param.empty": (400, "参数为空"),
    "param.invalid": (400, "参数不合法"),
    "param.templateNotExist": (400, "卡片模板不存在"),
    "param.templateUnpublished": (400, "卡片模板未发布"),
    "param.cardTemplateIdEmpty": (400, "卡片模板ID为空"),
    "param.cardPublicDataEmpty": (400, "卡片公有数据为空"),
    "param.cardDataAndPrivateDataBothEmpty": (400, "卡片公有数据和私有数据同时为空"),
    "param.outTrackIdEmpty": (400, "outTrackId为空"),
    "param.cardAlreadyExist": (400, "卡片已存在"),
    "param.cardNotExist": (400, "卡片不存在"),
    "param.userIdNotExist": (400, "用户ID不存在"),
    "param.openSpaceIdInvalid": (400, "openSpaceId不合法"),
    "param.openSpaceModelInvalid": (400, "场域信息不合法"),
    "param.openDeliverModelError": (400, "投放信息错误"),
    "param.openDeliverModelEmpty": (400, "投放信息为空"),
    "param.callbackRouteKeyExist": (500, "callbackRouteKey已存在"),
    # DING, applications, accounts
    "ding.receivercount.limit": (400, "DING接收人超过最大数量"),
    "miss.staffId": (400, "缺少员工"),
    "invalid.chatbotId": (400, "无效的机器人"),
    "invalidParam": (400, "参数不合法"),
    "exclusive.account.only": (400, "仅支持企业帐号"),
    "permissions.error": (403, "没有权限"),
}

OLD: dict[int, str] = {
    -1: "系统繁忙",
    22: "不合法ApiName，请检查请求的URI和HTTP方法",  # noqa: RUF001 - the platform's own words
    33012: "无效的USERID",
    40000: "access_token is blank",
    40006: "不合法的文件大小",
    40014: "不合法的access_token",
    40035: "不合法的参数",
    40056: "不合法的agentid",
    40068: "不合法的偏移量",
    40069: "不合法的分页大小",
    40096: "不合法的appKey或appSecret",
    40104: "无效手机号",
    41052: "缺少状态栏",
    42001: "access_token超时",
    43004: "无效的HTTP HEADER Content-Type",
    50002: "请求的员工userid不在授权范围内",
    50004: "请求的部门id不在授权范围内",
    52019: "无效的部门ID",
    60003: "部门不存在",
    60011: "没有调用该接口的权限",
    60020: "访问ip不在白名单之中",
    60121: "找不到该用户",
    90018: "应用调用该接口的qps超过最大限制",
    90020: "企业本月的接口调用量已用完",
    400002: "无效的参数",
}

ROBOT: dict[int, str] = {
    -1: "系统繁忙",
    40035: "缺少参数 json",
    43004: "无效的HTTP HEADER Content-Type",
    130101: "send too fast, exceed 20 times per minute",
    300005: "token is not exist",
    310000: "sign not match",
    400102: "机器人已停用",
    400013: "群已被解散",
    400105: "不支持的消息类型",
    410100: "发送速度太快而限流",
    460101: "message too long, exceed 20000 bytes",
}

GATE: dict[str, tuple[str, int]] = {
    "token missing": ("AuthenticationFailed.MissingParameter", 40000),
    "token bad": ("InvalidAuthentication", 40014),
    "token expired": ("InvalidAuthentication", 42001),
    "permission": ("Forbidden.AccessDenied.AccessTokenPermissionDenied", 60011),
    "address": ("Forbidden.AccessDenied.IpNotInWhiteList", 60020),
    "rate": ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 90018),
    "quota": ("Forbidden.AccessDenied.ApiCountLimitForOrg", 90020),
}
"""What both generations refuse at the gate, by either's name; the old one says it in `sub_code`."""

THROTTLES = (90018, 90020)


class RejectedError(Exception):
    """A call the platform refuses; a text code is of the new API, a number of the others."""

    def __init__(self, code: str | int, text: str = "", *, gate: bool = False) -> None:
        self.code = code
        self.text = text
        self.gate = gate
        self.more: dict[str, Any] = {}
        super().__init__(f"{code} {text}".strip())


def at_gate(reason: str, generation: Generation) -> RejectedError:
    """Return the refusal of one reason in the words of one generation."""
    new, old = GATE[reason]
    return RejectedError(new if generation == "new" else old, gate=True)


def missing(field: str) -> RejectedError:
    """Return what the gateway says of an absent field."""
    return RejectedError(f"Missing{field}", f"{field} is mandatory for this action.")


def invalid(field: str) -> RejectedError:
    """Return what the gateway says of a field of the wrong type."""
    return RejectedError(f"Invalid{field}", f"Specified parameter {field} is not valid.")


def generation(path: str) -> Generation:
    """Tell to which API a path belongs: versioned ones are on the new host."""
    if path.startswith("/robot/send"):
        return "robot"
    return "new" if path[:2] == "/v" and path[2:3].isdigit() else "old"


def refusal(
    kind: Generation, rejected: RejectedError, request_id: str, *, bare: bool = False
) -> tuple[int, dict[str, Any]]:
    """Return status and body of a refusal; `bare` leaves throttling out of the wrapping."""
    code = rejected.code
    if kind == "new":
        status, text = NEW.get(str(code), (400, str(code)))
        answer = {"code": str(code), "message": rejected.text or text, "requestid": request_id}
        return status, answer | rejected.more
    number = int(code)
    text = rejected.text or (ROBOT if kind == "robot" else OLD).get(number, f"error {number}")
    if kind == "robot":
        return 200, {"errcode": number, "errmsg": text}
    if not rejected.gate or (bare and number in THROTTLES):
        return 200, {"errcode": number, "errmsg": text, "request_id": request_id}
    return 200, _wrapped(str(number), text, request_id)


def _wrapped(code: str, text: str, request_id: str) -> dict[str, Any]:
    return {
        "errcode": 88,
        "sub_code": code,
        "sub_msg": text,
        "errmsg": f"ding talk error[subcode={code},submsg={text}]",
        "request_id": request_id,
    }
