from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.bot.post_room import PostRoom, open_post_room
from tests.bot.typing import Typed, make_typed
from tests.manifest import our_manifest


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with await Sandbox.start(manifest=our_manifest()) as sandbox:
        yield sandbox


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[PostRoom]:
    """A post room whose bot may read the histories of its direct messages."""
    async with open_post_room(tmp_path) as opened:
        yield opened


@pytest.fixture
async def blind_room(tmp_path: Path) -> AsyncIterator[PostRoom]:
    """One whose bot may not."""
    async with open_post_room(tmp_path, without="im:history") as opened:
        yield opened


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run a command line in a folder of its own, without any settings of this machine's."""
    return make_typed(monkeypatch, tmp_path, capsys)
