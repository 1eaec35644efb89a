from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.operations import collect_handoff
from tests.access.world import World
from tests.attacks.town import Attacked, attacked
from tests.handlers.office import Office


@pytest.fixture(autouse=True)
def nobody_hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer for a reveal than Slack waits: no attack is about that."""
    monkeypatch.setattr(collect_handoff, "IN_TIME", timedelta(minutes=1))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Attacked]:
    """An office with third parties in every state."""
    made = await attacked(tmp_path)
    yield made
    await made.office.world.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    opened = await Office.make(tmp_path)
    yield opened
    await opened.world.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World.make(tmp_path)
    yield made
    await made.close()
