"""The story under faults of Slack's: a chosen part of what `make faults` tells, and some of it by chance."""

from pathlib import Path

import pytest

from tests.faults.cells import FAULTS, Cell, cells_of, chosen, problems_with, uses_of_the_story

CHOSEN = (
    "never:chat.postMessage:1",  # the introduction cannot be delivered: the proposal ends, and Anna proposes anew
    "lost:chat.postMessage:2",  # the approval request arrived, and nobody knows
    "dropped:ack:8",  # the reveal
)
AT_ONCE = 5
SEED = "1"


@pytest.mark.parametrize("cell", CHOSEN)
async def test_one_fault_is_lived_through(tmp_path: Path, cell: str) -> None:
    assert await problems_with(tmp_path, [Cell.read(cell)], http=cell == CHOSEN[-1]) == []


async def test_the_story_uses_all_that_can_fail_and_lives_through_several_faults_at_once(tmp_path: Path) -> None:
    plain, troubled = tmp_path / "plain", tmp_path / "troubled"
    plain.mkdir()
    troubled.mkdir()
    uses = await uses_of_the_story(plain)
    api = {"auth.test", "apps.connections.open", "conversations.open", "users.info", "views.open"}
    assert set(uses) == api | {"chat.postMessage", "chat.update", "response_url", "socket", "ack"}
    assert {cell.kind for cell in cells_of(uses)} == FAULTS.keys()
    cells = chosen(cells_of(uses), SEED, AT_ONCE)
    assert await problems_with(troubled, cells) == [], ",".join(map(str, cells))
