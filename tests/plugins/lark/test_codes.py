from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.plugin import (
    ContentError,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway_lark.code_row import Code
from gateway_lark.codes import CODES, Reading, error_for, find, next_period

CHINA_TIME = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 1, 31, 17, 0, tzinfo=UTC)  # the 1st of February in China
DOSSIER = """
10003 10005 10012 10013 10014 10015 2200
99991201 99991301 99991400 99991401 99991403 99991661 99991662 99991663 99991664 99991665 99991668
99991671 99991672 99991673 99991677 99991679 99992351 99992352 99992353 99992354 99992355 99992356
99992359 99992360 99992361 99992363 99992364 99992381 99992402 9499
1500 1663 1668 5000 55001 10101 10500
230001 230002 230006 230009 230011 230012 230013 230015 230017 230018 230019 230020 230022 230023
230024 230025 230026 230027 230028 230029 230030 230031 230033 230034 230035 230036 230038 230049
230050 230052 230053 230054 230055 230071 230072 230073 230074 230075 230098 230099 230110 232009
100290 11310 200380 200381 200550 200570 200621 200732 200737 200861 200914 200915 300220 300230
300240
10002 11101 11203 11204 11205 11207 11209 11210 11223 11225 11227 11231 11232 11233 11235 11236
11246 11247 11312 18121
232001 232004 232006 232010 232011 232013 232017 232019 232024 232025 232027 232028 232033 232034
232043 232044 232096
234001 234002 234006 234007 234010 234011 234039 234041 234042
40004 40011 40012 41050 42006 41012 40001
210503 210504 210505 210506 210508 212001 212002 212003 212004 212100 1184000 1184001
19001 19002 19021 19022 19024 19036
"""


def read(
    body: Any,  # noqa: ANN401 - any JSON
    *,
    status: int = 400,
    purpose: str = "send",
    **headers: str,
) -> DeliveryError | None:
    reply = httpx.Response(status, json=body, headers=headers)
    return error_for(reply, Reading(NOW, CHINA_TIME, purpose))


def test_every_code_of_the_documentation_has_a_row() -> None:
    assert {int(number) for number in DOSSIER.split()} <= {row.number for row in CODES}


@pytest.mark.parametrize("row", CODES, ids=lambda row: f"{row.number}-{row.purpose}{row.phrase}")
@pytest.mark.parametrize("status", [200, 400, 500])
def test_every_row_becomes_its_error_whatever_the_status(row: Code, status: int) -> None:
    error = read(
        {"code": row.number, "msg": row.phrase}, status=status, purpose=row.purpose or "send"
    )
    assert type(error) is row.error
    assert error.provider_code == str(row.number)
    assert error.http_status == status
    assert error.message.startswith(row.en)


@pytest.mark.parametrize("row", CODES, ids=lambda row: str(row.number))
def test_every_row_speaks_both_languages(row: Code) -> None:
    assert row.en.endswith(".")
    assert row.zh.endswith("。")
    assert not row.fix or row.fix.endswith(".")


def test_no_two_rows_mean_the_same_answer() -> None:
    keys = [(row.number, row.purpose, row.phrase) for row in CODES]
    assert len(set(keys)) == len(keys)


def test_a_success_is_no_error() -> None:
    assert read({"code": 0, "msg": "whatever"}, status=200) is None


def test_one_number_means_another_thing_to_another_call() -> None:
    assert type(read({"code": 10003}, purpose="token")) is CredentialError
    assert type(read({"code": 10003}, purpose="batch")) is ContentError


@pytest.mark.parametrize(
    ("ext", "error"),
    [
        ("invalid receive_id", RecipientError),
        ("invalid receive_id_type", ContentError),
        ("invalid msg_type", ContentError),
        ("invalid message content", ContentError),
        ("all ids in the user_id_list are invalid", RecipientError),
        ("This message is NOT a card", ContentError),
        ("Internal Error", UncertainError),
    ],
)
def test_a_refused_call_is_read_by_its_reason(ext: str, error: type[DeliveryError]) -> None:
    msg = f"Your request contains an invalid request parameter, ext={ext}"
    assert type(read({"code": 230001, "msg": msg})) is error


CARD_ERROR = (
    "Failed to create card content, ext=ErrCode: {}; ErrPath: ROOT -> body -> elements -> [2]"
    "(tag: note); ErrMsg: {}; ErrorValue: x"
)


@pytest.mark.parametrize("envelope", [230099, 11246])
def test_a_card_error_is_read_by_the_code_inside(envelope: int) -> None:
    error = read({"code": envelope, "msg": CARD_ERROR.format(200861, "only in 1.0")})
    assert type(error) is ContentError
    assert "JSON 2.0" in error.message
    assert "elements -> [2]" in error.message
    assert error.provider_code == str(envelope)


