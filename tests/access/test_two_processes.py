"""`run` and the command line write to one database at once."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.writers import SHARED, TASKS, TEAM, in_two_processes, opened, prepare
from storage.chain import Verified, verify_chain

WRITES = 3
BOTH = 2


@pytest.mark.on_a_file
async def test_fifty_tasks_in_each_of_two_processes_lose_nothing(tmp_path: Path) -> None:
    await prepare(tmp_path)

    ours, theirs = await in_two_processes(tmp_path, tasks=TASKS, writes=WRITES)

    refused = ours.refused + theirs.refused
    moved = ours.moved + theirs.moved
    assert moved + len(refused) == BOTH * TASKS * (WRITES - 1)
    assert set(refused) <= {"already_enabled", "already_disabled"}
    with closing(sqlite3.connect(tmp_path / "bench.db")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM third_parties")}
        records = connection.execute("SELECT action, outcome FROM audit ORDER BY number").fetchall()
        (enabled,) = connection.execute("SELECT enabled FROM third_parties WHERE name = ?", (SHARED,)).fetchone()
    assert names == {SHARED, *(f"{process} {task}" for process in ("ours", "theirs") for task in range(TASKS))}
    switched = [action for action, outcome in records if action in ("third_party.enabled", "third_party.disabled")]
    assert switched == [("third_party.enabled", "third_party.disabled")[turn % 2] for turn in range(moved)]
    assert enabled == moved % 2
    assert sorted(outcome for _, outcome in records if outcome != "done") == sorted(refused)
    async with opened(tmp_path) as (database, _, seal):
        assert await verify_chain(database, TEAM, seal) == Verified(len(records), None)
