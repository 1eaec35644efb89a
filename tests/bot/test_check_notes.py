"""What checks have shown is written down, once, in batches, and is never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from access.model.check import Noted, Use
from access.model.ids import WorkspaceId
from access.model.token import Verdict
from access.ports import CannotKeep, Ports
from bot import check_notes
from bot.check_notes import NotesWriter
from tests.access.world import TEAM, World
from tests.checking import ASKER, add_resource_server
from tests.storage import rows

USE = Use(rows.NOW, ASKER)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.make(tmp_path)
    await add_resource_server(TEAM, world.ports)
    async with world.database.write(TEAM) as uow:
        await uow.third_parties.add(rows.party())
        await uow.tokens.add(rows.token(collected_at=rows.NOW, collected_by=rows.CONTACT))
        await uow.commit()
    yield world
    await world.close()


async def used_at(world: World) -> object:
    async with world.ports.read(TEAM) as reading:
        return (await reading.tokens.get(rows.TOKEN)).last_accepted_at


async def test_what_was_noted_is_written_down_once(world: World) -> None:
    writer = NotesWriter(world.ports)
    world.ports.notes.note(TEAM, rows.TOKEN, Verdict.ACCEPTED, USE)
    await writer.write_down()
    assert await used_at(world) == rows.NOW
    assert world.ports.notes.take() == {}
    await writer.write_down()


async def test_what_could_not_be_written_is_written_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cannot(_workspace: WorkspaceId, _noted: Noted, ports: Ports) -> None:
        ports.notes.note(TEAM, rows.TOKEN, Verdict.ACCEPTED, USE._replace(at=rows.NOW + timedelta(seconds=1)))
        raise CannotKeep("the disk is full")

    writer = NotesWriter(world.ports)
    world.ports.notes.note(TEAM, rows.TOKEN, Verdict.ACCEPTED, USE)
    with monkeypatch.context() as patched:
        patched.setattr(check_notes, "record_checks", cannot)
        with pytest.raises(CannotKeep):
            await writer.write_down()
    assert await used_at(world) is None
    await writer.write_down()
    assert await used_at(world) == rows.NOW + timedelta(seconds=1)


async def test_whoever_decides_by_last_use_waits_until_it_is_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def slowly(*_: object) -> None:
        await asyncio.sleep(0.02)
        done.append("written")

    async def decide() -> None:
        done.append("decided")

    monkeypatch.setattr(check_notes, "record_checks", slowly)
    writer = NotesWriter(world.ports)
    world.ports.notes.note(TEAM, rows.TOKEN, Verdict.ACCEPTED, USE)
    await asyncio.gather(writer.write_down(), writer.before(decide)())
    assert done == ["written", "decided"]


async def test_in_the_end_what_cannot_be_written_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cannot(*_: object) -> None:
        raise CannotKeep("the disk is full")

    writer = NotesWriter(world.ports)
    with capture_logs() as log:
        await writer.close()
        monkeypatch.setattr(check_notes, "record_checks", cannot)
        world.ports.notes.note(TEAM, rows.TOKEN, Verdict.ACCEPTED, USE)
        await writer.close()
    assert [line["event"] for line in log] == ["check_notes_lost"]
