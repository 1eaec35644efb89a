from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.stage import Stage, set_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot over Socket Mode."""
    async with set_stage(tmp_path) as stage:
        yield stage


@pytest.fixture(params=["socket", "http"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot over Socket Mode, and the same over HTTP."""
    async with set_stage(tmp_path, http=request.param == "http") as stage:
        yield stage
