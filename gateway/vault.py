"""Seals credentials at rest and opens them for one call.

Each tenant has one data key, which seals its secrets; the operator's keys only wrap data keys.
So a new operator's key costs one small write a tenant, and a stolen database opens nothing.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ID_BYTES = 8
_VERSION = b"\x01"
_HEAD_BYTES = len(_VERSION) + _ID_BYTES
_WRAPPING = b"gateway data key"
_REMEMBERED_DATA_KEYS = 1024
_DIGEST_LETTERS = 32

_API_KEY_LETTERS = string.ascii_letters + string.digits
_API_KEY_LENGTH = 43  # letters of 62 that hold 256 bits
_API_KEY_SHOWN = 8


class SealBrokenError(Exception):
    """A sealed value was changed, moved to another place, or belongs to another data key."""


class UnknownKeyError(SealBrokenError):
    """A data key is wrapped by an operator's key that this vault was not given.

    Attributes:
        key_id: Which one, as `Vault.key_ids` would name it.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__(f"wrapped by key {key_id}, which is not in GATEWAY_ENCRYPTION_KEYS")
        self.key_id = key_id


class EncryptionKeyError(ValueError):
    """The operator's keys cannot be used as they are; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret belongs; sealed for one place, it opens at no other."""

    tenant: str
    channel: str
    field: str

    def encoded(self) -> bytes:
        """Return the place as bytes that no other place shares."""
        parts = [part.encode() for part in (self.tenant, self.channel, self.field)]
        return b"".join(len(part).to_bytes(4) + part for part in parts)


class Vault:
    """Seals and opens with the operator's keys, newest first: the first wraps, all unwrap.

    Raises:
        EncryptionKeyError: No key, one of a wrong length, or the same one twice.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        _check_keys(keys)
        self._wrapping = {_key_id(key): AESGCM(key) for key in keys}
        self._first = _key_id(keys[0])
        self._data_key = lru_cache(_REMEMBERED_DATA_KEYS)(self._unwrap)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The operator's keys by their ids, newest first; an id tells nothing of its key."""
        return tuple(key_id.hex() for key_id in self._wrapping)

    def new_data_key(self) -> bytes:
        """Return a new data key, wrapped and ready to be stored."""
        return self._wrap(secrets.token_bytes(_KEY_BYTES))

    def wrapped_by(self, wrapped: bytes) -> str:
        """Return the id of the operator's key a data key is wrapped by.

        Raises:
            SealBrokenError: This is no wrapped data key.
        """
        return _split(wrapped)[0].hex()

    def rewrap(self, wrapped: bytes) -> bytes:
        """Wrap a data key anew by the first key; what it sealed stays as it is.

        One that is already there comes back unchanged, so that a broken-off rekey can simply
        run again.

        Raises:
            SealBrokenError: It does not open.
            UnknownKeyError: Its key was taken out of the list too early.
        """
        plain = self._data_key(wrapped)
        return wrapped if _split(wrapped)[0] == self._first else self._wrap(plain)

    def seal(self, wrapped: bytes, place: Place, secret: str) -> bytes:
        """Return a secret sealed for one place by a tenant's data key.

        Raises:
            SealBrokenError: The data key itself does not open.
        """
        key = self._data_key(wrapped)
        return _sealed(AESGCM(key), _key_id(key), place.encoded(), secret.encode())

    def open(self, wrapped: bytes, place: Place, sealed: bytes) -> str:
        """Return the secret that was sealed for this place.

        Raises:
            SealBrokenError: It was changed, moved, or sealed by another data key.
        """
        key = self._data_key(wrapped)
        key_id, _, _ = _split(sealed)
        if key_id != _key_id(key):
            raise SealBrokenError("sealed by another data key")
        return _opened(AESGCM(key), place.encoded(), sealed).decode()

    def digest(self, wrapped: bytes, secret: str) -> str:
        """Return a name for a secret that tells nothing of it: the same for the same data key.

        It survives every change of the operator's keys.

        Raises:
            SealBrokenError: The data key itself does not open.
        """
        key = hmac.digest(self._data_key(wrapped), b"gateway digests", "sha256")
        return hmac.digest(key, _bytes(secret), "sha256").hex()[:_DIGEST_LETTERS]

    def pepper(self, wrapped: bytes) -> "Pepper":
        """Return the pepper that belongs to a data key made for it alone.

        Stored wrapped like any data key it survives every change of the operator's keys, and
        so do the API keys.

        Raises:
            SealBrokenError: The data key does not open.
        """
        return Pepper(hmac.digest(self._data_key(wrapped), b"gateway api keys", "sha256"))

    def _wrap(self, plain: bytes) -> bytes:
        return _sealed(self._wrapping[self._first], self._first, _WRAPPING, plain)

    def _unwrap(self, wrapped: bytes) -> bytes:
        key_id, _, _ = _split(wrapped)
        key = self._wrapping.get(key_id)
        if key is None:
            raise UnknownKeyError(key_id.hex())
        return _opened(key, _WRAPPING, wrapped)


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read GATEWAY_ENCRYPTION_KEYS: base64 of 32 bytes each, comma-separated, newest first.

    Raises:
        EncryptionKeyError: Which key is wrong and how, without showing any of it.
    """
    keys: list[bytes] = []
    for number, part in enumerate(text.split(","), start=1):
        try:
            keys.append(base64.b64decode(part.strip(), validate=True))
        except ValueError:
            raise EncryptionKeyError(f"encryption key {number} is not base64") from None
    _check_keys(keys)
    return tuple(keys)


def load_or_create_key_file(path: Path) -> bytes:
    """Return the key in a file that only its owner may read, made when it is not there.

    Of several processes that start at once one makes it and all read the same.

    Raises:
        EncryptionKeyError: Others may read the file, or it holds no key.
        OSError: It cannot be read or made.
    """
    if not path.exists():
        _create_key_file(path)
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise EncryptionKeyError(f"{path} can be read by others: chmod 600 {path}")
        text = file.read().decode("ascii", "replace")
    keys = parse_keys(text)
    if len(keys) != 1:
        raise EncryptionKeyError(f"{path} holds more than one key")
    return keys[0]


@dataclass(frozen=True, slots=True)
class Pepper:
    """What API keys are hashed with, so that a copy of the database can verify none."""

    _secret: bytes = field(repr=False)

    def digest(self, key: str) -> bytes:
        """Return what is stored of an API key."""
        return hmac.digest(self._secret, _bytes(key), "sha256")

    def matches(self, key: str, digest: bytes) -> bool:
        """Tell in constant time whether a stored digest is this key's."""
        return hmac.compare_digest(self.digest(key), digest)


