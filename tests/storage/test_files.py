"""The database's files are removed or replaced while they are open: nothing is read or written any more."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.engine import Database
from storage.errors import DatabaseUnusable
from tests.storage.conftest import open_database
from tests.storage.rows import HERE, keep_party, party


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """In a folder of its own, which may be moved."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "thirdparty.db"


@pytest.fixture
async def kept(database: Database) -> Database:
    await keep_party(database)
    return database


async def read(database: Database) -> bool:
    async with database.read(HERE) as reading:
        return await reading.third_parties.by_name("Acme") is not None


async def problems(database: Database) -> set[tuple[str, bool]]:
    """What reading, writing, probing and emptying the journal are refused for."""
    found = []
    for act in (read(database), keep_party(database, party("B", id="b")), database.probe(), database.checkpoint()):
        with pytest.raises(DatabaseUnusable) as refused:
            await act
        found.append((refused.value.code, refused.value.writing))
    return set(found)


async def test_a_removed_file_is_missed_until_it_is_put_back(kept: Database, file: Path) -> None:
    alarms: list[DatabaseUnusable] = []
    kept.on_trouble(alarms.append)
    file.rename(file.with_name("elsewhere"))
    assert await problems(kept) == {("gone", False), ("gone", True)}
    assert {each.code for each in alarms} == {"gone"}
    assert not file.exists()
    file.with_name("elsewhere").rename(file)
    assert await read(kept)
    await keep_party(kept, party("B", id="b"))


def another_file(file: Path) -> None:
    shutil.copy(file, file.with_name("copy"))
    os.replace(file.with_name("copy"), file)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def folder_gone(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))


def file_in_the_place_of_the_folder(file: Path) -> None:
    folder_gone(file)
    file.parent.write_text("")


@pytest.mark.parametrize("mishap", [another_file, folder, folder_gone, file_in_the_place_of_the_folder])
async def test_what_is_in_its_place_is_not_taken_for_it(
    kept: Database, file: Path, mishap: Callable[[Path], None]
) -> None:
    mishap(file)
    assert await problems(kept) == {("gone", False), ("gone", True)}


async def test_a_path_that_leads_nowhere_any_more_is_no_file_that_was_removed(kept: Database, file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))
    file.parent.symlink_to(file.parent)
    assert await problems(kept) == {("not_opened", False), ("not_opened", True)}


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
async def test_a_journal_that_was_removed_is_missed_and_a_proper_end_saves_it(
    kept: Database, file: Path, ending: str
) -> None:
    file.with_name(file.name + ending).unlink()
    assert await problems(kept) == {("journal_gone", False), ("journal_gone", True)}
    await kept.close()
    again = await open_database(file)
    assert await read(again)
    await again.close()


async def test_a_journal_that_sqlite_itself_removed_is_not_missed(kept: Database, file: Path) -> None:
    await kept.close()
    assert not file.with_name(f"{file.name}-wal").exists()
    assert await read(kept)
    await keep_party(kept, party("B", id="b"))


async def test_who_waited_for_a_connection_looks_once_more(kept: Database, file: Path) -> None:
    async with kept.write(HERE):
        waiting = asyncio.create_task(keep_party(kept, party("B", id="b")))
        await asyncio.sleep(0)
        file.rename(file.with_name("elsewhere"))
    with pytest.raises(DatabaseUnusable, match="was removed or replaced"):
        await waiting
