"""Command lines, run in this process as if somebody had typed them."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import cli, logs


@dataclass
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


Typed = Callable[..., Done]


def make_typed(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run a command line in a folder of its own. The process stays as it was."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(cli, "keep_to_ourselves", lambda: None)
    monkeypatch.setattr(logs, "log_crashes", lambda: None)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    for name in os.environ:
        if name.startswith(("THIRDPARTY_", "SLACK_")):
            monkeypatch.delenv(name)

    def run(*words: str, **environment: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["thirdparty-bot", *words])
        with monkeypatch.context() as only_now:
            for name, value in environment.items():
                only_now.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                cli.main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run
