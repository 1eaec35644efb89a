"""Databases that the migrations made: once in a process, and copied from then on."""

import tempfile
from pathlib import Path

from storage.engine import Database
from storage.sqlite import make_private
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash

_made: list[bytes] = []


async def make_database(file: Path) -> None:
    """Make what `Database.open` and `migrate` would make in this place, for tests that are about something else."""
    if not _made:
        _made.append(await _migrate())
    make_private(file)
    file.write_bytes(_made[0])


async def _migrate() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "thirdparty.db"
        database = await Database.open(
            f"sqlite:///{file}", seal=PlainSeal(), random=CountingRandom(), hash_reason=plain_reason_hash
        )
        await database.migrate()
        await database.close()
        assert [each.name for each in file.parent.iterdir()] == [file.name], "the journal was not emptied"
        return file.read_bytes()
