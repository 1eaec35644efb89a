import json
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.keyring import KeyringError, Root, load_keyring, make_keyring
from tests.bot.fakes import NOW, NumberedRandom


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "keyring.json"
    make_keyring(file, now=NOW, random=NumberedRandom())
    return file


def refusal_of(path: Path) -> str:
    with pytest.raises(KeyringError) as refusal:
        load_keyring(path)
    message = str(refusal.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def entries(path: Path) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = json.loads(path.read_text())["keys"]
    return keys


def test_a_new_keyring_is_private_and_opens(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keyring = load_keyring(path)
    assert [key.id for key in keyring.keys] == [entries(path)[0]["id"]]
    assert keyring.first.made_at == NOW


def test_a_new_keyring_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_keyring(tmp_path / "open", now=NOW, random=NumberedRandom())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o600


def test_the_two_roots_are_independent(path: Path) -> None:
    key = load_keyring(path).first
    assert key.sealing.derive("seal") != key.audit.derive("seal")


def test_a_keyring_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyringError, match="never overwritten"):
        make_keyring(path, now=NOW, random=NumberedRandom())
    assert path.read_bytes() == before


def test_a_keyring_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="No such file"):
        make_keyring(tmp_path / "nowhere" / "keyring", now=NOW, random=NumberedRandom())


def test_nothing_is_left_of_a_keyring_that_did_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyringError, match="No space left"):
        make_keyring(tmp_path / "keyring", now=NOW, random=NumberedRandom())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_keyring_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert f"chmod 600 {path}" in refusal_of(path)


def test_a_keyring_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = list(path.stat())
    status[stat.ST_UID] = os.geteuid() + 4242
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result(status))
    assert f"chown {os.geteuid()} {path}" in refusal_of(path)


def test_a_missing_keyring_says_how_to_make_one(tmp_path: Path) -> None:
    assert "thirdparty-bot init" in refusal_of(tmp_path / "nothing")


def test_a_folder_or_a_pipe_is_no_keyring(tmp_path: Path) -> None:
    assert "directory" in refusal_of(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a regular file" in refusal_of(tmp_path / "pipe")


def test_a_link_to_a_private_file_opens(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    assert load_keyring(tmp_path / "link").first.id == load_keyring(path).first.id


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b"{}", b"\xff\xfe"])
def test_what_is_no_keyring_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "damaged" in refusal_of(path)


def test_a_keyring_that_was_cut_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole.strip())):
        path.write_bytes(whole[:length])
        assert "damaged" in refusal_of(path)


def test_another_version_is_refused(path: Path) -> None:
    rewrite(path, version=2)
    assert "version 1" in refusal_of(path)


@pytest.mark.parametrize("keys", [[], {}, None, ["words"], [{}]])
def test_a_keyring_without_whole_keys_is_refused(path: Path, keys: object) -> None:
    rewrite(path, keys=keys)
    assert "key" in refusal_of(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "SHOUTING"),
        ("id", "short"),
        ("id", 7),
        ("made_at", "yesterday"),
        ("made_at", None),
        ("sealing", "not base64!"),
        ("audit", "c2hvcnQ="),
        ("audit", None),
    ],
)
def test_a_damaged_key_is_named(path: Path, field: str, value: object) -> None:
    [entry] = entries(path)
    rewrite(path, keys=[entry | {field: value}])
    message = refusal_of(path)
    assert "key number 1" in message or entry["id"] in message
    assert entry["sealing"] not in message


def test_equal_roots_and_equal_ids_are_refused(path: Path) -> None:
    [entry] = entries(path)
    rewrite(path, keys=[entry | {"audit": entry["sealing"]}])
    assert "the same" in refusal_of(path)
    rewrite(path, keys=[entry, entry])
    assert "same id" in refusal_of(path)


@given(st.binary(min_size=32, max_size=32))
def test_a_root_shows_nothing_of_itself(material: bytes) -> None:
    root = Root(material)
    assert f"{root!r} {root}" == "Root(…) Root(…)"
    with pytest.raises(TypeError):
        pickle.dumps(root)


def test_a_root_is_as_long_as_it_says() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Root(b"short")


def test_purposes_give_different_keys() -> None:
    root = Root(bytes(32))
    assert len({root.derive(purpose) for purpose in ("seal", "reason", "audit chain")}) == 3
    assert root.derive("seal") == root.derive("seal")
