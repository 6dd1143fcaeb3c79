import pytest

from gateway_dingtalk.messages import Known, group_message, known, person_message

KEY = "MzQy+NT/Y3=="
CHAT = "cidR4nd0m+/x=="


@pytest.mark.parametrize(
    ("message_id", "message"),
    [
        ("k" * 32, Known("card", "k" * 32)),
        (person_message(KEY), Known("robot", KEY)),
        (group_message(CHAT, KEY), Known("group", KEY, CHAT)),
        ("robot|", Known("card", "robot|")),
        ("group|x", Known("card", "group|x")),
        ("", Known("card", "")),
    ],
)
def test_a_message_is_known_by_its_id(message_id: str, message: Known) -> None:
    assert known(message_id) == message
