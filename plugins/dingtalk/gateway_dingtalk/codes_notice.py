# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation
"""Why a work notice did not reach somebody although its call succeeded.

The platform lists these in "Gets the result of sending messages asynchronously", beside each
person whom it dropped in silence.
"""

from gateway.plugin import ContentError, RateLimitedError

from .code_row import Code, rows

DAILY_CAP = "143105"
DUPLICATE = "143106"
DROPPED_CODES = (
    *rows(
        "143103 143104",
        RateLimitedError,
        "The application sent too many work notices in one minute.",
        "应用一分钟内发送的工作通知过多。",
        wait=60,
    ),
    Code(
        DAILY_CAP,
        RateLimitedError,
        "This person has got all the work notices that the platform allows in a day.",
        "该成员当天接收的工作通知已达上限。",
        bucket="recipient",
    ),
    Code(
        DUPLICATE,
        ContentError,
        "The platform dropped it: this person had the same work notice today.",
        "该成员当天已收到相同内容的工作通知，已被平台丢弃。",
    ),
)
