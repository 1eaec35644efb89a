"""kill -9 at any moment: nothing is lost, nothing is shown twice. A thousand kills: `make crash`."""

from pathlib import Path

import pytest

from tests.crash.nursery import nursery
from tests.crash.season import season

KILLS = 12


@pytest.mark.timeout(300)  # some seconds of work, in processes that a busy machine may keep waiting
async def test_a_bot_that_is_killed_at_any_moment_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async with nursery(tmp_path) as home:
        lived = await season(home, tmp_path, 0, KILLS)
    assert lived.witness.complaints == []
    assert len(lived.places) >= KILLS
    assert lived.witness.reveals > 0
