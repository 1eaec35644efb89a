"""`thirdparty-bot audit`, as somebody types it."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
from base64 import b64decode
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jsonschema import Draft202012Validator

from access.model.audit_head import Head
from access.model.people import Caller, Role, SlackUser
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from bot.cli.audit_words import SENTENCES, in_words
from bot.cli.workplace import at_work
from storage.chain import Verified
from storage.chain_fault import How, Wrong
from tests.bot.at_work import TEAM, add, settings_in
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.house import ROOT

SCHEMA = json.loads((ROOT / "docs/audit-record.schema.json").read_text())
ANNA, BEN = (Caller(TEAM, SlackUser(user, TEAM), Role.ADMIN) for user in ("U0ANNA", "U0BEN"))
WHY = "They asked for it."


async def work(folder: Path) -> None:
    async with at_work(settings_in(folder)) as workplace:
        for caller, name in ((ANNA, "Acme"), (BEN, "Globex")):
            await register_third_party(RegisterThirdParty(caller=caller, name=name), workplace.ports)
        async with workplace.ports.read(TEAM) as reading:
            acme = await reading.third_parties.by_name("Acme")
        assert acme
        await enable_third_party(EnableThirdParty(caller=ANNA, third_party=acme.id), workplace.ports)
        disable = DisableThirdParty(caller=BEN, third_party=acme.id, reason=WHY)
        await disable_third_party(disable, workplace.ports)


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where a bot was at work in one workspace."""
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    add(tmp_path, "Warehouse")
    asyncio.run(work(tmp_path))
    return tmp_path


def tamper(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        connection.executescript(f"DROP TRIGGER audit_refuses_update; DROP TRIGGER audit_refuses_delete; {script}")


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(query).fetchall()


def head(folder: Path) -> str:
    return str(Head(*rows(folder, "SELECT number, mac FROM audit_heads")[0]))


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_says_that_all_is_well_and_where_the_trail_ends(typed: Typed, folder: Path) -> None:
    ((count,),) = rows(folder, "SELECT count(*) FROM audit")
    done = typed("audit", "verify")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"{count} records, from the first to the last, are as they were written.",
        f"It ends with {head(folder)}",
    ]
    before = head(folder)
    against = typed("audit", "verify", "--head", f" `{before}` ")
    assert (against.code, against.out.splitlines()[1]) == (0, f"Record {count} is the one that was posted.")
    assert (
        f"Record {count} is the one that was posted, and the last."
        in typed("audit", "verify", "--since-head", before).out
    )
    add(folder, "Shop")
    since = typed("audit", "verify", "--since-head", before)
    assert "and 1 record after it are as they were written. Those before it were not looked at." in since.out


def test_verify_names_the_first_record_that_is_wrong_in_one_line(typed: Typed, folder: Path) -> None:
    posted = head(folder)
    tamper(folder, "UPDATE audit SET actor = 'x' WHERE number = 4; UPDATE audit SET actor = 'y' WHERE number = 2")
    done = typed("audit", "verify")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "thirdparty-bot: Record 2 was changed: it does not say what it said when it was written. Up to record 1 all "
        "that was looked at is as it was written.\n"
    )
    assert typed("audit", "verify", "--since-head", posted).code == 0


def test_what_was_cut_off_shows_against_the_line_that_was_posted(typed: Typed, folder: Path) -> None:
    posted = head(folder)
    note = "UPDATE audit_heads SET number = 2, mac = (SELECT mac FROM audit WHERE number = 2)"
    tamper(folder, f"DELETE FROM audit WHERE number > 2; {note}")
    assert typed("audit", "verify").code == 0
    for option in ("--head", "--since-head"):
        done = typed("audit", "verify", option, posted)
        assert (done.code, done.out) == (1, "")
        assert "the trail ends with record 2, before the one that was posted" in done.err.lower()


def test_a_trail_that_was_removed_with_the_note_of_its_end_is_missed_all_the_same(typed: Typed, folder: Path) -> None:
    posted = head(folder)
    tamper(folder, "DELETE FROM audit_heads")
    assert "the note of where the trail ends is gone" in typed("audit", "verify").err
    tamper_again = "DELETE FROM audit"
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute(tamper_again)
    assert "the trail ends with record 0" in typed("audit", "verify", "--head", posted).err.lower()


def test_what_is_no_head_is_refused_in_one_line(typed: Typed) -> None:
    for wrong in ("", "12", "latest", "0:aaaaaaaa:" + "0" * 64, "5:aaaaaaaa:" + "0" * 63):
        for option in ("--head", "--since-head"):
            refused = typed("audit", "verify", option, wrong)
            assert (refused.code, refused.out) == (2, "")
            assert refused.err.startswith("thirdparty-bot: That is no line that the bot posts: copy it whole")


def test_both_heads_at_once_are_refused(typed: Typed) -> None:
    some = f"5:aaaaaaaa:{'0' * 64}"
    refused = typed("audit", "verify", "--head", some, "--since-head", some)
    assert (refused.code, refused.out) == (2, "")
    assert "give one of them" in refused.err


def test_a_key_that_is_missing_is_named(typed: Typed, folder: Path) -> None:
    (key_id,) = (key["id"] for key in json.loads((folder / "thirdparty-keyring.json").read_text())["keys"])
    (folder / "thirdparty-keyring.json").unlink()
    typed("init")
    done = typed("audit", "verify")
    assert done.code == 1
    assert f"Record 1 names the key {key_id}, which the keyring does not have: put it back" in done.err


