from datetime import timedelta

import httpx
import pytest

from gateway.plugin import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
    error_for_status,
    json_of,
    raise_for_reply,
    retry_after,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ContentError),
        (400, ContentError),
        (401, CredentialError),
        (403, ScopeMissingError),
        (408, UncertainError),
        (410, ChannelGoneError),
        (425, TemporaryError),
        (429, RateLimitedError),
        (500, UncertainError),
        (502, UncertainError),
        (503, TemporaryError),
        (504, UncertainError),
    ],
)
def test_a_status_stands_for_what_happens_next(status: int, kind: type[DeliveryError]) -> None:
    error = error_for_status(httpx.Response(status))
    assert type(error) is kind
    assert error.http_status == status
    with pytest.raises(kind):
        raise_for_reply(httpx.Response(status))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_raises_nothing(status: int) -> None:
    raise_for_reply(httpx.Response(status))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("soon", 1),
        ("-3", 1),
        ("nan", 1),
        ("inf", 1),
        ("86400", 3600),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1),
    ],
)
def test_a_wait_is_read_and_kept_within_reason(told: str, seconds: float) -> None:
    reply = httpx.Response(429, headers={"Retry-After": told})
    assert retry_after(reply) == timedelta(seconds=seconds)


def test_a_wait_that_is_not_told_is_a_second() -> None:
    assert retry_after(httpx.Response(429)) == timedelta(seconds=1)


def test_a_wait_may_stand_in_another_header() -> None:
    reply = httpx.Response(429, headers={"x-ogw-ratelimit-reset": "3"})
    assert retry_after(reply, header="x-ogw-ratelimit-reset") == timedelta(seconds=3)


def test_json_is_read_with_the_members_that_are_needed() -> None:
    assert json_of(httpx.Response(200, json={"id": 1}), "id") == {"id": 1}


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"id', b"[1]", b"null", b"\xff", b"[" * 100_000]
)
def test_a_success_without_a_json_object_is_uncertain(body: bytes) -> None:
    with pytest.raises(UncertainError, match="no JSON object"):
        json_of(httpx.Response(200, content=body))


def test_a_success_without_a_needed_member_is_uncertain() -> None:
    with pytest.raises(UncertainError, match="has no id"):
        json_of(httpx.Response(200, json={"ok": True}), "ok", "id")


def test_json_of_a_refusal_raises_what_its_status_stands_for() -> None:
    with pytest.raises(CredentialError):
        json_of(httpx.Response(401, json={"id": 1}), "id")
