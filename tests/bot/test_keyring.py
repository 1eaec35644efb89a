import json
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chance import SystemRandom
from bot.keyring import KeyringError, Root, load_keyring, make_keyring, parse_keyring, with_new_key, without_key
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)
KEY_LIKE = st.fixed_dictionaries(
    {"id": st.just("abcdefgh") | JSON, "made_at": st.just("2026-03-02T09:00:00+00:00") | JSON, "audit": JSON},
    optional={"sealing": st.just("not base64!") | JSON, "more": JSON},
)
ALMOST = st.fixed_dictionaries(
    {"version": st.just(1) | JSON, "keys": st.lists(KEY_LIKE, max_size=2) | JSON},
    optional={"retired": st.lists(KEY_LIKE, max_size=2) | JSON},
)


@given(st.text() | JSON.map(json.dumps) | ALMOST.map(json.dumps))
def test_whatever_else_is_in_its_place_is_refused_in_one_line_that_repeats_nothing(text: str) -> None:
    with pytest.raises(KeyringError, match="The keyring HERE is damaged") as refused:
        parse_keyring(text, "HERE")
    assert "\n" not in str(refused.value)
    assert "not base64!" not in str(refused.value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"version": 1, "keys": ' + "[" * 100_000, "1" * 5_000])
def test_what_is_nested_without_end_or_a_number_without_end_is_refused(text: str) -> None:
    with pytest.raises(KeyringError, match="damaged"):
        parse_keyring(text, "HERE")


def test_a_new_key_comes_first_and_a_retired_one_verifies_alone(path: Path) -> None:
    text = path.read_text()
    two = with_new_key(text, "HERE", now=NOW, random=SystemRandom())
    old, new = parse_keyring(text, "HERE").first.id, parse_keyring(two, "HERE").first.id
    assert [key.id for key in parse_keyring(two, "HERE").keys] == [new, old]
    kept = parse_keyring(without_key(two, "HERE", key_id=old, verifies=True), "HERE")
    assert ([key.id for key in kept.keys], [key.id for key in kept.retired]) == ([new], [old])
    assert kept.audit_roots.keys() == {new, old}
    assert kept.audit_roots[old].derive("x") == load_keyring(path).first.audit.derive("x")
    gone = parse_keyring(without_key(two, "HERE", key_id=old, verifies=False), "HERE")
    assert gone.audit_roots.keys() == {new}
    assert not gone.retired
    assert entries(path)[0]["sealing"] not in without_key(two, "HERE", key_id=old, verifies=True)


def test_a_key_that_is_there_twice_is_refused_whatever_is_left_of_it(path: Path) -> None:
    [entry] = entries(path)
    rewrite(path, retired=[{name: entry[name] for name in ("id", "made_at", "audit")}])
    assert "same id" in refusal_of(path)


@pytest.mark.parametrize("retired", [{}, None, ["words"], [{"id": "abcdefgh"}], "x"])
def test_retired_keys_that_are_not_whole_are_refused(path: Path, retired: object) -> None:
    rewrite(path, retired=retired)
    assert "key" in refusal_of(path)


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


def test_a_credential_of_systemds_opens_and_no_other_file_that_its_group_may_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mode is 0440 where an ACL lets the service's user read it (systemd.exec(5), LoadCredential=)."""
    status = list(path.stat())
    path.chmod(0o440)

    def owned_by_root(_: int) -> os.stat_result:
        return os.stat_result([path.stat().st_mode, *status[1:4], 0, *status[5:]])

    monkeypatch.setattr(os, "fstat", owned_by_root)
    assert "chmod 600" in refusal_of(path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    assert load_keyring(path).keys
    path.chmod(0o444)
    assert "chmod 600" in refusal_of(path)
    path.chmod(0o460)
    assert "chmod 600" in refusal_of(path)
