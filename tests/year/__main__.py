"""`python -m tests.year`: a year of two hundred third parties, and what the checker finds."""

import argparse
import asyncio
import sys
import tempfile
import traceback
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.clock import real_seconds
from tests.crash.nursery import nursery
from tests.year import journal as happened
from tests.year.doings import Doings
from tests.year.place import Place, in_file, on_server
from tests.year.year import Year, live, year_in


@dataclass
class Asked:
    """What somebody wants to see. `months`: how long a token lives.

    `replicas`: so many bots on PostgreSQL; none: one on a file. `cuts`, `restarts`: of all connections, of PostgreSQL.
    """

    parties: int = 200
    days: int = 365
    months: int = 6
    kills: int = 40
    replicas: int = 0
    cuts: int = 0
    restarts: int = 0
    seed: int = 0
    minutes: float = 60
    keep: Path | None = None


async def lived(folder: Path, asked: Asked, where: AbstractAsyncContextManager[Place]) -> tuple[Year, list[str]]:
    """Live through one year, or a part of one."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(where)
        home = await stack.enter_async_context(nursery(folder, "tests.year.life"))
        town = {"seed": asked.seed, "parties": asked.parties, "months": asked.months}
        year = await stack.enter_async_context(year_in(home, place, folder, replicas=max(asked.replicas, 1), **town))
        Doings(year, asked.parties, asked.days)
        return year, await live(year, asked.days, asked.kills, asked.cuts, asked.restarts)


def _figures(year: Year) -> dict[str, int]:
    kinds = {"messages with reminders": happened.Said, "tokens": happened.Issued, "reveals": happened.Collected}
    counted = {what: sum(isinstance(fact, kind) for fact in year.journal.facts) for what, kind in kinds.items()}
    return {**counted, **asdict(year.figures)}


async def main() -> int:
    """Do what was asked for; the exit status is 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.year", description=__doc__)
    parser.add_argument("--parties", type=int, default=argparse.SUPPRESS, help="how many third parties")
    parser.add_argument("--days", type=int, default=argparse.SUPPRESS, help="how long")
    parser.add_argument("--kills", type=int, default=argparse.SUPPRESS, help="how often the bot is killed")
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
                year, wrong = await lived(folder, asked, on_server() if asked.replicas else in_file(folder))
            _say(f"{asked.parties} third parties, {asked.days} days, seed {asked.seed}, ", end="")
            _say(f"in {real_seconds() - began:.0f} s:")
            for what, figure in _figures(year).items():
                _say(f"  {figure:6} {what}")
        except TimeoutError:
            wrong.append(f"not done after {asked.minutes:g} minutes")
        except RuntimeError:
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


def _say(line: str, end: str = "\n") -> None:
    sys.stdout.write(f"{line}{end}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
