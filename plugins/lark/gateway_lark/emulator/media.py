"""Uploads (documentation: "Upload image" and "Upload file")."""

from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh
from .model import Json, Upload
from .multipart import Part, parse
from .scopes import RESOURCE

MEGABYTE = 1024 * 1024
IMAGE_BYTES = 10 * MEGABYTE
FILE_BYTES = 30 * MEGABYTE
FILE_TYPES = ("opus", "mp4", "pdf", "doc", "xls", "ppt", "stream")
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


def _form(call: Call, name: str, most: int) -> tuple[dict[str, str], Part]:
    parts = parse(call.request.headers.get("content-type", ""), call.body)
    if not call.app.bot_active:
        raise RejectedError(234007)
    if name not in parts:
        raise RejectedError(234001)
    if not parts[name].data:
        raise RejectedError(234010)
    if len(parts[name].data) > most:
        raise RejectedError(234006)
    texts = {each.name: each.data.decode(errors="replace") for each in parts.values()}
    return {key: texts[key] for key in texts if key != name}, parts[name]


def _media_type(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1"):
        return "image/heic"
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return media_type
    raise RejectedError(234011)


def upload_image(call: Call) -> Json:
    """Keep an image for messages, cards or avatars."""
    fields, part = _form(call, "image", IMAGE_BYTES)
    if fields.get("image_type") not in ("message", "avatar"):
        raise RejectedError(234001)
    media_type = _media_type(part.data)
    key = f"img_v3_{fresh('', 24)}"
    _keep(call, Upload(key, call.app.app_id, "image", part.file_name, media_type, part.data))
    return {"data": {"image_key": key}}


def upload_file(call: Call) -> Json:
    """Keep a file for messages."""
    fields, part = _form(call, "file", FILE_BYTES)
    if fields.get("file_type") not in FILE_TYPES or not fields.get("file_name"):
        raise RejectedError(234001)
    key = f"file_v2_{fresh('', 24)}"
    name = fields["file_name"]
    _keep(call, Upload(key, call.app.app_id, "file", name, "application/octet-stream", part.data))
    return {"data": {"file_key": key}}


def _keep(call: Call, upload: Upload) -> None:
    call.emulator.uploads[upload.key] = upload


ENDPOINTS = (
    Endpoint("POST", "/open-apis/im/v1/images", upload_image, RESOURCE, raw=True),
    Endpoint("POST", "/open-apis/im/v1/files", upload_file, RESOURCE, raw=True),
)
