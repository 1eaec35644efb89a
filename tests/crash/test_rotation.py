"""kill -9 during a rotation of keys. A hundred thousand sealed values, killed every second: `make crash`."""

import itertools
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.access.world import World
from tests.crash.rotation import KEYRING, Rotated, begin, rotate_and_kill

VALUES = 4_000
KILLS = 5
FEW = 300
AT_ONCE = 60
"""Three transactions for FEW values, two of each offer."""

NO_PAUSE = timedelta(0)


@pytest.mark.timeout(180)  # some seconds of work, in processes that a busy machine may keep waiting
async def test_a_rotation_that_is_killed_again_and_again_completes_and_nothing_is_unreadable(tmp_path: Path) -> None:
    every = iter([0.3 + 0.1 * number for number in range(KILLS)])
    rotated = await rotate_and_kill(tmp_path, VALUES, every, at_once=40, pause=timedelta(milliseconds=20))
    assert rotated.complaints == []
    assert rotated.kills > 1
    assert rotated.checks > 20


@pytest.mark.timeout(180)
async def test_wherever_a_rotation_is_killed_everything_is_readable_and_the_next_one_finishes_it(
    tmp_path: Path,
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    await (await Rotated.make(before, FEW)).world.close()
    steps = list[tuple[bool, bool]]()
    for boundary in itertools.count(1):
        folder = tmp_path / str(boundary)
        shutil.copytree(before, folder)
        killed = begin(folder, at_once=AT_ONCE, pause=NO_PAUSE, boundary=boundary)
        killed.join()
        rotated = Rotated(await World.make(folder, seed=boundary), token=None)
        is_complete = rotated.is_complete(FEW)
        steps.append((len(rotated.look()) == 2, (folder / f"{KEYRING}.new").exists()))
        if not is_complete:
            finishing = begin(folder, at_once=AT_ONCE, pause=NO_PAUSE)
            finishing.join()
            assert (killed.exitcode, finishing.exitcode) == (-9, 0), (folder / "rotation.log").read_text()
        await rotated.at_the_end(FEW)
        await rotated.world.close()
        assert rotated.complaints == [], boundary
        if killed.exitcode == 0:
            break
    assert {(False, False), (False, True), (True, False)} <= {*steps}, "before, in the middle, half sealed anew"