class NewApiKey(NamedTuple):
    """An API key as it is shown once, and what stays of it."""

    key: str
    prefix: str
    digest: bytes

    def __repr__(self) -> str:
        return f"NewApiKey(prefix={self.prefix!r})"


def new_api_key(pepper: Pepper) -> NewApiKey:
    """Return a new API key of 256 bits: `gwk_`, 43 letters, `_` and a checksum."""
    letters = "".join(secrets.choice(_API_KEY_LETTERS) for _ in range(_API_KEY_LENGTH))
    key = f"gwk_{letters}_{_checksum(letters)}"
    return NewApiKey(key, f"gwk_{letters[:_API_KEY_SHOWN]}", pepper.digest(key))


def looks_like_api_key(text: str) -> bool:
    """Tell a possible API key from a mistyped one without asking the store."""
    match text.split("_"):
        case ["gwk", letters, checksum]:
            return len(letters) == _API_KEY_LENGTH and equal(checksum, _checksum(letters))
        case _:
            return False


def equal(one: str, other: str) -> bool:
    """Compare two secrets without telling by the time taken how much of them is equal."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    """Encode what a stranger sent: half a surrogate pair is a wrong key, not an error."""
    return text.encode(errors="surrogatepass")


def _checksum(letters: str) -> str:
    return f"{zlib.crc32(_bytes(letters)):08x}"


def _check_keys(keys: Sequence[bytes]) -> None:
    if not keys:
        raise EncryptionKeyError("at least one encryption key is needed")
    for number, key in enumerate(keys, start=1):
        if len(key) != _KEY_BYTES:
            raise EncryptionKeyError(
                f"encryption key {number} has {len(key)} bytes, {_KEY_BYTES} are needed"
            )
    if len(set(keys)) != len(keys):
        raise EncryptionKeyError("an encryption key is listed twice")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"gateway key id" + key).digest()[:_ID_BYTES]


def _sealed(key: AESGCM, key_id: bytes, context: bytes, plain: bytes) -> bytes:
    head = _VERSION + key_id
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return head + nonce + key.encrypt(nonce, plain, head + context)


def _opened(key: AESGCM, context: bytes, sealed: bytes) -> bytes:
    key_id, nonce, text = _split(sealed)
    try:
        return key.decrypt(nonce, text, _VERSION + key_id + context)
    except InvalidTag:
        raise SealBrokenError("a sealed value was changed or moved to another place") from None


def _split(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    """Return a sealed value's key id, nonce and ciphertext."""
    body = _HEAD_BYTES + _NONCE_BYTES
    if sealed[:1] != _VERSION or len(sealed) < body + _TAG_BYTES:
        raise SealBrokenError("this is no sealed value")
    return sealed[len(_VERSION) : _HEAD_BYTES], sealed[_HEAD_BYTES:body], sealed[body:]


def _create_key_file(path: Path) -> None:
    """Write a whole file under another name, then link it: nobody ever sees half a key."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    text = base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first; its key is the key


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
