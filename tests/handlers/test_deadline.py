import asyncio

import pytest
from structlog.testing import capture_logs

from access.model.errors import DirectoryUnavailable
from access.model.people import Role, SlackPerson
from access.ports.machine import Directory
from handlers import deadline
from handlers.deadline import Deadline, HurriedDirectory
from tests.access.world import Town


class SlowTown(Town):
    """Answers every question, but takes its time."""

    async def look_up(self, user_id: str) -> SlackPerson | None:
        await asyncio.sleep(0.15)
        return await super().look_up(user_id)


@pytest.fixture
async def hurried(monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setattr(deadline, "SECONDS", 0.25)
    town = SlowTown()
    town.settle("UANNA", Role.ADMIN)
    return HurriedDirectory(town, Deadline())


async def test_questions_share_one_deadline(hurried: Directory) -> None:
    person = await hurried.look_up("UANNA")
    assert person is not None
    with capture_logs() as lines, pytest.raises(DirectoryUnavailable):
        await hurried.look_up("UBEN")
    assert [(line["event"], line["operation"]) for line in lines] == [("directory_late", "look_up")]


async def test_after_it_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.0)
    passed = Deadline()
    await asyncio.sleep(0)
    assert passed.seconds_left == 0
    with pytest.raises(DirectoryUnavailable):
        await HurriedDirectory(SlowTown(), passed).look_up("UANNA")
