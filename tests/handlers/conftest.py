from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handlers.office import Office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    opened = await Office.make(tmp_path)
    yield opened
    await opened.world.close()
