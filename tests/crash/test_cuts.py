"""Power loss: what was acknowledged is on the disk. Four hundred cuts: `make crash`."""

import sqlite3
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from tests.access.world import World
from tests.crash.dice import Dice
from tests.crash.lives import operations
from tests.crash.truths import complaints
from tests.crash.voyage import sail_and_cut, synchronous_normal

pytestmark = pytest.mark.timeout(180)  # a few seconds of work, much of it on a disk that others use too


async def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    outcomes = await sail_and_cut(tmp_path, 0, 24)
    assert len(outcomes) == 24
    assert [outcome for outcome in outcomes if outcome.lost or outcome.complaints] == []


async def test_without_a_sync_at_each_commit_many_power_cuts_lose_something_but_damage_nothing(tmp_path: Path) -> None:
    with synchronous_normal():
        outcomes = await sail_and_cut(tmp_path, 0, 20)
    assert sum(outcome.lost for outcome in outcomes) > len(outcomes) / 4
    assert [outcome.complaints for outcome in outcomes if outcome.complaints] == []


DAMAGE = [
    "DELETE FROM sealed_credentials",
    "DELETE FROM handoffs",
    "UPDATE handoffs SET ended_at = offered_at, \"end\" = 'withdrawn'",
    "UPDATE tokens SET revoked_at = issued_at",
    "UPDATE third_parties SET enabled = NOT enabled",
    "UPDATE third_parties SET contact = NULL",
    "UPDATE contact_proposals SET outcome = 'superseded', decided_by = NULL, reached_at = NULL",
    "DELETE FROM outbox WHERE kind = 'handoff'",
    "UPDATE outbox SET key = key || ':again' WHERE kind = 'introduction'",
    "UPDATE audit_heads SET number = number - 1",
    "DROP TRIGGER audit_refuses_delete; DELETE FROM audit WHERE action = 'handoff.offered'",
]


async def test_the_examiner_sees_what_is_missing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    async with aclosing(operations(world, Dice(3))) as story:
        with closing(sqlite3.connect(world.file, isolation_level=None)) as database:
            while not database.execute("SELECT 1 FROM sealed_credentials JOIN handoffs USING (token)").fetchone():
                await anext(story)
            assert complaints(database) == []
            for damage in DAMAGE:
                database.execute("BEGIN IMMEDIATE")
                for statement in damage.split(";"):
                    database.execute(statement)
                assert complaints(database), damage
                database.execute("ROLLBACK")
    await world.close()
