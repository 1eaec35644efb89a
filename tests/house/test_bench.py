"""What `make bench` measures, at a size that costs nothing; and that what a sweep reads hangs on what is due alone."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.ids import TokenId
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.plan_reminders import plan_reminders
from access.operations.take_figures import take_figures
from bench import checks, importing, meanwhile, outbox, rotation, soak, typing
from bench import reminders as bench
from bench.commands import people_of
from bench.contenders import Contender, Running
from bench.crowd import Crowd
from bench.obvious import measure_here
from bench.writers import ADMIN, TEAM
from bench.wrk import Load
from storage.tables import metadata
from tests.noting import Asked, noting

FEW_ROWS = {"reminder_settings", "audit_heads", "resource_servers"}
"""A workspace has one row of these, or a handful."""


async def asked_by_sweep(crowd: Crowd, due: int) -> Asked:
    async with bench.swept(crowd.file.parent) as ports:
        if due:
            crowd.let_fall_due(due)
        with noting() as asked:
            assert await plan_reminders(TEAM, ports) == due
    return asked


def plans_of(crowd: Crowd, asked: Asked) -> set[str]:
    with closing(sqlite3.connect(crowd.file)) as connection:
        return {row[3] for each in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])}


def steps_of(crowd: Crowd, asked: Asked, *, verb: str = "SELECT") -> int:
    """How many instructions SQLite carries out to answer; what else a change takes, is among them."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(crowd.file)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.set_progress_handler(count, 1)
        for statement, given in asked:
            if statement.startswith(verb):
                connection.execute(statement, given).fetchall()
    return steps


def in_search_of_a_row(plans: set[str]) -> None:
    """Check that rows are found by an equality beside the workspace's, or because they are due; no table is scanned.

    A range alone, such as what expires later, has as many rows as there are tokens.
    """
    for plan in plans:
        assert not re.match(rf"SCAN (?:{'|'.join(metadata.tables)})\b", plan), plan
        if searched := re.fullmatch(r"SEARCH (\w+) .*\((.*)\)", plan):
            table, by = searched.groups()
            assert by.count("=?") > 1 or table in FEW_ROWS or "ix_tokens_to_remind_of" in plan, plan


async def test_a_sweep_reads_what_is_due_and_what_hangs_on_it(tmp_path: Path) -> None:
    crowd = await bench.gather(tmp_path / "crowd", 300)
    asked = await asked_by_sweep(crowd, 30)
    plans = plans_of(crowd, asked)
    in_search_of_a_row(plans)
    searched = {plan.split()[1] for plan in plans if plan.startswith("SEARCH")}
    assert searched == FEW_ROWS | {"tokens", "third_parties", "people", "reminders", "outbox"}
    due = [each for each in asked if "next_reminder_at <=" in each[0]]
    found_by = "SEARCH tokens USING COVERING INDEX ix_tokens_to_remind_of"
    assert plans_of(crowd, due[:1]) == {f"{found_by} (workspace=? AND next_reminder_at<?)"}
    assert plans_of(crowd, due[1:]) == {
        f"{found_by} (workspace=? AND (next_reminder_at,id)>(?,?) AND next_reminder_at<?)"
    }


async def test_people_who_change_something_meanwhile_read_what_hangs_on_it(tmp_path: Path) -> None:
    crowd = await bench.gather(tmp_path / "crowd", 30)
    crowd.let_fall_due(30)
    async with bench.swept(crowd.file.parent) as ports, people_of(ports) as people:
        with noting() as asked:
            await people.disable()
            await people.enable()
    in_search_of_a_row(plans_of(crowd, asked))


async def test_a_list_takes_as_many_statements_however_long_it_is(tmp_path: Path) -> None:
    counted = []
    for size in (3, 60):
        crowd = await bench.gather(tmp_path / str(size), size)
        async with bench.swept(crowd.file.parent) as ports:
            with noting() as asked:
                listed = await list_third_parties(ListThirdParties(caller=ADMIN), ports)
        counted.append((len(listed.lines), len(asked)))
    (few, by_few), (many, by_many) = counted
    assert (few, many) == (2, 20)
    assert by_few == by_many <= 6


async def test_a_card_takes_few_statements(tmp_path: Path) -> None:
    crowd = await bench.gather(tmp_path / "crowd", 30)
    async with bench.swept(crowd.file.parent) as ports, people_of(ports) as people:
        await people.look()
        with noting() as asked:
            await people.type("show Company 1")
    assert len(asked) <= 14


