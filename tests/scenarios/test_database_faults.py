"""The database's faults while the bot runs: nothing is done by halves, nobody reads anything untrue, and it goes on."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from access.model.credentials import contains_secret
from access.model.token import Verdict
from access.ports import CannotKeep
from bot.keyring import load_keyring
from bot.trouble import MENDED
from bot.vault import ChainSeal
from storage.chain import Verified, verify_chain
from tests.bot.waiting import until
from tests.faulty_disk import full_disk
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, secrets_in, set_stage

pytestmark = pytest.mark.on_a_file

NOTHING_DONE = "I can't keep anything at the moment, so nothing was done."
NOTHING_FOUND = "I can't look anything up at the moment"


def file(stage: Stage) -> Path:
    return stage.folder / "thirdparty.db"


def told(stage: Stage) -> list[str]:
    """What the admin channel reads of the database."""
    return [seen.reading for seen in stage.ben.reads(CHANNEL) if "database" in seen.reading]


def logged(stage: Stage, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in stage.log.getvalue().splitlines()]
    return [line for line in lines if line["event"] == event]


async def is_told(stage: Stage, count: int) -> None:
    """Wait until the admin channel has read so much of the database."""

    def arrived() -> bool:
        stage.hurry()
        return len(told(stage)) == count

    await until(arrived, within=30)


@contextmanager
def away(path: Path) -> Iterator[None]:
    """Somebody takes a file away, and puts it back."""
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)


async def test_a_full_disk_at_the_reveal_shows_nothing_and_the_offer_stays(stage: Stage) -> None:
    stage.log_statements()
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    before = stage.rows("SELECT * FROM handoffs"), stage.rows("SELECT * FROM tokens"), stage.audit()
    with full_disk():
        refused = await explanation.submit()
        assert NOTHING_DONE in refused.reading
        assert not contains_secret(refused.reading)
        await is_told(stage, 1)
    assert (stage.rows("SELECT * FROM handoffs"), stage.rows("SELECT * FROM tokens"), stage.audit()) == before
    await is_told(stage, 2)
    assert "I can't use my database: the disk does not take" in told(stage)[0]
    assert told(stage)[1] == MENDED
    client_secret, token = secrets_in(await stage.reveal(offer))
    assert (await stage.verdict(token)) is Verdict.ACCEPTED
    assert stage.rows("PRAGMA integrity_check") == [("ok",)]
    assert client_secret not in stage.searched_log()


async def test_a_full_disk_is_one_line_in_the_log_and_one_in_the_channel(stage: Stage) -> None:
    await stage.approved()
    before = stage.audit()
    with full_disk():
        for command in (f"enable {ACME}", 'add "Umbrella"', f"contact {ACME} @erik"):
            answer = await stage.anna.types(f"/thirdparty {command}")
            assert NOTHING_DONE in answer.reading, command
            assert "this reference" in answer.reading
        assert "Acme Corp" in (await stage.anna.types("/thirdparty list")).reading
        await is_told(stage, 1)
        for _ in range(5):
            await stage.anna.types(f"/thirdparty enable {ACME}")
            stage.hurry()
    assert stage.audit() == before
    await is_told(stage, 2)
    assert [line["level"] for line in logged(stage, "database_unusable")] == ["error"]
    assert len(logged(stage, "database_usable")) == 1
    assert {str(line["outcome"]) for line in logged(stage, "request_failed")} == {"cannot_keep"}
    assert "frames" not in stage.log.getvalue()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    assert stage.audit()[-1] == "third_party.enabled"


async def test_a_database_that_was_removed_is_not_answered_from(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    with away(file(stage)):
        assert NOTHING_FOUND in (await stage.anna.types("/thirdparty list")).reading
        assert NOTHING_DONE in (await stage.anna.types('/thirdparty add "Umbrella"')).reading
        with pytest.raises(CannotKeep):
            await stage.verdict(token)
        await is_told(stage, 1)
        assert not file(stage).exists()
    assert "was removed or replaced while the bot runs" in told(stage)[0]
    await is_told(stage, 2)
    assert (await stage.verdict(token)) is Verdict.ACCEPTED
    await stage.anna.types('/thirdparty add "Umbrella"')
    assert stage.names() == ["Acme Corp", "Umbrella"]


async def test_another_database_in_its_place_is_neither_read_nor_touched(stage: Stage) -> None:
    await stage.registered()
    with away(file(stage)):
        file(stage).write_bytes(b"")
        assert NOTHING_FOUND in (await stage.anna.types("/thirdparty list")).reading
        assert NOTHING_DONE in (await stage.anna.types('/thirdparty add "Umbrella"')).reading
        assert file(stage).read_bytes() == b""
    assert "Acme Corp" in (await stage.anna.types("/thirdparty list")).reading


async def test_a_journal_that_was_removed_costs_nothing_but_a_restart(stage: Stage) -> None:
    await stage.registered()
    file(stage).with_name("thirdparty.db-wal").unlink()
    assert NOTHING_DONE in (await stage.anna.types('/thirdparty add "Umbrella"')).reading
    await is_told(stage, 1)
    assert "restart the bot now, and nothing is lost" in told(stage)[0]
    await stage.restart_bot()
    assert stage.names() == ["Acme Corp"]
    await stage.anna.types('/thirdparty add "Umbrella"')
    assert stage.names() == ["Acme Corp", "Umbrella"]
    assert await verify_chain(
        stage.bot.database, stage.bot.workspace, ChainSeal(load_keyring(stage.settings.keyring_file))
    ) == Verified(2, None)


async def test_a_database_that_is_damaged_is_not_asked_any_more_until_it_was_restored(stage: Stage) -> None:
    """Pages that nobody needs would still be answered from: half an answer is a wrong one."""
    _, token = secrets_in(await stage.collected())
    await stage.bot.database.checkpoint()
    sound = file(stage).read_bytes()
    (root,) = stage.rows("SELECT rootpage FROM sqlite_master WHERE name = 'audit'")[0]
    assert isinstance(root, int)
    with file(stage).open("r+b") as damaged:
        damaged.seek((root - 1) * 4_096)
        damaged.write(b"\xff" * 4_096)
    with closing(sqlite3.connect(file(stage))) as somebody_else:  # after whom nobody answers from memory
        somebody_else.execute("PRAGMA user_version=1")
    assert NOTHING_DONE in (await stage.anna.types('/thirdparty add "Umbrella"')).reading
    assert NOTHING_FOUND in (await stage.anna.types("/thirdparty list")).reading
    with pytest.raises(CannotKeep):
        await stage.verdict(token)
    await is_told(stage, 1)
    stage.hurry()
    assert "the database file is damaged; stop the bot and restore it from a backup" in told(stage)[0]
    await stage.stop_bot()
    file(stage).write_bytes(sound)
    await stage.start_bot()
    assert (await stage.verdict(token)) is Verdict.ACCEPTED
    assert stage.names() == ["Acme Corp"]


async def test_without_a_channel_it_is_in_the_log_alone(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=lambda _: {"channel": None}) as stage:
        with full_disk():
            assert NOTHING_DONE in (await stage.anna.types(f"/thirdparty add {ACME}")).reading
            stage.hurry()
        stage.hurry()
        await until(lambda: logged(stage, "database_usable") != [], within=30)
        assert len(logged(stage, "database_unusable")) == 1
        assert stage.names() == []
