"""`thirdparty-bot keys`, as somebody types it."""

import asyncio
import io
import json
import os
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from access.model.ids import TokenId, WorkspaceId
from access.model.secret import Secret
from access.operations.offering import bearer_place, secret_place
from bot.chance import SystemRandom
from bot.keyring import Keyring, load_keyring, with_new_key
from bot.vault import SealingVault
from storage.engine import Database
from storage.run_lock import RunLock
from tests.bot.at_work import TEAM, add, settings_in
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.fakes import PlainSeal, plain_reason_hash

KEYRING = "thirdparty-keyring.json"
OFFERS = 1_203
"""More than are sealed anew in one transaction."""


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where a bot was at work in one workspace."""
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    add(tmp_path, "Warehouse")
    return tmp_path


def keyring(folder: Path) -> Keyring:
    return load_keyring(folder / KEYRING)


def offer(folder: Path, count: int = 3, ring: Keyring | None = None, start: int = 0) -> None:
    """Have offers wait, sealed with the first key."""
    vault = SealingVault(ring or keyring(folder), SystemRandom())
    rows = []
    for number in range(start, start + count):
        token = TokenId(f"t{number:05}")
        sealed = [
            vault.seal(Secret(f"{what} of {token}"), place(TEAM, token))
            for what, place in (("secret", secret_place), ("bearer", bearer_place))
        ]
        rows.append((TEAM, token, *sealed))
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.executemany("INSERT INTO sealed_credentials VALUES (?, ?, ?, ?)", rows)


def opened(folder: Path) -> list[str]:
    """What waits, opened with the keyring as it is; the first byte strings are the key ids."""
    vault = SealingVault(keyring(folder), SystemRandom())
    found = []
    for workspace, token, secret, bearer in rows(folder, "SELECT * FROM sealed_credentials ORDER BY token"):
        here = WorkspaceId(workspace), TokenId(token)
        assert vault.open(secret, secret_place(*here)).reveal() == f"secret of {token}"
        assert vault.open(bearer, bearer_place(*here)).reveal() == f"bearer of {token}"
        found += [secret[1:9].decode(), bearer[1:9].decode()]
    return found


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(query).fetchall()


def recorded(folder: Path) -> list[tuple[str, dict[str, str], str]]:
    """What the trail says of keys, and with which key."""
    found = rows(folder, "SELECT action, details, mac FROM audit WHERE action LIKE 'keys.%' ORDER BY number")
    return [(action, json.loads(details), mac[:8].decode()) for action, details, mac in found]


def listed(typed: Typed) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in json.loads(typed("keys", "list", "--json").out)}


# --- rotate -----------------------------------------------------------------------------------------------------------


def test_rotate_makes_a_key_seals_anew_what_waits_and_says_so_in_the_trail(typed: Typed, folder: Path) -> None:
    old = keyring(folder).first.id
    offer(folder, OFFERS)
    before = {value for row in rows(folder, "SELECT client_secret, bearer FROM sealed_credentials") for value in row}
    done = typed("keys", "rotate")
    assert (done.code, done.err) == (0, "")
    new = keyring(folder).first.id
    assert f"Made the key {new}, which seals from now on. {OFFERS:,} waiting offers were sealed anew." in done.out
    assert "Copy the keyring to its safe place again" in done.out
    assert [key.id for key in keyring(folder).keys] == [new, old]
    assert set(opened(folder)) == {new}
    assert recorded(folder) == [("keys.rotated", {"key": new, "former": old}, new)], "the first record it chained"
    ((first_with_new,),) = rows(
        folder, f"SELECT min(number) FROM audit WHERE substr(mac, 1, 8) = CAST('{new}' AS BLOB)"
    )
    assert rows(folder, f"SELECT action FROM audit WHERE number = {first_with_new}") == [("keys.rotated",)]
    assert typed("audit", "verify").code == 0
    kept = b"".join(path.read_bytes() for path in folder.glob("thirdparty.db*"))
    assert not [value for value in before if value in kept], "what the old key sealed is nowhere any more"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [".env", KEYRING, "thirdparty.db", "thirdparty.db.keys.lock"]
    ), "no other copy of the keyring is left"
    assert stat.S_IMODE((folder / KEYRING).stat().st_mode) == 0o600


def test_rotate_in_a_fresh_folder_makes_a_key(typed: Typed, tmp_path: Path) -> None:
    typed("init")
    assert typed("keys", "rotate").code == 0
    assert len(keyring(tmp_path).keys) == 2


def test_a_rotation_that_stopped_before_the_record_is_finished_and_no_other_key_made(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(folder)
    old = keyring(folder).first.id
    with monkeypatch.context() as broken:
        broken.setattr("storage.repositories.audit.AuditTrail.append", None)
        with pytest.raises(TypeError):
            typed("keys", "rotate")
    new = keyring(folder).first.id
    assert (recorded(folder), {*opened(folder)}) == ([], {old})
    add(folder, "Shop")  # a bot goes on, with the new key
    done = typed("keys", "rotate")
    assert f"Finished the rotation to the key {new}, which had been begun" in done.out
    assert recorded(folder) == [("keys.rotated", {"key": new, "former": old}, new)]
    assert ({*opened(folder)}, len(keyring(folder).keys)) == ({new}, 2)
    assert typed("audit", "verify").code == 0


def test_a_rotation_that_stopped_half_way_is_finished(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(folder, OFFERS)
    works, times = Database.put_resealed, []

    async def once(self: Database, some: Any) -> None:
        times.append(some)
        if len(times) > 1:
            raise OSError(5, "cut", "thirdparty.db")
        await works(self, some)

    with monkeypatch.context() as broken:
        broken.setattr(Database, "put_resealed", once)
        assert typed("keys", "rotate").code == 1
    new, old = (key.id for key in keyring(folder).keys)
    assert {*opened(folder)} == {new, old}
    assert f"Finished the rotation to the key {new}" in typed("keys", "rotate").out
    assert {*opened(folder)} == {new}
    typed("keys", "rotate")
    assert len(keyring(folder).keys) == 3, "there was nothing to finish"


def test_what_cannot_be_opened_stays_as_it_is_and_is_named(typed: Typed, folder: Path, tmp_path: Path) -> None:
    typed("init", THIRDPARTY_KEYRING_FILE="another.json")
    another = load_keyring(tmp_path / "another.json")
    offer(folder, 1)
    offer(folder, 2, another, start=1)
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("INSERT INTO sealed_credentials VALUES (?, 't9', X'00', X'00')", [TEAM])
        connection.execute("INSERT INTO sealed_credentials VALUES (?, 't99', 'text', 'text')", [TEAM])
        connection.execute(
            "INSERT INTO sealed_credentials SELECT workspace, 't8', client_secret, bearer FROM sealed_credentials "
            "WHERE token = 't00000'"
        )
    kept = rows(folder, "SELECT * FROM sealed_credentials WHERE token <> 't00000' ORDER BY token")
    old = keyring(folder).first.id
    done = typed("keys", "rotate")
    assert done.code == 1
    assert "1 waiting offer was sealed anew" in done.out
    assert f"2 sealed with {another.first.id} (the keyring does not have it)" in done.err
    assert f"1 sealed with {old} (it does not fit them)" in done.err
    assert "2 that name no key" in done.err
    assert "`/thirdparty resend` for each of them" in done.err
    assert rows(folder, "SELECT * FROM sealed_credentials WHERE token <> 't00000' ORDER BY token") == kept


async def test_a_reveal_meanwhile_wins(folder: Path) -> None:
    offer(folder)
    file = folder / "thirdparty.db"
    database = await Database.open(
        f"sqlite:///{file}", seal=PlainSeal(), random=SystemRandom(), hash_reason=plain_reason_hash
    )

    some = await database.sealed_otherwise("aaaaaaaa", after=("", ""), limit=9)
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("DELETE FROM sealed_credentials WHERE token = 't00000'")
        other.execute("UPDATE sealed_credentials SET bearer = X'01' WHERE token = 't00001'")
    await database.put_resealed([(row, (b"new", b"new")) for row in some])
    await database.close()
    assert rows(folder, "SELECT token, bearer FROM sealed_credentials") == [("t00001", b"\1"), ("t00002", b"new")]


def test_two_at_once_are_refused(typed: Typed, folder: Path) -> None:
    with RunLock(settings_in(folder).database_url, ending="keys.lock"):
        for words in (("rotate",), ("retire", "aaaaaaaa"), ("list",)):
            refused = typed("keys", *words)
            assert (refused.code, refused.out) == (1, "")
            assert "another process rotates or retires keys at this moment; wait" in refused.err
    assert len(keyring(folder).keys) == 1


def test_a_bot_may_run_meanwhile(typed: Typed, folder: Path) -> None:
    with RunLock(settings_in(folder).database_url):
        assert typed("keys", "rotate").code == 0


def test_a_keyring_that_somebody_changes_meanwhile_is_not_overwritten(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / KEYRING).read_text()

    def meanwhile(*given: Any, **more: Any) -> str:
        (folder / KEYRING).write_text(before + "\n")
        return with_new_key(*given, **more)

    monkeypatch.setattr("bot.cli.rotation.with_new_key", meanwhile)
    refused = typed("keys", "rotate")
    assert refused.code == 1
    assert "Somebody else has changed the keyring" in refused.err
    assert ((folder / KEYRING).read_text(), recorded(folder)) == (before + "\n", [])


def test_a_keyring_that_cannot_be_written_stays_and_is_named(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / KEYRING).read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        refused = typed("keys", "rotate")
    assert refused.code == 2
    assert f"The keyring {KEYRING} cannot be written (No space left on device)" in refused.err
    assert "--to-stdout" in refused.err
    assert ((folder / KEYRING).read_bytes(), recorded(folder)) == (before, [])
    assert not list(folder.glob("*.new"))


# --- a keyring from elsewhere -----------------------------------------------------------------------------------------


def test_a_keyring_from_the_environment_is_rotated_by_way_of_a_secret_manager(typed: Typed, folder: Path) -> None:
    offer(folder)
    given = (folder / KEYRING).read_text()
    old = keyring(folder).first.id
    (folder / KEYRING).unlink()
    refused = typed("keys", "rotate", THIRDPARTY_KEYRING=given)
    assert (refused.code, refused.out) == (2, "")
    assert "The keyring is given in THIRDPARTY_KEYRING, where nothing can be written: add --to-stdout" in refused.err
    assert recorded(folder) == []

    written = typed("keys", "rotate", "--to-stdout", THIRDPARTY_KEYRING=given)
    assert (written.code, written.err) == (0, "")
    new = json.loads(written.out)["keys"][0]["id"]
    assert recorded(folder) == []
    done = typed("keys", "rotate", THIRDPARTY_KEYRING=written.out)
    assert f"Finished the rotation to the key {new}" in done.out
    assert recorded(folder) == [("keys.rotated", {"key": new, "former": old}, new)]
    retired = typed("keys", "retire", old, "--to-stdout", THIRDPARTY_KEYRING=written.out)
    assert (retired.code, [key["id"] for key in json.loads(retired.out)["retired"]]) == (0, [old])
    assert typed("audit", "verify", THIRDPARTY_KEYRING=retired.out).code == 0
    (folder / KEYRING).write_text(retired.out)
    (folder / KEYRING).chmod(0o600)
    assert {*opened(folder)} == {new}
    secrets = [key[root] for key in json.loads(written.out)["keys"] for root in ("sealing", "audit")]
    said = refused.err + done.out + done.err
    assert not [secret for secret in secrets if secret in said]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_keys_are_shown_on_no_terminal(typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", shown := Terminal())
    assert typed("keys", "rotate", "--to-stdout").code == 2
    assert shown.getvalue() == ""


def test_a_keyring_in_the_environment_that_is_none_is_named_without_its_value(typed: Typed, folder: Path) -> None:
    for wrong in ("not-a-keyring-but-secret", '{"version": 1, "keys": [{"sealing": "hush"}]}', "[" * 99_999):
        refused = typed("keys", "list", THIRDPARTY_KEYRING=wrong)
        assert (refused.code, refused.out) == (2, "")
        assert "The keyring THIRDPARTY_KEYRING is damaged" in refused.err
        assert wrong not in refused.err
        assert "hush" not in refused.err
    both = typed("keys", "list", THIRDPARTY_KEYRING="x", THIRDPARTY_KEYRING_FILE=KEYRING)
    assert both.code == 2
    assert "Set either THIRDPARTY_KEYRING_FILE, a path, or THIRDPARTY_KEYRING, not both" in both.err


def test_init_makes_no_file_where_a_keyring_is_given(typed: Typed, folder: Path) -> None:
    given = (folder / KEYRING).read_text()
    (folder / KEYRING).unlink()
    assert "THIRDPARTY_KEYRING is there already and is in order." in typed("init", THIRDPARTY_KEYRING=given).out
    assert not (folder / KEYRING).exists()


# --- list and retire --------------------------------------------------------------------------------------------------


def test_list_says_what_each_key_is_for(typed: Typed, folder: Path) -> None:
    offer(folder, 1)
    old = keyring(folder).first.id
    typed("keys", "rotate")
    new = keyring(folder).first.id
    seen = listed(typed)
    assert (seen[new]["does"], seen[new]["offers"], seen[new]["can_be_retired"]) == ("seals", 1, False)
    assert (seen[old]["does"], seen[old]["offers"], seen[old]["records"]) == ("opens", 0, 1)
    assert seen[old]["can_be_retired"]
    out = typed("keys", "list").out
    assert out.splitlines()[0].split() == ["KEY", "MADE", "DOES", "OFFERS", "TOKENS", "RECORDS"]
    assert f"Nothing is sealed with {old} any more: `thirdparty-bot keys retire {old}`." in out
    (folder / KEYRING).unlink()
    typed("init")
    assert [seen["does"] for seen in listed(typed).values()] == ["seals", "missing", "missing"]
    assert f"The keyring lacks {old}: put it back" in typed("keys", "list").out


def test_a_retired_key_opens_nothing_and_verifies_for_ever(typed: Typed, folder: Path) -> None:
    offer(folder, 1)
    old = keyring(folder).first
    sealed_before = rows(folder, "SELECT client_secret FROM sealed_credentials")[0][0]
    typed("keys", "rotate")
    done = typed("keys", "retire", old.id)
    assert (done.code, done.err) == (0, "")
    assert f"{old.id} opens nothing any more. What it chained in the audit trail can be verified as before." in done.out
    ring = keyring(folder)
    assert ([key.id for key in ring.keys], [key.id for key in ring.retired]) == ([ring.first.id], [old.id])
    entry = json.loads((folder / KEYRING).read_text())["retired"][0]
    assert entry.keys() == {"id", "made_at", "audit"}
    with pytest.raises(Exception, match="credentials_unreadable"):
        SealingVault(ring, SystemRandom()).open(sealed_before, secret_place(TEAM, TokenId("t00000")))
    assert recorded(folder)[-1] == ("keys.retired", {"key": old.id}, ring.first.id)
    assert typed("audit", "verify").code == 0
    assert listed(typed)[old.id]["does"] == "verifies"
    assert "is retired already" in typed("keys", "retire", old.id).err
    assert typed("keys", "rotate").code == 0, "and it goes on"
    assert typed("audit", "verify").code == 0


def test_a_key_that_chained_nothing_goes_altogether(typed: Typed, tmp_path: Path) -> None:
    typed("init")
    old = keyring(tmp_path).first.id
    typed("keys", "rotate")
    assert "It had chained no record." in typed("keys", "retire", old).out
    assert old not in (tmp_path / KEYRING).read_text()


def test_what_cannot_be_retired_is_refused_and_why(typed: Typed, folder: Path) -> None:
    old = keyring(folder).first.id
    assert f"{old} is the key that seals" in typed("keys", "retire", old).err
    assert "no key of that id" in typed("keys", "retire", "aaaaaaaa").err
    offer(folder, 2)
    sealed_with_old = keyring(folder)
    typed("keys", "rotate")
    offer(folder, 1, sealed_with_old, start=7)  # by a bot that had an older keyring
    before = (folder / KEYRING).read_bytes()
    for more in ((), ("--to-stdout",)):
        refused = typed("keys", "retire", old, *more)
        assert (refused.code, refused.out) == (1, "")
        assert f"1 waiting offer(s) can be opened with {old} alone" in refused.err
    assert (folder / KEYRING).read_bytes() == before
    assert "1 waiting offer was sealed anew" in typed("keys", "rotate").out
    assert typed("keys", "retire", old).code == 0


def imported(folder: Path, key_id: str) -> None:
    """Have a token that was made elsewhere be kept under a key."""
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            "INSERT INTO tokens (workspace, id, third_party, position, origin, fingerprint, digest_key, token_digest,"
            " issued_at, expires_at, collected_at) VALUES (?, 't', 'p', 1, 'migrated', '0f0f0f0f', ?, ?, 1, ?, 1)",
            (TEAM, key_id, bytes(32), 4_000_000_000_000_000),
        )


def test_a_key_that_imported_tokens_hang_on_stays(typed: Typed, folder: Path) -> None:
    old = keyring(folder).first.id
    imported(folder, old)
    typed("keys", "rotate")
    assert listed(typed)[old]["tokens"] == 1
    refused = typed("keys", "retire", old)
    assert (refused.code, refused.out) == (1, "")
    assert f"Without {old}, 1 imported token(s) would not be recognised" in refused.err
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("UPDATE tokens SET expires_at = 2")
    assert typed("keys", "retire", old).code == 0


def test_an_offer_without_a_client_secret_is_sealed_anew_too(typed: Typed, folder: Path) -> None:
    offer(folder, 1)
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("UPDATE sealed_credentials SET client_secret = NULL")
    typed("keys", "rotate")
    ((secret, bearer),) = rows(folder, "SELECT client_secret, bearer FROM sealed_credentials")
    assert (secret, bearer[1:9].decode()) == (None, keyring(folder).first.id)


def test_each_workspace_reads_of_it_in_its_own_trail(typed: Typed, folder: Path) -> None:
    add(folder, "There", WorkspaceId("T0THERE"))
    old = keyring(folder).first.id
    typed("keys", "rotate")
    typed("keys", "retire", old)
    found = rows(folder, "SELECT workspace, action FROM audit WHERE action LIKE 'keys.%' ORDER BY workspace, number")
    assert found == [(team, action) for team in (TEAM, "T0THERE") for action in ("keys.rotated", "keys.retired")]
