"""Text from outside as every database can keep it."""


def storable(value: object) -> str:
    """Return `value` as text without what a database refuses: NUL and halves of characters."""
    text = value if isinstance(value, str) else str(value)
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def storable_or_none(value: object) -> str | None:
    """Return `storable(value)`, or None as it is."""
    return None if value is None else storable(value)
