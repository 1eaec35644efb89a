"""How far a command has come shows on a terminal, and nowhere else."""

import io
import sys

import pytest

from bot.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("Verifying", 1_000) as advance:
        advance(250)
        advance(1_100)  # some were added meanwhile
    return stream.getvalue()


def test_a_bar_shows_on_a_terminal_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = shown(monkeypatch, Terminal())
    assert "Verifying" in drawn
    assert "1100/1100" in drawn
    assert drawn.endswith("\x1b[2K"), "the line is wiped"


def test_elsewhere_nothing_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO()) == ""
