"""Tell the story under every fault of the sandbox at every call, then under several at random; print what became of it.

`python -m tests.faults [--http] [--jobs N] [--stories N] [--seed WORD] [RUN …]`: a RUN is one cell, or several joined
by commas, as they are printed where one fails.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.faults.cells import FAULTS, Cell, cells_of, chosen, problems_with, uses_of_the_story

AT_ONCE = 4
"""Faults in one story told at random."""


def main() -> int:
    """Run it all; the exit status says whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--http", action="store_true", help="the bot in HTTP mode")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--stories", type=int, default=100, help="stories with several faults at random")
    parser.add_argument("--seed", default="1", help="what the random ones are drawn with")
    parser.add_argument("runs", nargs="*", help="only these")
    wanted = parser.parse_args()
    runs = [_read(text) for text in wanted.runs] or _all(wanted.http, wanted.stories, wanted.seed)
    failed = _tell(runs, partial(_problems, http=wanted.http), wanted.jobs)
    if not wanted.runs:
        _print_figures(runs, failed)
    _say(f"{len(runs)} stories told, {len(failed)} with something wrong")
    return bool(failed)


Run = tuple[Cell, ...]


def _all(http: bool, stories: int, seed: str) -> list[Run]:
    with tempfile.TemporaryDirectory() as folder:
        uses = asyncio.run(uses_of_the_story(Path(folder), http=http))
    cells = cells_of(uses)
    _say(f"{len(uses)} calls in the story, {len(FAULTS)} faults at each, {stories} stories with {AT_ONCE} at random")
    return [*((cell,) for cell in cells), *(tuple(chosen(cells, f"{seed}.{n}", AT_ONCE)) for n in range(stories))]


def _tell(runs: Sequence[Run], tell: "partial[list[str]]", jobs: int) -> set[Run]:
    failed = set()
    with ProcessPoolExecutor(jobs) as pool:
        told = {pool.submit(tell, run): run for run in runs}
        for number, story in enumerate(as_completed(told), 1):
            error = story.exception()
            problems = story.result() if error is None else [f"the story stopped: {error!r}"]
            if problems:
                failed.add(told[story])
                _say("\n    ".join([",".join(map(str, told[story])), *problems]))
            if number % 100 == 0:
                _say(f"… {number} of {len(runs)}")
    return failed


def _problems(run: Run, *, http: bool) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(problems_with(Path(folder), run, http=http))


def _print_figures(runs: Sequence[Run], failed: set[Run]) -> None:
    for what in ("kind", "method"):
        told = Counter(getattr(run[0], what) for run in runs if len(run) == 1)
        bad = Counter(getattr(run[0], what) for run in failed if len(run) == 1)
        for name, count in told.items():
            _say(f"{what:8} {name:24} {count:5} told {bad[name]:5} wrong")
    several = [run for run in runs if len(run) > 1]
    _say(f"{'several':33} {len(several):5} told {sum(run in failed for run in several):5} wrong")


def _read(text: str) -> Run:
    return tuple(map(Cell.read, text.split(",")))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
