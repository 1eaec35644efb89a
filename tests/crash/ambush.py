"""Moments at which a life is ended: chosen by chance, before it is known what will be going on then."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from sandbox import Sandbox
from sandbox.faults import Dropped, Fault
from tests.crash.dice import Dice
from tests.crash.nursery import Life, Nursery

CALLS, ACKNOWLEDGEMENTS, STATEMENTS, COMMITS = 12, 5, 160, 16
STATEMENTS_OF_A_STEP = 60
"""How many of each an ambush lets pass at most. A step of the story has about a quarter of them."""

LONGEST_DELAY = 0.8


@dataclass
class Ambush:
    """Waits for one life at a time. `sprung` says where it got it; empty while it has not."""

    home: Nursery
    dice: Dice
    life: Life | None = None
    sprung: str = ""
    _event: str = ""
    _left: int = 0
    _effect: bool = False
    _timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def prepare(self) -> None:
        """Choose how the present life, or the next one, will end."""
        self.disarm()
        self.sprung = ""
        match self.dice.pick(["delay", "call", "call", "ack", "statement", "commit", "commit", "handoff", "handoff"]):
            case "delay":
                delay = self.dice.share() * LONGEST_DELAY
                self._timer = asyncio.get_running_loop().call_later(delay, self._spring, "at a moment of chance")
            case "call":
                self._await("call", CALLS)
            case "ack":
                self._await("ack", ACKNOWLEDGEMENTS)
            case "handoff":
                self._event = "handoff"
            case "statement":
                self.home.light(1 + self.dice.below(STATEMENTS), microseconds=self._later())
            case _:
                self.home.light(1 + self.dice.below(COMMITS), only_commits=True, microseconds=self._later())

    def begins(self, step: str) -> None:
        """Somebody begins a step. What is done about credentials can be waited for more closely than the rest."""
        if self._event == "handoff" and step.startswith(("handoff.", "token.")):
            self._event = ""
            self.home.light(1 + self.dice.below(STATEMENTS_OF_A_STEP), microseconds=self._later())

    def disarm(self) -> None:
        """Let the present life live."""
        self.home.light(0)
        self._event = ""
        if self._timer is not None:
            self._timer.cancel()

    def where(self) -> str:
        """Where the life that has just ended was."""
        burnt = self.home.burnt() or "as it was being let go"
        return self.sprung or (f"{burnt} and a little later" if self._by_alarm() else burnt)

    @contextmanager
    def beside(self, slack: Sandbox) -> Iterator[None]:
        """Watch what reaches Slack: each call, before or after its effect, and each acknowledgement."""
        take = slack.faults.take

        def watch(method: str) -> Fault | None:
            return self._meets(method) if self._waits_for("ack" if method == "ack" else "call") else take(method)

        with patch.object(slack.faults, "take", watch):
            yield

    def _waits_for(self, event: str) -> bool:
        self._left -= self._event == event
        return self._event == event and self._left <= 0 and self.life is not None and not self.life.is_over

    def _meets(self, method: str) -> Fault | None:
        self._spring(f"{'after' if self._effect else 'before'} {method} took effect")
        return None if self._effect else Dropped()

    def _later(self) -> int:
        """Half of the time not at the boundary itself, but some microseconds into what follows it."""
        return self.dice.pick([0, 20 + self.dice.below(3_000)])

    def _await(self, event: str, at_most: int) -> None:
        self._event, self._left, self._effect = event, 1 + self.dice.below(at_most), self.dice.chance(0.5)

    def _spring(self, place: str) -> None:
        self._event = ""
        if self.life is not None and not self.life.is_over:
            self.sprung = place
            self.life.kill()

    def _by_alarm(self) -> bool:
        return self.life is not None and self.life.is_over and self.life.ended.result() == -signal.SIGALRM
