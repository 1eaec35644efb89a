"""`python -m tests.year`: a year of two hundred third parties, and what the checker finds."""

import argparse
import asyncio
import sys
import tempfile
import traceback
from pathlib import Path

from sandbox.clock import real_seconds
from tests.year.place import in_file, on_server
from tests.year.together import Asked, lived


async def main() -> int:
    """Do what was asked for; the exit status is 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.year", description=__doc__)
    parser.add_argument("--parties", type=int, default=argparse.SUPPRESS, help="how many third parties")
    parser.add_argument("--days", type=int, default=argparse.SUPPRESS, help="how long")
    parser.add_argument("--kills", type=int, default=argparse.SUPPRESS, help="how often the bot is killed")
    parser.add_argument("--brought", type=int, default=argparse.SUPPRESS, help="and how many more that are imported")
    parser.add_argument("--workspaces", type=int, default=argparse.SUPPRESS, help="in one database, each with as many")
    parser.add_argument("--at-once", type=int, default=argparse.SUPPRESS, help="how many workspaces live side by side")
    parser.add_argument(
        "--replicas", type=int, default=argparse.SUPPRESS, help="so many bots on PostgreSQL; none: one on a file"
    )
    parser.add_argument("--cuts", type=int, default=argparse.SUPPRESS, help="how often PostgreSQL cannot be reached")
    parser.add_argument("--restarts", type=int, default=argparse.SUPPRESS, help="how often it starts anew")
    parser.add_argument(
        "--seed", type=_seed, default=argparse.SUPPRESS, help="a number, or random: the same one, the same chances"
    )
    parser.add_argument("--months", type=int, default=argparse.SUPPRESS, help="how long a token lives")
    parser.add_argument("--minutes", type=float, default=argparse.SUPPRESS, help="give up after that long")
    parser.add_argument("--keep", type=Path, default=argparse.SUPPRESS, help="a folder that keeps the bot's files")
    asked = parser.parse_args(namespace=Asked())
    began, wrong = real_seconds(), list[str]()
    with tempfile.TemporaryDirectory(prefix="year-", dir=_quick_folder()) as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            async with asyncio.timeout(asked.minutes * 60):
                where = on_server() if asked.replicas else in_file(folder)
                together = await lived(folder, asked, where, say=_say)
            wrong += together.wrong
            size = f"{asked.workspaces} x {asked.parties + asked.brought} third parties"
            _say(f"{size}, {asked.days} days, seed {asked.seed}, in {real_seconds() - began:.0f} s:")
            for what, figure in together.figures.items():
                _say(f"  {figure:6} {what}")
        except* TimeoutError:
            wrong.append(f"not done after {asked.minutes:g} minutes")
        except* RuntimeError:
            wrong.append(traceback.format_exc())
    for line in wrong:
        _say(f"WRONG {line}")
    return 1 if wrong else 0


def _seed(given: str) -> int:
    return int(real_seconds() * 1_000_000) % 1_000_000 if given == "random" else int(given)


def _quick_folder() -> Path | None:
    """Kills lose nothing in memory, and a disk makes the year twice as long."""
    memory = Path("/dev") / "shm"
    return memory if memory.is_dir() else None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
