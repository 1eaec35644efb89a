"""`thirdparty-bot sandbox`: a browser where there is one, and a folder that keeps the workspace."""

import io
import sys
import webbrowser
from pathlib import Path

import pytest

from bot import sandbox_command
from bot.sandbox_command import NoSandbox
from sandbox.keeping import FILE


class Terminal(io.StringIO):
    """Somebody sits at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open, on a machine with a screen."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sandbox_command, "converse", leaves_at_once)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return addresses


async def leaves_at_once(*_: object, **__: object) -> None:
    """What somebody at the terminal does."""


async def test_the_page_is_opened_and_the_workspace_is_kept(opened: list[str], tmp_path: Path) -> None:
    await sandbox_command.run(port=0, data=tmp_path)
    (address,) = opened
    assert address.startswith("http://127.0.0.1:")
    assert (tmp_path / FILE).exists()


async def test_no_browser_is_opened_where_nobody_wants_it_or_could_see_it(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await sandbox_command.run(port=0, data=tmp_path, shows=False)
    monkeypatch.delenv("DISPLAY")
    await sandbox_command.run(port=0, data=tmp_path)
    assert opened == []


async def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("something else\n\n")
    with pytest.raises(NoSandbox, match=r"workspace\.jsonl is no workspace of the sandbox\. Name another folder"):
        await sandbox_command.run(port=0, data=tmp_path)
