"""Some weeks of two third parties, with all that may happen; a year of two hundred: `make year`."""

from pathlib import Path

import pytest

from tests.year import journal as happened
from tests.year.__main__ import Asked, lived


@pytest.mark.timeout(300)  # some seconds of work, in processes that a busy machine may keep waiting
async def test_tokens_live_and_die_on_time(tmp_path: Path) -> None:
    asked = Asked(parties=2, days=33, months=1, kills=1, seed=6)
    year, wrong = await lived(tmp_path, asked)
    assert wrong == []
    assert year.figures.kills > 0
    assert sum(isinstance(fact, happened.Said) for fact in year.journal.facts) > 1
