"""Reads multipart forms byte for byte; parts without a file name may still be binary."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One field of a form."""

    name: str
    file_name: str
    data: bytes


def parse(content_type: str, body: bytes) -> dict[str, Part]:
    """Return the fields of a form by name; what is no form has none."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/form-data") or found is None:
        return {}
    pieces = (b"\r\n" + body).split(b"\r\n--" + found[1].encode())
    parts = [_part(piece) for piece in pieces[1:-1]]
    return {part.name: part for part in parts}


def _part(piece: bytes) -> Part:
    head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    text = head.decode(errors="replace")
    name = re.search(r'\bname="([^"]*)"', text)
    file_name = re.search(r'filename="([^"]*)"', text)
    return Part(name[1] if name else "", file_name[1] if file_name else "", data)
