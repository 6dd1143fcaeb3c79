"""Log lines without secrets, and metrics without people."""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry import Metrics, Redactor, configure_logging, log_fields

SECRET = "s3cret+/ü=\"'<&>\\x"


def learnt(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor


# --- redaction ---

tricky = st.text(alphabet='ab*%+/ü"\\\n', min_size=6, max_size=12)


@given(st.lists(st.text(min_size=6) | tricky, max_size=6), st.data())
def test_whatever_was_learnt_never_appears(secrets: list[str], data: st.DataObject) -> None:
    parts = st.text(max_size=8) | tricky | st.sampled_from(secrets or ["*"])
    text = "".join(data.draw(st.lists(parts, max_size=8)))
    cleaned = learnt(*secrets).clean(text)
    assert not [secret for secret in secrets if secret in cleaned]


@given(st.text(min_size=6), st.text(), st.text())
def test_every_form_of_a_secret_is_found(secret: str, before: str, after: str) -> None:
    secret = secret.encode(errors="replace").decode()
    clean = learnt(secret).clean
    for form in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    ):
        assert form not in clean(before + form + after)


@given(st.binary(max_size=5), st.text("abcü+/", min_size=10), st.binary(max_size=5))
def test_base64_is_found_wherever_the_secret_stands_in_it(
    before: bytes, secret: str, after: bytes
) -> None:
    redactor = learnt(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        cleaned = redactor.clean(encode(before + secret.encode() + after).decode())
        kept = cleaned.replace("***", "")
        assert "***" in cleaned
        assert len(kept) <= len(before) * 2 + len(after) * 2 + 8


@given(st.text())
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert Redactor().clean(text) == text
    assert learnt("neverthere-0123456789").clean(text) == text


def test_secrets_that_touch_or_overlap_leave_one_mark() -> None:
    redactor = learnt("abcdefgh", "efghijkl", "abcdef")
    assert redactor.clean("<abcdefghijkl>") == "<***>"
    assert redactor.clean("abcdefghabcdefgh") == "***"


def test_what_a_replacement_puts_together_is_found_too() -> None:
    assert learnt("secret", "ab***cd").clean("absecretcd") == "***"
    assert learnt("******").clean("a" + "*" * 12) == "a***"


def test_very_short_values_are_no_secrets() -> None:
    assert learnt("", "a", "12345").clean("a12345") == "a12345"


def test_the_oldest_values_make_room() -> None:
    redactor = Redactor(remembered=2)
    for value in ("first-value", "second-value", "first-value", "third-value"):
        redactor.learn(value)
    assert redactor.clean("first-value second-value third-value") == "*** second-value ***"


def test_values_that_share_a_form_are_forgotten_apart() -> None:
    redactor = Redactor(remembered=1)
    redactor.learn("a b c d")
    redactor.learn("a+b+c+d")
    assert redactor.clean("a+b+c+d") == "***"
    redactor.learn("another value")
    assert redactor.clean("a+b+c+d a b c d") == "a+b+c+d a b c d"


def test_data_is_cleaned_to_the_bottom() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    data = {
        f"key-{SECRET}": [SECRET, (f"x{SECRET}",), {SECRET}],
        "bytes": SECRET.encode(),
        "error": ValueError(SECRET),
        "number": 1234567,
        "kept": [1, 2.5, True, None, "text", moment],
    }
    redactor = learnt(SECRET, "1234567")
    assert redactor.clean_data(data) == {
        "key-***": ["***", ["x***"], ["***"]],
        "bytes": "***",
        "error": "***",
        "number": "***",
        "kept": [1, 2.5, True, None, "text", str(moment)],
    }


# --- logs ---


def fail(sentence: str) -> None:
    raise ValueError(sentence)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    configure_logging(learnt(SECRET), stream=stream)
    return stream


def test_a_line_is_json_with_its_fields(lines: io.StringIO) -> None:
    with log_fields(delivery="dlv_1"):
        structlog.get_logger("gateway.lanes").info("sent", channel="lark", calls=2)
    line = json.loads(lines.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "sent",
        "level": "info",
        "logger": "gateway.lanes",
        "delivery": "dlv_1",
        "channel": "lark",
        "calls": 2,
    }


def test_less_than_the_level_is_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("a").debug("no")
    logging.getLogger("b").debug("no")
    assert lines.getvalue() == ""


@pytest.mark.parametrize("console", [True, False])
def test_no_secret_gets_into_a_line(console: bool) -> None:
    stream = io.StringIO()
    configure_logging(learnt(SECRET), console=console, stream=stream)
    try:
        fail(f"refused: {SECRET}")
    except ValueError:
        structlog.get_logger("a").exception(f"failed {SECRET}", token=SECRET, url=quote(SECRET))
        logging.getLogger("library").exception("failed %s %s", SECRET, {"token": SECRET})
    assert stream.getvalue().count("failed ***") == 2
    assert "refused: ***" in stream.getvalue()
    for form in (SECRET, quote(SECRET), json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1]):
        assert form not in stream.getvalue()


