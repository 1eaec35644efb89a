"""One fault at one call of the story, and all that there are to try: one by one, or several in one story."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bot.errors import CommandError
from bot.socket_mode import SocketConnection
from handlers.replies import Replies
from sandbox import Sandbox
from sandbox.faults import Delay, Dropped, Error, Fault, LostAnswer, RateLimited, Silence, Status
from sandbox.timing import Timing
from tests.faults.story import Teller
from tests.scenarios.stage import Stage, set_stage

FAULTS: Final[Mapping[str, Fault]] = {
    "never": Error("restricted_action"),
    "later": Error("token_revoked"),
    "internal": Error("internal_error"),
    "status_500": Status(500),
    "status_502": Status(502),
    "limited": RateLimited(90),
    "slow": Delay(0.1),
    "late": Delay(1.0),
    "lost": LostAnswer(),
    "dropped": Dropped(),
    "silence": Silence(),
}
"""Every kind of fault that the sandbox has, and of errors one of each meaning."""

STARTS: Final = 5
HURRIED: Final = Timing(acknowledge_within=0.9, trigger_lives=0.9, retry_events_after=(0.0, 0.1))
"""A Slack that waits a third as long as the real one, as the bot does under `hurried`."""


@dataclass(frozen=True)
class Cell:
    """The `number`th use of a method meets a fault of a kind."""

    kind: str
    method: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.method}:{self.number}"

    @classmethod
    def read(cls, text: str) -> "Cell":
        """Read what `str` wrote."""
        kind, method, number = text.split(":")
        return cls(kind, method, int(number))


def cells_of(uses: Sequence[str]) -> list[Cell]:
    """Return every cell of a run of the story in which these methods were used."""
    return [
        Cell(kind, method, number)
        for method in dict.fromkeys(uses)
        for number in range(1, uses.count(method) + 1)
        for kind in FAULTS
    ]


def chosen(cells: Iterable[Cell], seed: str, count: int) -> list[Cell]:
    """Return some of the cells, by chance, the same for the same seed."""
    return sorted(cells, key=lambda cell: hashlib.sha256(f"{seed} {cell}".encode()).digest())[:count]


@contextmanager
def hurried() -> Iterator[None]:
    """Let the bot wait a third as long as it would for everything, so that silence costs little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.slack_client.TIMEOUT_SECONDS", 0.9)
        patch.setattr("bot.directory.WAIT_SECONDS", 0.35)
        patch.setattr("bot.app.Replies", partial(Replies, seconds=0.35))
        every = timedelta(seconds=0.5)
        patch.setattr("bot.app.SocketConnection", partial(SocketConnection, retry_every=every))
        patch.setattr("handlers.deadline.SECONDS", 0.7)
        yield


@asynccontextmanager
async def troubled(folder: Path, cells: Iterable[Cell], *, http: bool = False) -> AsyncIterator[Stage]:
    """Set a stage on which these faults wait."""

    def place(slack: Sandbox) -> Mapping[str, object]:
        for cell in cells:
            slack.faults.at(cell.method, cell.number, FAULTS[cell.kind])
        return {}

    with hurried():
        async with set_stage(folder, http=http, timing=HURRIED, settings=place, start=_again_and_again) as stage:
            yield stage


async def _again_and_again(stage: Stage) -> None:
    """Start the bot as a supervisor does: once more where it could not."""
    stage.log_statements()
    for _ in range(STARTS):
        try:
            await stage.start_bot()
        except CommandError:
            await stage.stop_bot()
        else:
            return
    raise AssertionError("the bot does not start")


async def problems_with(folder: Path, cells: Iterable[Cell], *, http: bool = False) -> list[str]:
    """Tell the story under these faults; return everything that was not as it should be."""
    async with troubled(folder, cells, http=http) as stage:
        teller = Teller(stage)
        await teller.tell()
        return teller.problems


async def uses_of_the_story(folder: Path, *, http: bool = False) -> list[str]:
    """Tell the story without a fault; return the methods that it uses, in order."""
    async with troubled(folder, [], http=http) as stage:
        teller = Teller(stage)
        await teller.tell()
        assert teller.problems == []
        return list(stage.slack.faults.uses)
