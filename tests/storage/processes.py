"""Processes that end in the middle of their work."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.house import ROOT


async def run_until_killed(script: str, file: Path) -> None:
    """Run a program, with the file as its argument, that kills itself as kill -9 would."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, file, cwd=ROOT, stderr=PIPE)
    _, complaint = await process.communicate()
    assert process.returncode == -signal.SIGKILL, complaint.decode()