@pytest.mark.parametrize("console", [True, False])
@given(evil=st.text(st.sampled_from("a\r\n\x1b[31m\x9b\u2028\u202e\0\ud800")))
def test_no_text_forges_a_line_or_steers_a_terminal(evil: str, console: bool) -> None:
    stream = io.StringIO()
    configure_logging(Redactor(), console=console, stream=stream)
    structlog.get_logger("a").info(f"x{evil}", value=evil, nested=[{evil: evil}])
    logging.getLogger("library").info("x%s", evil)
    assert stream.getvalue().count("\n") == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800]", stream.getvalue())


@pytest.mark.parametrize("console", [True, False])
def test_no_line_of_a_traceback_passes_for_a_record(console: bool) -> None:
    stream = io.StringIO()
    configure_logging(Redactor(), console=console, stream=stream)
    try:
        fail('x\n2030-01-01 [info] forged\n{"event": "forged"}\x1b[2J')
    except ValueError:
        structlog.get_logger("a").exception("failed")
    assert not re.search(r'^(2030|\{"event": "forged")', stream.getvalue(), re.MULTILINE)
    assert "\x1b" not in stream.getvalue()
    if not console:
        assert "forged" in json.loads(stream.getvalue())["exception"]


# --- metrics ---


def test_metrics_tell_what_happened() -> None:
    metrics = Metrics.create()
    metrics.accepted.inc()
    metrics.delivery("lark", "expired", "expired")
    metrics.delivery("lark", "delivered")
    metrics.call("lark", "send", 200, timedelta(seconds=0.2))
    metrics.call("lark", "send", None, timedelta(seconds=10))
    metrics.attempt("lark", timedelta(seconds=0.3))
    metrics.commit(12, timedelta(milliseconds=2))
    metrics.lanes.set(3)
    metrics.queue_depth.labels("held").set(7)
    body, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    for line in (
        "gateway_notifications_accepted_total 1.0",
        'gateway_deliveries_total{channel_type="lark",reason="expired",state="expired"} 1.0',
        'gateway_deliveries_total{channel_type="lark",reason="",state="delivered"} 1.0',
        'gateway_provider_calls_total{channel_type="lark",outcome="2xx",purpose="send"} 1.0',
        'gateway_provider_calls_total{channel_type="lark",outcome="no_answer",purpose="send"} 1.0',
        'gateway_attempt_seconds_count{channel_type="lark"} 1.0',
        "gateway_store_commit_rows_sum 12.0",
        "gateway_lanes 3.0",
        'gateway_queue_depth{state="held"} 7.0',
    ):
        assert line in body.decode()


def test_two_gateways_in_one_process_count_apart() -> None:
    one, other = Metrics.create(), Metrics.create()
    one.accepted.inc()
    assert b"gateway_notifications_accepted_total 0.0" in other.render()[0]
