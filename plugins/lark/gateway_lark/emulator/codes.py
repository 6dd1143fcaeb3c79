"""One table of every code the emulator can answer, with its HTTP status and sentence.

From the pages "Generic error codes", "Send message", "Send messages in batches",
"Frequency control" and "Use custom bots in a group". Where a page names no status, ours is 400.
"""

import math
from typing import Any

CODES: dict[int, tuple[int, str]] = {
    # tokens: flat answers with HTTP 200
    10002: (200, "send message failed"),
    10003: (200, "invalid param"),
    10014: (200, "app id not exists"),
    10015: (200, "app secret invalid"),
    # logins: the token's page names no statuses but these, the person's page answers with HTTP 200
    20001: (400, "The request is missing a required parameter."),
    20002: (400, "The client secret is invalid."),
    20003: (400, "The authorization code is not found."),
    20004: (400, "The authorization code has expired."),
    20010: (400, "The user does not have the permission to use this app."),
    20024: (400, "The provided authorization code does not match the client id."),
    20036: (400, "The specified grant_type is not supported."),
    20048: (400, "The specified app does not exist."),
    20049: (400, "PKCE code challenge failed."),
    20065: (400, "The authorization code has been used."),
    20071: (400, "The provided redirect_uri does not match."),
    20005: (200, "invalid access token"),
    20021: (200, "user resigned"),
    20022: (200, "user freezed"),
    # the gateway in front of every API
    9499: (400, "Bad Request"),
    2200: (500, "Internal Error"),
    99991201: (404, "path not found"),
    99991301: (405, "method not allowed"),
    99991400: (429, "request trigger frequency limit"),
    99991401: (400, "ip is denied by app setting"),
    99991403: (429, "This month's API call quota has been exceeded"),
    99991661: (401, "Missing access token for authorization"),
    99991662: (400, "app is disabled"),
    99991663: (400, "Invalid access token for authorization"),
    99991671: (400, "Invalid access token: it must start with t- or u-"),
    99991672: (400, "Access denied. One of the following scopes is required"),
    99991673: (400, "app is unavailable in this tenant"),
    99992351: (400, "The request contains an open_id that does not exist"),
    99992354: (400, "The request contains a message id that does not exist"),
    99992355: (400, "The request contains a chat id that does not exist"),
    99992359: (400, "The request contains a user_id that does not exist"),
    99992361: (400, "open_id cross app"),
    99992363: (400, "The request contains a union_id that does not exist"),
    99992402: (400, "field validation failed"),
    # im/v1
    230001: (400, "Your request contains an invalid request parameter"),
    230002: (400, "The bot can not be outside the group."),
    230006: (400, "Bot ability is not activated."),
    230009: (400, "The message was sent too long ago to be recalled."),
    230011: (400, "The message is recalled."),
    230012: (400, "Bot is NOT the sender of the message."),
    230013: (400, "Bot has NO availability to this user."),
    230017: (400, "Bot is NOT the owner of the resource."),
    230020: (400, "This operation triggers the frequency limit."),
    230023: (400, "The number of unread urgent messages of a user exceeds the limit."),
    230025: (400, "The length of the message content reaches its limit."),
    230027: (400, "Lack of necessary permissions."),
    230029: (400, "User has resigned."),
    230030: (400, "The batch message id is not found."),
    230031: (400, "Only messages sent within 14 days can be updated."),
    230033: (400, "Read information is kept for 7 days only."),
    230034: (400, "The receive_id is invalid."),
    230049: (400, "The message is being sent."),
    230053: (400, "The user has stopped the bot from sending messages."),
    230054: (400, "This operation is not supported for this message type."),
    230055: (400, "The type of file upload does not match the type of message being sent."),
    230071: (400, "The operator is not the sender of the message."),
    230072: (400, "The message has reached the number of times it can be edited."),
    230099: (400, "Failed to create card content"),
    230110: (400, "The message has been deleted."),
    232009: (400, "The group has been dissolved."),
    # message/v4: everything with HTTP 200
    11101: (200, "open_id is invalid"),
    11203: (200, "no right to send to users"),
    11204: (200, "no right to send to departments"),
    11205: (200, "app has no bot ability"),
    11232: (200, "system-wide frequency limit"),
    11233: (200, "per-chat frequency limit"),
    11246: (200, "Failed to create card content"),
    11247: (200, "the number of batch messages of today is used up"),
    # groups
    232001: (400, "Your request contains an invalid request parameter."),
    232006: (400, "Your request specifies a chat_id which is invalid."),
    232011: (400, "Operator can NOT be out of the chat."),
    232024: (400, "Users do not have the visibility of the app."),
    232043: (400, "Your request contains unavailable ids."),
    # images and files
    234001: (400, "Invalid request param."),
    234006: (400, "The file size exceed the max value."),
    234007: (400, "App does not enable bot feature."),
    234010: (400, "File's size can't be 0."),
    234011: (400, "Can't recognize the image format."),
    # contacts
    40001: (400, "param error"),
    40004: (403, "no dept authority error"),
    40011: (400, "page size is invalid"),
    40012: (400, "page token is invalid error"),
    41012: (400, "user id invalid error"),
    41050: (400, "no user authority error"),
    # application and tenant
    210503: (400, "app_id is invalid"),
    210504: (400, "the app is not of this tenant"),
    210508: (400, "insufficient permission"),
    212002: (400, "no scope to apply for"),
    212004: (400, "duplicate apply"),
    # cards as entities
    200220: (400, "card generation failed"),
    200740: (400, "card does not exist"),
    200750: (400, "card has expired"),
    200770: (400, "uuid conflict"),
    200860: (400, "card content exceeds the limit"),
    300301: (400, "duplicate element_id"),
    300302: (400, "update_multi can not be false"),
    300303: (400, "schema must be 2.0"),
    300305: (400, "element exceeds the limit"),
    300307: (400, "card content is empty"),
    300311: (400, "the card belongs to another app"),
    300313: (400, "element not found"),
    300314: (400, "element operation is invalid"),
    300317: (400, "sequence number compare failed"),
    # delayed card update
    11311: (400, "card is invalid"),
    100030: (400, "card is not JSON"),
    200000: (400, "message is recalled"),
    200310: (400, "the card belongs to another app"),
    300020: (400, "token format is invalid"),
    300030: (400, "token is expired"),
    300040: (400, "token is used up"),
    300090: (400, "open_ids is missing"),
    # the custom robot of a group: HTTP 200 throughout
    19001: (200, "param invalid: incoming webhook access token invalid"),
    19002: (200, "params error, msg_type need"),
    19021: (200, "sign match fail or timestamp is not within one hour from current time"),
    19022: (200, "Ip Not Allowed"),
    19024: (200, "Key Words Not Found"),
    19036: (200, "request body exceeds 30 KB"),
}


class RejectedError(Exception):
    """A call the platform refuses, with everything its answer says."""

    def __init__(self, code: int, ext: str = "", *, status: int | None = None) -> None:
        known_status, text = CODES.get(code, (400, f"error {code}"))
        self.code = code
        self.status = known_status if status is None else status
        self.msg = f"{text}, ext={ext}" if ext else text
        self.error: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        super().__init__(self.msg)


def invalid_field(field: str, description: str, value: object = "") -> RejectedError:
    """Return 99992402 with the violated field named as the gateway names it."""
    rejected = RejectedError(99992402)
    violation = {"field": field, "value": str(value)[:64], "description": description}
    rejected.error["field_violations"] = [violation]
    return rejected


def rate_limited(cap: int, wait: float) -> RejectedError:
    """Return 99991400 with both headers of the page "Frequency control"."""
    rejected = RejectedError(99991400)
    rejected.headers = {
        "x-ogw-ratelimit-limit": str(cap),
        "x-ogw-ratelimit-reset": f"{math.ceil(wait * 100) / 100:g}",
    }
    return rejected