@pytest.mark.parametrize("due", [0, 30])
async def test_a_sweep_costs_the_same_among_many(tmp_path: Path, due: int) -> None:
    few, many = await bench.gather(tmp_path / "few", 100), await bench.gather(tmp_path / "many", 5_000)
    among_few, among_many = (
        steps_of(few, await asked_by_sweep(few, due)),
        steps_of(many, await asked_by_sweep(many, due)),
    )
    assert 0 < among_many <= among_few * (1.1 if due else 1)


async def test_to_save_a_token_costs_the_same_among_many(tmp_path: Path) -> None:
    async def steps(size: int) -> int:
        crowd = await bench.gather(tmp_path / str(size), size)
        async with bench.swept(crowd.file.parent) as ports, ports.write(TEAM) as uow:
            token = await uow.tokens.get(TokenId(f"k{size // 2:025}"))
            with noting() as asked:
                await uow.tokens.save(token)
        return steps_of(crowd, asked, verb="UPDATE")

    assert 0 < await steps(1_000) <= await steps(100) * 1.1


async def test_every_figure_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = {"SIZES": (60, 120), "FEW": 5, "MANY": 20, "ROUNDS": 1, "TICKS": 1, "OBVIOUS": ()}
    for name, value in {**small, "WARMING_UP": 0.0, "IDLE": 0.0}.items():
        monkeypatch.setattr(bench, name, value)
    results = await bench.measure()
    assert {each.name for each in results if each.goal is not None} == {
        "sweep_5_ratio_120",
        "sweep_none_ratio_120",
        "during_sweep_loop_held",
    }
    assert all(each.value > 0 for each in results if "_held" not in each.name)
    names = {each.name for each in results}
    assert names > {"sweep_20_of_60", "sweep_none_of_120", "idle_read_p99", "during_sweep_read_p99"}
    assert [each.name for each in tmp_path.iterdir()] == ["build"]
    assert list((tmp_path / "build").iterdir()) == []


async def test_a_rotation_is_measured_beside_the_same_without_cryptography_and_with_fernet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rotation, "VALUES", 20)
    monkeypatch.setattr(rotation, "ROUNDS", 2)
    results = await rotation.measure()
    assert {each.name: each.goal for each in results if each.goal} == {
        "rotation_to_no_cryptography": 0.55,
        "rotation_to_fernet": 3.0,
    }
    assert all(each.value > 0 for each in results)
    assert list((tmp_path / "build").iterdir()) == []


class Gentle:
    """Stands in for wrk, which not every machine has."""

    async def load(self, server: Running, *, seconds: float, core: int | None) -> Load:
        took = await meanwhile.ask(server, 200.0, seconds, core)
        return Load(200.0, took["p50"], took["p99"])


@pytest.mark.timeout(180)
async def test_checks_are_measured_alone_beside_a_constant_and_among_everything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrk() -> Gentle:
        return Gentle()

    async def no_peers(folder: Path, size: int) -> list[Contender]:
        return []

    monkeypatch.chdir(tmp_path)
    small = {"find_wrk": wrk, "peers": no_peers, "FEW": 60, "MANY": 120, "ROUNDS": 1, "SECONDS": 0.2, "WARMING_UP": 0.1}
    for name, value in small.items():
        monkeypatch.setattr(checks, name, value)
    for name, number in {"DUE": 20, "ALONE": 0.2, "BUSY": 2.0}.items():
        monkeypatch.setattr(meanwhile, name, number)
    results = await checks.measure()
    assert {each.name for each in results if each.goal is not None} == {
        "checks_rate_to_floor",
        "checks_time_among_many",
        "checks_memory_among_many",
        "checks_meanwhile_p99",
    }
    assert all(each.value > 0 for each in results)
    names = {each.name for each in results}
    assert names > {"checks_bot_rate", "checks_bot_among_few_p99", "checks_floor_rate", "meanwhile_sweep"}
    assert list((tmp_path / "build").iterdir()) == []


async def test_without_wrk_nothing_is_measured_and_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await checks.measure() == []
    assert capsys.readouterr().out == "Checks are measured with wrk: install it, then they are.\n"


