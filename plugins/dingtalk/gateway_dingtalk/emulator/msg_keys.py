"""What a robot may say: the message templates by key (page "chatbots-send-...-in-batches")."""

from .call import Call
from .codes import RejectedError
from .model import Json

MOST_BYTES = 15_000


def _numbered(count: int) -> tuple[str, ...]:
    pairs = ((f"actionTitle{each}", f"actionURL{each}") for each in range(1, count + 1))
    return ("title", "text", *(name for pair in pairs for name in pair))


KEYS: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("text", "title", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    **{f"sampleActionCard{count}": _numbered(count) for count in (2, 3, 4, 5)},
    "sampleActionCard6": (
        "title",
        "text",
        "buttonTitle1",
        "buttonUrl1",
        "buttonTitle2",
        "buttonUrl2",
    ),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("duration", "videoMediaId", "videoType"),
}
"""The keys and what each must say; all values are strings."""


def checked(call: Call) -> tuple[str, Json]:
    """Return key and content of a robot's message, or raise what the robot APIs answer."""
    key = call.text("msgKey", "invalidParameter.msgKey.empty")
    if key not in KEYS:
        raise RejectedError("invalidParameter.msgKey.invalid")
    if "msgParam" in call.parsed and not isinstance(call.parsed["msgParam"], str):
        raise RejectedError("invalidParameter.msgParam.invalid")
    said = call.text("msgParam", "invalidParameter.msgParam.invalid")
    if len(said.encode()) > MOST_BYTES:
        raise RejectedError("invalidParameter.msgParam.tooLong")
    return key, _content(call, key, said)


def _content(call: Call, key: str, said: str) -> Json:
    content = call.loaded(said)
    if not isinstance(content, dict):
        raise RejectedError("invalidParameter.msgParam.invalid")
    for name in KEYS[key]:
        if content.get(name) in (None, ""):
            title = (key, name) == ("sampleMarkdown", "title")
            raise RejectedError("miss.param.markdownTotitle" if title else f"miss.param.{name}")
        if not isinstance(content[name], str):
            raise RejectedError("invalidParameter.msgParam.invalid")
    return content
