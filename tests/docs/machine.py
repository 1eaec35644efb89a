"""A machine on which the bot is installed as the documentation says, where its lines are run as they stand."""

import asyncio
import io
import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.bot.typing import Done, Typed
from tests.proxies.programs import environment, program

BOT = "thirdparty-bot"


@dataclass
class Machine:
    """`home` is somebody's, with the program in it; `folder` is the bot's.

    `places`: addresses that are written, and where somebody answers instead.
    """

    home: Path
    folder: Path
    environment: dict[str, str]
    typed: Typed
    monkeypatch: pytest.MonkeyPatch
    places: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.home / "thirdparty/bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys.executable)
        path = os.pathsep.join([str(Path(program("curl")).parent), os.defpath])
        self.environment |= {**environment(self.home), "PATH": path}

    async def runs(self, line: str, given: str = "") -> Done:
        """Run a line in the bot's folder: the bot's commands in this process, which saves time, others in a shell."""
        for said, meant in self.places.items():
            line = line.replace(said, meant)
        if line.startswith(f"{BOT} "):
            return await asyncio.to_thread(self._types, shlex.split(line)[1:], given)
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", line),
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(given.encode())
        return Done(process.returncode or 0, out.decode(), err.decode())

    def _types(self, words: list[str], given: str) -> Done:
        with self.monkeypatch.context() as only_now:
            only_now.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            return self.typed(*words, **self.environment)