async def test_the_obvious_design_loses_what_fell_due_while_it_was_down(tmp_path: Path) -> None:
    second = timedelta(seconds=1)
    measured = await measure_here(tmp_path / "jobs.db", 110, 5, soon=second / 2, down=1.5 * second)
    assert (measured.lost, measured.lost_by_downtime) == (0, 5)


async def test_the_figures_of_a_scrape_cost_the_same_among_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.figures.COUNTED_AT_MOST", 50)
    steps = []
    for name, size in (("few", 1_000), ("many", 5_000)):
        crowd = await bench.gather(tmp_path / name, size)
        async with bench.swept(crowd.file.parent) as ports:
            with noting() as asked:
                await take_figures(TEAM, ports)
        steps.append(steps_of(crowd, asked))
    assert 0 < steps[1] <= steps[0] * 1.1


async def test_an_import_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importing, "ROWS", 30)
    assert [result.name for result in await importing.measure()] == [
        "import",
        "import_bare_inserts",
        "import_to_bare_inserts",
    ]


@pytest.mark.timeout(180)
async def test_commands_are_measured_beside_a_bare_app_and_among_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = {
        "SETUPS": ("bare", "postgres_2"),
        "FEW": 20,
        "MANY": 40,
        "SPARE": 60,
        "WARMING_UP": 2,
        "ALONE": 2,
        "AT_ONCE": 2,
        "ROUNDS": 1,
        "IN_A_ROUND": 2,
    }
    for name, value in {**small, "CROWDED": 0.2, "STEADY": 0.5}.items():
        monkeypatch.setattr(typing, name, value)
    results = {each.name: each.value for each in await typing.measure()}
    assert all(value > 0 for name, value in results.items() if not name.endswith("_cpu"))
    assert {f"command_{what}_rate" for what in ("bare", "postgres_2")} < results.keys()
    assert {f"command_{kind}_p99_ratio" for kind in ("show", "issue", "home")} < results.keys()
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.timeout(180)
async def test_two_outboxes_send_each_message_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "SETUPS": {"postgres_2": 2},
        "TOKENS": 3_000,
        "SECONDS": 1,
        "BACKLOG": 20,
        "LOOK": 0.02,
    }.items():
        monkeypatch.setattr(outbox, name, value)
    results = {each.name: each.value for each in await outbox.measure()}
    assert {value for name, value in results.items() if name.endswith(("_twice", "_never"))} == {0}
    assert all(value > 0 for name, value in results.items() if name.endswith("_rate_per_process"))


@pytest.mark.timeout(180)
async def test_a_soak_tells_what_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrk() -> Gentle:
        return Gentle()

    monkeypatch.chdir(tmp_path)
    for name, value in {
        "find_wrk": wrk,
        "SETUPS": ("postgres",),
        "STEPS": 4,
        "SIZE": 60,
        "SPARE": 60,
        "A_LOAD": 0.2,
    }.items():
        monkeypatch.setattr(soak, name, value)
    monkeypatch.setattr(typing, "SPARE", 60)
    results = {each.name: each.value for each in await soak.measure(part=0.002)}
    assert results["soak_postgres_memory"] > 0
    assert results["soak_postgres_connections_more"] <= 15
    assert set(results) == {
        f"soak_postgres_{figure}" for figure in ("memory", "memory_growth", "descriptors_more", "connections_more")
    }


def test_a_soak_sees_what_grows() -> None:
    seen = [soak.Seen(100.0 + step, 10 + step, 5 + step) for step in range(20)]
    figures = {each.name: (each.value, each.met) for each in soak._figures("soak", seen)}
    assert figures["soak_memory_growth"][1] is False
    assert (figures["soak_descriptors_more"], figures["soak_connections_more"]) == ((15, False), (15, False))


@pytest.mark.timeout(180)
async def test_checks_on_postgresql_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrk() -> Gentle:
        return Gentle()

    async def nobody(server: str, folder: Path, size: int) -> list[Contender]:
        return []

    monkeypatch.chdir(tmp_path)
    small = {"find_wrk": wrk, "authlib_on": nobody, "MANY": 120, "ROUNDS": 1, "SECONDS": 0.2, "WARMING_UP": 0.1}
    for name, value in small.items():
        monkeypatch.setattr(checks, name, value)
    results = await checks.measure_on_postgres()
    figures = {"checks_postgres_bot_rate", "checks_postgres_bot_p99", "checks_postgres_server_cpu"}
    assert {each.name for each in results} == figures
