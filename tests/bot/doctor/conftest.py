from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.doctor.practice import Practice, open_practice


@pytest.fixture
async def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Practice]:
    async with open_practice(tmp_path, monkeypatch) as opened:
        yield opened
