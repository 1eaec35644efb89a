"""The command line beside a trail whose oldest records were pruned."""

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.audit import entry_at_command_line
from access.model.audit_head import Head
from access.model.policy import Policy
from access.operations.prune import prune
from bot import app
from bot.cli.workplace import at_work
from bot.clock import SystemClock
from storage.chain import Verified, verify_chain
from tests.bot.at_work import TEAM, add, settings_in
from tests.bot.typing import Typed
from tests.crash.truths import complaints
from tests.databases import make_database
from tests.fakes import FrozenClock
from tests.house import ROOT

DAY = timedelta(days=1)


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where three records were made, and pruned 15 months later: number 4 tells of that, and number 5 came later."""
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    for name in ("Warehouse", "Shop", "Office"):
        add(tmp_path, name)
    asyncio.run(prune_in(tmp_path, 450 * DAY))
    add(tmp_path, "Car park")
    return tmp_path


async def prune_in(folder: Path, later: timedelta) -> None:
    async with at_work(settings_in(folder)) as workplace:
        clock, policy = FrozenClock(SystemClock().now() + later), Policy(retention_months=13)
        await prune(TEAM, replace(workplace.ports, clock=clock, policy=policy))


def rows(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(query).fetchall()


def head(folder: Path, where: str) -> Head:
    return Head(*rows(folder, f"SELECT number, mac FROM {where}")[0])


def test_verify_begins_after_what_was_pruned_and_says_so(typed: Typed, folder: Path) -> None:
    done = typed("audit", "verify")
    assert (done.code, done.err) == (0, "")
    begins, count, ends = done.out.splitlines()
    assert begins.startswith("Records 1 to 3 were pruned on 20")
    assert begins.endswith(f"; the last was {head(folder, 'audit_checkpoints')}")
    assert count == "2 records, from number 4 to the last, are as they were written."
    assert ends == f"It ends with {head(folder, 'audit_heads')}"
    assert typed("audit", "verify", "--since-head", str(head(folder, "audit_checkpoints"))).code == 0
    old = Head(2, head(folder, "audit_heads").mac)
    for option in ("--head", "--since-head"):
        pruned = typed("audit", "verify", option, str(old))
        assert (pruned.code, pruned.out) == (1, "")
        assert "Record 2 was pruned since it was posted, with all up to 3, so nobody can tell" in pruned.err


def test_export_writes_what_is_left_and_says_aside_what_is_not(typed: Typed, folder: Path) -> None:
    done = typed("audit", "export")
    assert [json.loads(line)["number"] for line in done.out.splitlines()] == [4, 5]
    assert done.err.startswith("Records 1 to 3 were pruned on ")
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("UPDATE audit_checkpoints SET until = 4")
    assert typed("audit", "export").err == "", "what is not true is for verify to say"
    assert "not as the bot wrote it" in typed("audit", "verify").err


def test_a_pruned_database_is_backed_up_restored_and_verified(typed: Typed, folder: Path) -> None:
    assert typed("backup", "copy.db").code == 0
    restored = typed("restore", "copy.db", "--replace")
    assert (restored.code, restored.err) == (0, "")
    assert "Its audit trail fits" in restored.out
    assert "Records 1 to 3 were pruned" in typed("audit", "verify").out
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("DELETE FROM audit_checkpoints")
    refused = typed("backup", "other.db")
    assert "Its audit trail does not fit from record 1 on" in refused.err


def test_the_key_that_signed_the_beginning_is_kept_and_a_rotation_that_was_pruned_is_known(
    typed: Typed, folder: Path
) -> None:
    [old] = [key["id"] for key in json.loads(typed("keys", "list", "--json").out)]
    assert typed("keys", "rotate").code == 0
    in_use = {key["id"]: key["records"] for key in json.loads(typed("keys", "list", "--json").out)}
    assert in_use[old] == 3, "two records and the checkpoint"
    assert "can be verified as before" in typed("keys", "retire", old).out
    assert typed("audit", "verify").code == 0
    asyncio.run(prune_in(folder, 900 * DAY))
    assert rows(folder, "SELECT count(*) FROM audit WHERE action = 'keys.rotated'") == [(0,)]
    assert typed("audit", "verify").code == 0
    assert "Made the key" in typed("keys", "rotate").out, "the one before was announced"


RECORDS = 200
PRUNES = """
import asyncio, sys
from pathlib import Path
from access.operations import prune
from tests.bot.test_pruned import DAY, prune_in
prune._RECORDS = 1
asyncio.run(prune_in(Path(sys.argv[1]), 900 * DAY))
"""


async def test_kill_9_in_the_middle_leaves_a_trail_that_fits_and_the_next_run_goes_on(
    folder: Path, typed: Typed
) -> None:
    """A real process is killed as soon as some records have gone."""
    async with at_work(settings_in(folder)) as workplace:
        async with workplace.ports.write(TEAM) as uow:
            for _ in range(RECORDS):
                uow.enter(entry_at_command_line("restored", SystemClock().now()))
            await uow.commit()
        arguments = ("-c", PRUNES, str(folder))
        program = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)
        begins = "SELECT number, until FROM audit_checkpoints"
        while rows(folder, begins)[0][0] < 20:
            await asyncio.sleep(0.005)
            assert program.returncode is None
        program.kill()
        await program.wait()
        [(number, until)] = rows(folder, begins)
        assert number < until == RECORDS + 5
        verified = await verify_chain(workplace.database, TEAM, workplace.seal)
        assert verified == Verified(until + 1, None)
        with closing(sqlite3.connect(folder / "thirdparty.db")) as database:
            assert complaints(database) == []
        await prune_in(folder, 900 * DAY)
        assert rows(folder, begins) == [(until, until)]
        assert await verify_chain(workplace.database, TEAM, workplace.seal) == verified


async def test_a_bot_says_in_its_log_that_it_does_not_prune_a_trail_that_does_not_fit(
    folder: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(app._log, "error", lambda event, problem: said.append((event, problem)), raising=False)
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection, connection:
        connection.execute("DELETE FROM audit_checkpoints")
    async with at_work(settings_in(folder)) as workplace:
        clock = FrozenClock(SystemClock().now() + 900 * DAY)
        ports = replace(workplace.ports, clock=clock, policy=Policy(retention_months=13))
        await app._prune(TEAM, ports)
    [(event, problem)] = said
    assert (event, "it does not fit at record 1" in problem) == ("trail_not_pruned", True)