@pytest.mark.parametrize("how", How)
def test_everything_that_may_be_wrong_is_one_sentence(how: How) -> None:
    said = in_words(Verified(3, Wrong(4, how, 6, "abcdefgh")))
    assert said.endswith(" Up to record 3 all that was looked at is as it was written.")
    assert "{" not in said
    assert len({*SENTENCES.values()}) == len(How)


def test_verify_says_so_where_there_is_nothing() -> None:
    assert in_words(Verified(0, None)) == "There is no record yet."


# --- export -----------------------------------------------------------------------------------------------------------


def export(typed: Typed, *options: str) -> list[dict[str, Any]]:
    done = typed("audit", "export", *options)
    assert (done.code, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def test_every_record_is_a_line_that_the_schema_describes(typed: Typed, folder: Path) -> None:
    typed("resource-server", "add", "Warehouse")  # refused: there is one
    records = export(typed)
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for record in records:
        validator.validate(record)
        assert record.keys() == set(SCHEMA["required"]) == SCHEMA["properties"].keys(), "these names stay"
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    assert {record["third_party_name"] for record in records} == {None, "Acme", "Globex"}
    assert records[-1]["outcome"] == "resource_server_name_taken"
    (added,) = (record for record in records if record["action"] == "resource_server.added")
    assert (added["actor"], added["third_party"], added["workspace"]) == (None, None, TEAM)


def test_whoever_has_the_keyring_can_verify_what_was_exported(typed: Typed, folder: Path) -> None:
    """By docs/audit.md alone, without a line of ours."""
    (key,) = json.loads((folder / "thirdparty-keyring.json").read_text())["keys"]
    chain_key = HKDF(SHA256(), 32, salt=None, info=b"thirdparty-bot audit chain").derive(b64decode(key["audit"]))
    previous = b""
    for record in export(typed):
        mac = bytes.fromhex(record["mac"])
        covered = {name: value for name, value in record.items() if name not in ("third_party_name", "mac")}
        written = json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()
        parts = (mac[:8], previous, written)
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        assert mac == key["id"].encode() + hmac.digest(chain_key, message, hashlib.sha256)
        previous = mac


def test_reasons_and_who_is_who_in_slack_are_not_exported(typed: Typed, folder: Path) -> None:
    assert rows(folder, "SELECT text FROM reasons") == [(WHY,)]
    out = typed("audit", "export").out
    assert WHY not in out
    assert "U0ANNA" not in out


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [record["number"] for record in records]


def test_records_are_chosen_by_third_party_and_by_who_acted(typed: Typed, folder: Path) -> None:
    every = export(typed)
    about = [record["number"] for record in every if record["third_party_name"] == "Acme"]
    assert numbers(export(typed, "--third-party", "ACME")) == about != []
    (acme,) = {record["third_party"] for record in every if record["third_party_name"] == "Acme"}
    assert numbers(export(typed, "--third-party", acme)) == about
    ((ben,),) = rows(folder, "SELECT id FROM people WHERE user_id = 'U0BEN'")
    by_ben = [record["number"] for record in every if record["actor"] == ben]
    assert numbers(export(typed, "--actor", "U0BEN")) == numbers(export(typed, "--actor", ben)) == by_ben != []
    assert numbers(export(typed, "--actor", ben, "--third-party", "Acme")) == sorted({*by_ben} & {*about}) != []
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("DELETE FROM people WHERE id = ?", [ben])
    assert numbers(export(typed, "--actor", ben)) == by_ben, "who that was may be forgotten"


def test_records_are_chosen_by_time(typed: Typed, folder: Path) -> None:
    every = export(typed)
    third = datetime.fromisoformat(every[2]["at"])
    assert numbers(export(typed, "--since", every[2]["at"])) == numbers(every)[2:]
    assert numbers(export(typed, "--until", every[2]["at"])) == numbers(every)[:2]
    local = third + timedelta(microseconds=0)
    elsewhere = local.astimezone(tz=datetime.fromisoformat("2026-01-01T00:00+05:30").tzinfo).isoformat()
    assert numbers(export(typed, "--since", elsewhere)) == numbers(every)[2:]
    day = third.date().isoformat()
    assert numbers(export(typed, "--since", day, "--until", day)) == numbers(every), "a day is the whole day, in UTC"
    assert export(typed, "--until", (third - timedelta(days=1)).date().isoformat()) == []
    assert export(typed, "--until", "9999-12-31") == every


def test_what_is_no_time_is_refused(typed: Typed) -> None:
    for wrong in ("", "yesterday", "2026-02-30", "2026-13-01T00:00", "٢٠٢٦-01-01", "0001-01-01T00:00+23:00"):
        for option in ("--since", "--until"):
            refused = typed("audit", "export", option, wrong)
            assert (refused.code, refused.out) == (2, "")
            assert refused.err.startswith(f"thirdparty-bot: {option} takes a day, as in 2026-03-31, or an instant")


def test_nobody_of_that_name_is_said(typed: Typed, folder: Path) -> None:
    for option, said in (("--third-party", "no third party of that name"), ("--actor", "Nobody of that id")):
        refused = typed("audit", "export", option, "Initech")
        assert (refused.code, refused.out) == (1, "")
        assert said in refused.err


def test_a_record_that_cannot_be_read_ends_the_export(typed: Typed, folder: Path) -> None:
    tamper(folder, "UPDATE audit SET details = '{' WHERE number = 3")
    done = typed("audit", "export")
    assert done.code == 1
    assert [json.loads(line)["number"] for line in done.out.splitlines()] == [1, 2]
    assert "`thirdparty-bot audit verify` says which" in done.err
