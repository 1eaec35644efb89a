"""`python -m tests.crash`: kill the bot a thousand times, cut the power four hundred times, say what was found.

And kill a rotation of keys every second, until it completes.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Final

from sandbox.clock import real_seconds
from tests.crash.nursery import nursery
from tests.crash.rotation import rotate_and_kill
from tests.crash.season import Season, season
from tests.crash.voyage import Outcome, sail_and_cut, synchronous_normal
from tests.crash.witness import kinds

KILLS_IN_A_SEASON: Final = 100
CUTS_IN_A_VOYAGE: Final = 25


@dataclass
class Told:
    """What is said while it goes on, on one line."""

    what: str
    wanted: int
    done: int = 0
    began: float = field(default_factory=real_seconds)

    def one_more(self) -> None:
        self.done += 1
        sys.stderr.write(f"\r{self.what}: {self.done} of {self.wanted}, {self.done / self.seconds:.1f} a second ")
        sys.stderr.flush()

    @property
    def seconds(self) -> float:
        return max(real_seconds() - self.began, 0.001)


async def kill(wanted: int, seed: int) -> list[str]:
    """Kill that often, in seasons; return what is wrong."""
    told, lived = Told("kills", wanted), list[Season]()
    with tempfile.TemporaryDirectory() as folder:
        async with nursery(Path(folder)) as home:
            while told.done < wanted and not (lived and lived[-1].witness.complaints):
                many = min(wanted - told.done, KILLS_IN_A_SEASON)
                (its_folder := Path(folder) / str(len(lived))).mkdir()
                lived.append(await season(home, its_folder, seed + len(lived), many, told.one_more))
    places = kinds([place for each in lived for place in each.places])
    _say(f"\n{told.done} kills in {told.seconds:.0f} s, seed {seed}, where they hit:")
    for place, count in places.most_common():
        _say(f"  {count:5} {place}")
    for what, figure in _figures(lived).items():
        _say(f"  {figure:5} {what}")
    return [f"seed {seed + number}: {line}" for number, each in enumerate(lived) for line in each.witness.complaints]


def _figures(lived: list[Season]) -> dict[str, int]:
    return {
        "third parties": sum(each.parties for each in lived),
        "audit records": sum(each.witness.records for each in lived),
        "reveals": sum(each.witness.reveals for each in lived),
        "messages in Slack": sum(each.witness.messages for each in lived),
        "messages in Slack a second time, all in the admin channel": sum(each.witness.repeats for each in lived),
        "steps that a later life was asked again": sum(each.redelivered for each in lived),
        "steps that a person gave up and looked again": sum(each.given_up for each in lived),
    }


async def cut(wanted: int, seed: int) -> list[str]:
    """Cut the power that often with the bot's own settings, and as often without a sync at each commit."""
    ours = await _cut("cuts", wanted, seed)
    with synchronous_normal():
        control = await _cut("cuts with synchronous=NORMAL", wanted, seed)
    wrong = [line for outcome in ours + control for line in outcome.complaints]
    if lost := sum(outcome.lost for outcome in ours):
        wrong.append(f"something acknowledged was lost in {lost} cuts")
    if sum(outcome.lost for outcome in control) <= wanted / 2:
        wrong.append("the control lost too little: this disk is too kind")
    return [f"seed {seed}: {line}" for line in wrong]


async def _cut(what: str, wanted: int, seed: int) -> list[Outcome]:
    told, outcomes = Told(what, wanted), list[Outcome]()
    with tempfile.TemporaryDirectory() as folder:
        while len(outcomes) < wanted:
            many = min(CUTS_IN_A_VOYAGE, wanted - len(outcomes))
            outcomes += await sail_and_cut(Path(folder), seed + len(outcomes), many, told.one_more)
    quiet = sum(outcome.quiet for outcome in outcomes)
    _say(
        f"\n{wanted} {what} in {told.seconds:.0f} s, seed {seed}: {sum(each.lost for each in outcomes)} lost something"
    )
    _say(f"  {quiet} right after an acknowledgement, {wanted - quiet} while something was written")
    return outcomes


async def rotate(values: int) -> list[str]:
    """Rotate the keys of so many sealed values, and kill each attempt after a second; return what is wrong."""
    began = real_seconds()
    with tempfile.TemporaryDirectory() as folder:
        rotated = await rotate_and_kill(Path(folder), values, repeat(1.0))
    _say(f"{values:,} sealed values rotated in {real_seconds() - began:.0f} s, in spite of {rotated.kills} kills")
    _say(f"  {rotated.checks} checks meanwhile, the slowest {rotated.slowest * 1_000:.1f} ms")
    return rotated.complaints


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> int:
    """Do what was asked for; the exit status is 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="how often to kill the bot")
    parser.add_argument("--cuts", type=int, default=0, help="how often to cut the power")
    parser.add_argument("--rotate", type=int, default=0, help="how many sealed values to rotate the keys of")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same chances")
    parser.add_argument("--minutes", type=float, default=60, help="give up after that long")
    asked = parser.parse_args()
    wrong = []
    try:
        async with asyncio.timeout(asked.minutes * 60):
            wrong += await rotate(asked.rotate) if asked.rotate else []
            wrong += await cut(asked.cuts, asked.seed) if asked.cuts else []
            wrong += await kill(asked.kills, asked.seed) if asked.kills else []
    except TimeoutError:
        wrong.append(f"not done after {asked.minutes:g} minutes")
    for line in wrong:
        _say(f"WRONG {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