def test_a_card_being_pressed_is_tried_again() -> None:
    locked = CARD_ERROR.format(11310, "card action is lock")
    assert type(read({"code": 230099, "msg": locked})) is UncertainError
    crowded = CARD_ERROR.format(11310, "element exceeds the limit")
    assert type(read({"code": 230099, "msg": crowded})) is ContentError


def test_an_unknown_code_inside_a_card_error_is_still_a_card_error() -> None:
    error = read({"code": 230099, "msg": CARD_ERROR.format(999999, "new")})
    assert type(error) is ContentError
    assert "999999" in error.message


@pytest.mark.parametrize(
    ("header", "seconds"), [("0.4", 0.4), ("12", 12.0), ("junk", 1.0), ("-3", 1.0), ("nan", 1.0)]
)
@pytest.mark.parametrize("status", [400, 429])
def test_the_wait_is_what_the_platform_asks_for(header: str, seconds: float, status: int) -> None:
    reset = {"x-ogw-ratelimit-reset": header}
    error = read({"code": 99991400, "msg": "too fast"}, status=status, **reset)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=seconds)
    assert error.scope == "app"


def test_a_429_without_a_code_is_still_one() -> None:
    reply = httpx.Response(429, text="slow down", headers={"x-ogw-ratelimit-reset": "3"})
    error = error_for(reply, Reading(NOW, CHINA_TIME))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=3)


def test_too_many_for_one_person_pauses_that_person_only() -> None:
    error = read({"code": 230020})
    assert isinstance(error, RateLimitedError)
    assert error.scope == "recipient"


def test_a_used_up_month_ends_on_the_first_in_china() -> None:
    error = read({"code": 99991403, "msg": "exceeded"}, status=429)
    assert isinstance(error, QuotaExhaustedError)
    assert error.resets_at == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)


def test_a_used_up_day_ends_at_midnight_in_china() -> None:
    error = read({"code": 11247}, status=200)
    assert isinstance(error, QuotaExhaustedError)
    assert error.resets_at == datetime(2026, 2, 1, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_followed_by_a_first(month: int) -> None:
    end = next_period("month", datetime(2025, month, 28, 3, tzinfo=UTC), UTC)
    assert (end.day, end.month) == (1, month % 12 + 1)


@pytest.mark.parametrize("name", ["subject", "scope"])
@pytest.mark.parametrize("status", [200, 400, 403])
def test_a_missing_permission_is_named_with_the_link_that_adds_it(name: str, status: int) -> None:
    link = "https://open.feishu.cn/app/cli_xxx/auth?q=contact:user.id:readonly&op_from=openapi"
    error = read(
        {
            "code": 99991672,
            "msg": "Access denied.",
            "error": {
                "log_id": "2023",
                "permission_violations": [{name: "contact:user.id:readonly"}],
                "helps": [{"url": link, "description": "x"}],
            },
        },
        status=status,
    )
    assert isinstance(error, ScopeMissingError)
    assert error.scopes == ("contact:user.id:readonly",)
    assert error.fix_url == link
    assert error.log_id == "2023"


def test_a_missing_permission_is_read_from_the_sentence_where_nothing_else_names_it() -> None:
    msg = "Access denied. One of the following scopes is required: [im:message, im:message:send]"
    error = read({"code": 99991672, "msg": msg, "error": {"permission_violations": "?"}})
    assert isinstance(error, ScopeMissingError)
    assert error.scopes == ("im:message", "im:message:send")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "//x.y"])
def test_a_fix_that_is_no_page_is_left_out(link: str) -> None:
    error = read({"code": 99991672, "error": {"helps": [{"url": link}]}})
    assert error is not None
    assert error.fix_url is None


def test_the_header_tells_the_log_id() -> None:
    error = read({"code": 230001, "error": {"logid": "b"}}, **{"X-Tt-Logid": "a"})
    assert error is not None
    assert error.log_id == "a"


def test_wrong_fields_are_named() -> None:
    violations = {"field_violations": [{"field": "receive_id", "value": "?"}]}
    error = read({"code": 99992402, "msg": "field validation failed", "error": violations})
    assert error is not None
    assert "receive_id" in error.message


@pytest.mark.parametrize(("status", "kind"), [(400, ContentError), (500, UncertainError)])
def test_an_unknown_code_is_judged_by_the_status(status: int, kind: type[DeliveryError]) -> None:
    error = read({"code": 424242, "msg": "new\nthing"}, status=status)
    assert type(error) is kind
    assert "424242" in error.message
    assert "\n" not in error.message


def test_find_prefers_the_row_that_says_more() -> None:
    row = find(230001, said="ext=Internal Error")
    assert row is not None
    assert row.error is UncertainError
    assert find(123456) is None


def test_a_proxy_that_is_busy_stopped_the_call() -> None:
    reply = httpx.Response(503, text="busy")
    assert type(error_for(reply, Reading(NOW, CHINA_TIME))) is TemporaryError
