"""Where the keyring is, and what follows it there."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from access.model.errors import CredentialsUnreadable
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.ports.machine import Place
from bot import logs
from bot.chance import SystemRandom
from bot.keyring import KeyringError, make_keyring, with_new_key, without_key
from bot.keyring_place import KeyringChanged, KeyringFile, KeyringGiven, LiveKeyring
from bot.private_file import replace_private_file
from bot.vault import ChainSeal, SealingVault
from tests.bot.fakes import NOW

HERE = Place(WorkspaceId("T1"), "table", "row", "column")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_keyring(tmp_path / "keyring.json", now=NOW, random=SystemRandom())
    return tmp_path / "keyring.json"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream, before = io.StringIO(), structlog.get_config()
    logs.configure("json", "INFO", stream)
    yield stream
    structlog.configure(**before)


def rotate(path: Path) -> str:
    """Put a new key first; return the id of the old one."""
    place = KeyringFile(path)
    old = LiveKeyring(place).now().first.id
    text = with_new_key(path.read_text(), "HERE", now=NOW, random=SystemRandom())
    place.replace(place.text(), Secret(text))
    return old


def test_vault_and_chain_follow_the_file(path: Path, log: io.StringIO) -> None:
    live = LiveKeyring(KeyringFile(path))
    vault, seal = SealingVault(live, SystemRandom()), ChainSeal(live)
    sealed, mac = vault.seal(Secret("x"), HERE), seal.mac(b"", b"record")
    reason = vault.hash_reason(WorkspaceId("T1"), "because")
    assert live.now() is live.now()
    old = rotate(path)
    new = live.now().first.id
    assert vault.seal(Secret("x"), HERE)[1:9].decode() == seal.mac(b"", b"record")[:8].decode() == new != old
    assert vault.open(sealed, HERE).reveal() == "x"
    assert seal.verify(b"", b"record", mac)
    assert vault.hash_reason(WorkspaceId("T1"), "because") != reason
    path.write_text(without_key(path.read_text(), "HERE", key_id=old, verifies=True))
    with pytest.raises(CredentialsUnreadable):
        vault.open(sealed, HERE)
    assert seal.verify(b"", b"record", mac)
    assert seal.missing_key(mac) is None
    path.write_text(
        without_key(path.read_text(), "HERE", key_id=old, verifies=False).replace('"retired"', '"were_retired"')
    )
    assert (seal.verify(b"", b"record", mac), seal.missing_key(mac)) == (False, old)
    assert seal.missing_key(b"") is None
    assert log.getvalue().count("keyring_read_anew") == 3


@pytest.mark.parametrize("mishap", ["removed", "damaged", "open to others"])
def test_what_became_unreadable_serves_on_and_the_log_says_so_once(path: Path, log: io.StringIO, mishap: str) -> None:
    live = LiveKeyring(KeyringFile(path))
    before, text = live.now(), path.read_text()
    if mishap == "removed":
        path.unlink()
    else:
        path.write_text(text if mishap == "open to others" else "{")
        path.chmod(0o644 if mishap == "open to others" else 0o600)
    for _ in range(3):
        assert live.now() is before
    assert log.getvalue().count("keyring_unreadable") == 1
    path.write_text(text + "\n")
    path.chmod(0o600)
    os.utime(path, ns=(1, 1))
    assert live.now().first.id == before.first.id
    assert live.now() is not before


def test_a_new_file_takes_the_place_of_a_keyring_and_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    place = KeyringFile(tmp_path / "link")
    (tmp_path / "keyring.json.new").write_text("left by one that was killed")
    place.replace(place.text(), Secret("other"))
    assert (tmp_path / "link").is_symlink()
    assert path.read_text() == "other"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"link", "keyring.json"}


def test_its_owner_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    monkeypatch.setattr(os, "chown", lambda _, user, group: changed.append((user, group)))
    replace_private_file(path, "other")
    assert changed == [(path.stat().st_uid, path.stat().st_gid)]


def test_nothing_is_left_of_one_that_could_not_take_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_text()

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "replace", refused)
    place = KeyringFile(path)
    with pytest.raises(KeyringError, match="Operation not permitted"):
        place.replace(place.text(), Secret("other"))
    assert path.read_text() == before
    assert [each.name for each in path.parent.iterdir()] == ["keyring.json"]


def test_a_copy_that_something_else_puts_there_is_not_replaced(path: Path) -> None:
    """Or the key would be gone as soon as the original is put back, and everything that it sealed."""
    place, before = KeyringFile(path), path.read_text()
    path.chmod(0o400)
    with pytest.raises(KeyringError, match=r"it is read-only.*: where something else puts it there, add --to-stdout"):
        place.replace(place.text(), Secret("other"))
    assert path.read_text() == before


def test_one_that_is_not_what_was_read_is_not_replaced(path: Path) -> None:
    place, before = KeyringFile(path), path.read_text()
    with pytest.raises(KeyringChanged, match="Somebody else has changed"):
        place.replace(Secret("what was read"), Secret("other"))
    assert path.read_text() == before


def test_two_who_replace_one_at_once_are_told(path: Path) -> None:
    place, inner = KeyringFile(path), KeyringFile(path)

    class Meanwhile(KeyringFile):
        def text(self) -> Secret:
            inner.replace(place.text(), Secret("other"))
            return super().text()

    with pytest.raises(KeyringChanged, match="Somebody else is changing"):
        Meanwhile(path).replace(place.text(), Secret("mine"))


def test_one_that_is_given_stays_as_it_is(path: Path) -> None:
    place = KeyringGiven(Secret(path.read_text()))
    live = LiveKeyring(place)
    assert live.now() is live.now()
    with pytest.raises(KeyringError, match="add --to-stdout"):
        place.replace(place.text(), Secret("other"))
