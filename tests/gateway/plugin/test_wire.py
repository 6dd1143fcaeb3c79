import httpx
import pytest

from gateway import egress
from gateway.plugin import (
    ContentError,
    DeliveryError,
    EgressRefusedError,
    TemporaryError,
    UncertainError,
    check_headers,
    error_for_exception,
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EgressRefusedError("closed"), ContentError),
        (httpx.UnsupportedProtocol("ftp"), ContentError),
        (httpx.LocalProtocolError("header"), ContentError),
        (httpx.ConnectError("refused"), TemporaryError),
        (httpx.ConnectTimeout("slow"), TemporaryError),
        (httpx.ProxyError("407"), TemporaryError),
        (httpx.ReadTimeout("late"), UncertainError),
        (httpx.ReadError("reset"), UncertainError),
        (httpx.RemoteProtocolError("cut"), UncertainError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_answer_means_to_a_member_what_it_means_to_a_whole_call(
    error: httpx.HTTPError, kind: type[DeliveryError]
) -> None:
    assert type(error_for_exception(error)) is kind
    assert egress.classify is error_for_exception


def test_an_error_without_words_says_its_name() -> None:
    assert error_for_exception(httpx.ReadTimeout("")).message == "ReadTimeout"


def test_a_header_that_steers_the_connection_is_refused_without_its_value() -> None:
    check_headers({"Authorization": "Bearer x"})
    with pytest.raises(EgressRefusedError) as refused:
        check_headers({"Host": "secret-value"})
    assert isinstance(refused.value, ValueError)
    assert "secret-value" not in str(refused.value)
