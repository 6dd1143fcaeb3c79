"""Secrets at rest: sealed for one place, rotatable, and fail closed."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.vault import (
    EncryptionKeyError,
    Pepper,
    Place,
    SealBrokenError,
    UnknownKeyError,
    Vault,
    equal,
    load_or_create_key_file,
    looks_like_api_key,
    new_api_key,
    parse_keys,
)

OLD, NEW = b"o" * 32, b"n" * 32
HERE = Place("acme", "lark-main", "app_secret")
VAULT = Vault([OLD])
DATA_KEY = VAULT.new_data_key()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(), st.text())
def test_what_was_sealed_opens_at_its_own_place(secret: str, tenant: str, field: str) -> None:
    place = Place(
        tenant.encode(errors="ignore").decode(), "lark", field.encode(errors="ignore").decode()
    )
    assert VAULT.open(DATA_KEY, place, VAULT.seal(DATA_KEY, place, secret)) == secret


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("other", "lark-main", "app_secret"),
        Place("acme", "lark-two", "app_secret"),
        Place("acme", "lark-main", "encrypt_key"),
        Place("acmelark-main", "", "app_secret"),
        Place("acme", "lark-mainapp_", "secret"),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(elsewhere: Place) -> None:
    sealed = VAULT.seal(DATA_KEY, HERE, "s3cret")
    with pytest.raises(SealBrokenError):
        VAULT.open(DATA_KEY, elsewhere, sealed)


texts = st.text(alphabet="ab\0", max_size=4)
places = st.builds(Place, texts, texts, texts)


@given(places, places)
def test_no_two_places_are_encoded_alike(one: Place, other: Place) -> None:
    assert (one.encoded() == other.encoded()) == (one == other)


@given(st.data())
def test_a_changed_bit_anywhere_breaks_the_seal(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(DATA_KEY, HERE, "s3cret"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBrokenError):
        VAULT.open(DATA_KEY, HERE, bytes(sealed))
    wrapped = bytearray(DATA_KEY)
    wrapped[at % len(wrapped)] ^= 1
    with pytest.raises(SealBrokenError):
        VAULT.open(bytes(wrapped), HERE, VAULT.seal(DATA_KEY, HERE, "s3cret"))


@given(st.binary(max_size=80))
def test_junk_is_no_sealed_value(junk: bytes) -> None:
    with pytest.raises(SealBrokenError):
        VAULT.open(DATA_KEY, HERE, junk)
    with pytest.raises(SealBrokenError):
        VAULT.open(junk, HERE, VAULT.seal(DATA_KEY, HERE, "s3cret"))


def test_another_tenants_data_key_does_not_open_it() -> None:
    with pytest.raises(SealBrokenError, match="another data key"):
        VAULT.open(VAULT.new_data_key(), HERE, VAULT.seal(DATA_KEY, HERE, "s3cret"))


def test_sealing_twice_gives_two_values() -> None:
    assert VAULT.seal(DATA_KEY, HERE, "x") != VAULT.seal(DATA_KEY, HERE, "x")
    assert VAULT.new_data_key() != VAULT.new_data_key()


def test_no_secret_shows_in_what_is_stored() -> None:
    assert b"s3cret" not in VAULT.seal(DATA_KEY, HERE, "s3cret")
    assert OLD not in DATA_KEY


# --- rotation ---


def test_a_new_key_wraps_anew_and_the_old_one_may_go() -> None:
    sealed = VAULT.seal(DATA_KEY, HERE, "s3cret")
    both = Vault([NEW, OLD])
    rewrapped = both.rewrap(DATA_KEY)
    assert both.wrapped_by(DATA_KEY) == both.key_ids[1]
    assert both.wrapped_by(rewrapped) == both.key_ids[0]
    assert Vault([NEW]).open(rewrapped, HERE, sealed) == "s3cret"


def test_a_rekey_that_broke_off_may_run_again() -> None:
    both = Vault([NEW, OLD])
    rewrapped = both.rewrap(DATA_KEY)
    assert both.rewrap(rewrapped) == rewrapped


def test_a_key_taken_out_too_early_is_named() -> None:
    with pytest.raises(UnknownKeyError) as error:
        Vault([NEW]).open(DATA_KEY, HERE, VAULT.seal(DATA_KEY, HERE, "s3cret"))
    assert error.value.key_id == VAULT.key_ids[0]
    assert VAULT.key_ids[0] in str(error.value)


def test_more_data_keys_than_are_remembered_still_open() -> None:
    wrapped = [VAULT.new_data_key() for _ in range(1_100)]
    sealed = [VAULT.seal(key, HERE, "x") for key in wrapped]
    assert {VAULT.open(*pair) for pair in zip(wrapped, [HERE] * 1_100, sealed, strict=True)} == {
        "x"
    }


# --- the operator's keys ---


def test_keys_are_read_newest_first() -> None:
    text = ",".join(base64.b64encode(key).decode() for key in (NEW, OLD))
    assert parse_keys(text) == (NEW, OLD)
    assert parse_keys(f" {text.replace(',', ' , ')}\n") == (NEW, OLD)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "key 1 has 0 bytes"),
        ("hunter2!", "key 1 is not base64"),
        (base64.b64encode(b"short").decode(), "key 1 has 5 bytes, 32 are needed"),
        (base64.b64encode(OLD).decode() + ",", "key 2 has 0 bytes"),
        (",".join([base64.b64encode(OLD).decode()] * 2), "listed twice"),
    ],
)
def test_a_wrong_key_is_named_by_its_number_alone(text: str, sentence: str) -> None:
    with pytest.raises(EncryptionKeyError, match=sentence) as error:
        parse_keys(text)
    assert "hunter2" not in str(error.value)


def test_a_vault_without_a_key_is_refused() -> None:
    with pytest.raises(EncryptionKeyError, match="at least one"):
        Vault([])


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    key = load_or_create_key_file(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key_file(path) == key
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(load_or_create_key_file, [path] * 32))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "gateway.key"
    load_or_create_key_file(path)
    path.chmod(mode)
    with pytest.raises(EncryptionKeyError, match="chmod 600"):
        load_or_create_key_file(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"aGk="])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gateway.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(EncryptionKeyError):
        load_or_create_key_file(path)


def test_a_file_of_two_keys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    path.touch(0o600)
    path.write_bytes(base64.b64encode(OLD) + b"," + base64.b64encode(NEW))
    with pytest.raises(EncryptionKeyError, match="more than one"):
        load_or_create_key_file(path)


# --- API keys ---


def test_an_api_key_is_shown_once_and_known_by_its_digest() -> None:
    pepper = Pepper(b"p" * 32)
    key, prefix, digest = new_api_key(pepper)
    assert key.startswith(prefix)
    assert pepper.matches(key, digest)
    assert not pepper.matches(key + "x", digest)
    assert not Pepper(b"q" * 32).matches(key, digest)
    assert looks_like_api_key(key)


def test_api_keys_do_not_show_in_a_representation() -> None:
    made = new_api_key(Pepper(b"p" * 32))
    assert made.key not in repr(made)
    assert "pppp" not in repr(Pepper(b"p" * 32))


@given(st.integers(0, 55), st.sampled_from("aZ0_é"))
def test_a_mistyped_api_key_is_told_without_the_store(at: int, letter: str) -> None:
    key = new_api_key(Pepper(b"p" * 32)).key
    mistyped = key[:at] + letter + key[at + 1 :]
    assert looks_like_api_key(mistyped) == (mistyped == key)


@given(st.text(st.characters()))
def test_no_text_upsets_the_check_of_an_api_key(text: str) -> None:
    assert not looks_like_api_key(text)
    assert not looks_like_api_key(f"gwk_{text[:43]:a<43}_{text}")
    assert not Pepper(b"p" * 32).matches(text, b"")


def test_api_keys_survive_a_change_of_the_operators_keys() -> None:
    wrapped = VAULT.new_data_key()
    made = new_api_key(VAULT.pepper(wrapped))
    rewrapped = Vault([NEW, OLD]).rewrap(wrapped)
    assert Vault([NEW]).pepper(rewrapped).matches(made.key, made.digest)


def test_a_digest_names_a_secret_for_one_data_key_and_survives_the_operators_keys() -> None:
    wrapped, other = VAULT.new_data_key(), VAULT.new_data_key()
    name = VAULT.digest(wrapped, "canary")
    assert name == VAULT.digest(wrapped, "canary")
    assert len({name, VAULT.digest(other, "canary"), VAULT.digest(wrapped, "canary2")}) == 3
    assert Vault([NEW]).digest(Vault([NEW, OLD]).rewrap(wrapped), "canary") == name
    assert "canary" not in name


def test_secrets_are_compared_whole() -> None:
    assert equal("秘密", "秘密")
    assert not equal("秘密", "秘")
