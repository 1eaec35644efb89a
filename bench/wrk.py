"""The load generator, wrk: found or fetched from Debian's packages, and run."""

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.contenders import Running, on_core

CONNECTIONS: Final = 32
_FOLDER: Final = Path("build/tools")
_PACKAGES: Final = ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")
_SCRIPT: Final = Path(__file__).with_name("wrk.lua")


class NoWrk(Exception):
    """There is none, and none could be fetched."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `rate` is in answers a second, the times are in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Wrk:
    """A program that is there, and what it needs in its environment."""

    program: str
    environment: Mapping[str, str]

    async def load(self, server: Running, *, seconds: float, core: int | None) -> Load:
        """Ask a server as fast as it answers, over connections that stay open. Every answer has to be a good one."""
        process = await asyncio.create_subprocess_exec(
            *on_core(core, self.program, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds:g}s"),
            *("--timeout=30s", f"--script={_SCRIPT}", server.url, "--"),
            *(str(server.contender.tokens), server.contender.authorization),
            stdout=asyncio.subprocess.PIPE,
            env=self.environment,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, f"wrk failed ({process.returncode})"
        came = json.loads(told.splitlines()[-1])
        assert came.pop("failed") == 0, f"{server.contender.name} did not answer every request"
        return Load(**came)


async def find_wrk() -> Wrk:
    """Return wrk, which is fetched from Debian's packages if it is not there. Raises NoWrk."""
    if program := shutil.which("wrk"):
        return Wrk(program, dict(os.environ))
    fetched = _FOLDER / "usr/bin/wrk"
    if not fetched.exists():
        await _fetch()
    libraries = sorted({str(file.parent.absolute()) for file in _FOLDER.rglob("libluajit*.so*")})
    return Wrk(str(fetched.absolute()), {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})


async def _fetch() -> None:
    """Unpack what Debian has, without installing it."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoWrk("Checks are measured with wrk: install it, then they are.")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    await _run("apt-get", "download", "-q", *_PACKAGES)
    for package in sorted(_FOLDER.glob("*.deb")):
        await _run("dpkg-deb", "-x", package.name, ".")


async def _run(*command: str) -> None:
    silent = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, cwd=_FOLDER, stdout=silent, stderr=silent)
    if await process.wait() != 0:
        raise NoWrk(
            "Checks are measured with wrk, and it could not be fetched: install the package wrk, then they are."
        )
