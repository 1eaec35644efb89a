"""Some weeks of two third parties, with all that may happen; a year of two hundred: `make year`, and `make month`."""

import asyncio
from pathlib import Path

import pytest

from tests.postgres import own_database
from tests.year import journal as happened
from tests.year.place import in_file, on_database
from tests.year.together import Asked, lived


@pytest.mark.timeout(300)  # some seconds of work, in processes that a busy machine may keep waiting
async def test_tokens_live_and_die_on_time(tmp_path: Path) -> None:
    asked = Asked(parties=2, days=33, months=1, kills=1, seed=6)
    together = await lived(tmp_path, asked, in_file(tmp_path))
    assert together.wrong == []
    [year] = together.years
    assert year.figures.kills > 0
    assert sum(isinstance(fact, happened.Said) for fact in year.journal.facts) > 1


@pytest.mark.timeout(300)
async def test_bots_side_by_side_lose_and_repeat_nothing(tmp_path: Path) -> None:
    asked = Asked(parties=1, days=2, months=1, replicas=2, kills=1, cuts=1, seed=1)
    together = await lived(tmp_path, asked, on_database(await asyncio.to_thread(own_database)))
    assert together.wrong == []
    [year] = together.years
    assert year.figures.kills > 0
    assert year.figures.disturbances > 0
    assert year.figures.deeds > 0
