"""The outbox: messages planned, claimed and sent, by one process or two, and whether any was sent twice.

Each process plans so many a second, in units of work as operations do, and its relay sends what it claims, its own and
the other's; then the greatest rate, with everything planned before. Slack answers within 100 ms (`bench.busy`).
`python -m bench.outbox FOLDER NAME RATE COUNT` is one of the processes: it plans COUNT messages, at RATE a second or,
for 0, before it begins to send.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.ids import PersonId, ThirdPartyId
from access.model.messages import MessageKind, PlannedMessage
from access.ports import Ports
from bench.busy import Takes
from bench.contenders import ROOT
from bench.moved import durable_server, moved
from bench.reminders import disk, gather
from bench.result import Result
from bench.writers import TEAM, opened
from bot.few_at_once import few_at_once
from bot.slack_client import slack_logger
from bot.slack_outbox import Relay
from bot.slack_poster import MARK
from handlers.messages import MessageRenderer

TOKENS: Final = 3_000
SETUPS: Final = {"sqlite": 1, "postgres": 1, "postgres_2": 2}
GOAL: Final = 50.0
"""Messages a second of each process, until the last of them is sent."""

RATE: Final = 55
"""Planned: a little more, as the last ones take a moment."""

SECONDS: Final = 12
BACKLOG: Final = 1_500
PATIENCE: Final = 180.0
LOOK: Final = 0.1
"""Seconds."""

AT_A_TIME: Final = 5
"""Messages that one unit of work plans."""


@dataclass(frozen=True, slots=True)
class Fared:
    """How one process fared: how long it sent for, the processor's time, which message it sent how often."""

    seconds: float
    cpu: float
    sent: dict[str, int]


async def measure() -> list[Result]:
    """Return the rates of each process, the processor's time of a message, and how many were sent twice or never."""
    results = list[Result]()
    with tempfile.TemporaryDirectory(dir=disk()) as name:
        await gather(Path(name) / "crowd", TOKENS)
        async with durable_server() as server:
            postgres = await moved(Path(name) / "crowd", server, "outbox")
            for what, processes in SETUPS.items():
                folder = Path(name) / "crowd" if what == "sqlite" else postgres
                steady = await _together(folder, processes, rate=RATE, count=RATE * SECONDS)
                results += _figures(f"outbox_{what}_steady", steady, RATE * SECONDS, goal=GOAL)
                backlog = await _together(folder, processes, rate=0, count=BACKLOG)
                results += _figures(f"outbox_{what}_backlog", backlog, BACKLOG, goal=GOAL)
    return results


def _figures(name: str, fared: list[Fared], count: int, *, goal: float) -> list[Result]:
    sent = Counter[str]()
    for each in fared:
        sent.update(each.sent)
    rate = sum(sent.values()) / max(each.seconds for each in fared) / len(fared)
    return [
        Result(f"{name}_rate_per_process", rate, "/s", goal, at_least=True),
        Result(f"{name}_cpu", median(each.cpu for each in fared) / count * 1e3, "ms"),
        Result(f"{name}_twice", sum(sent.values()) - len(sent), "", 0),
        Result(f"{name}_never", count * len(fared) - len(sent), "", 0),
    ]


async def _together(folder: Path, processes: int, *, rate: int, count: int) -> list[Fared]:
    """Let so many processes plan and send at the same time, once all of them are ready."""
    pipe = asyncio.subprocess.PIPE
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.outbox", str(folder), f"{time.time_ns()}-{number}", str(rate), str(count)),
            cwd=ROOT,
            stdin=pipe,
            stdout=pipe,
        )
        for number in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    told = await asyncio.gather(*(process.communicate(b"go\n") for process in started))
    assert all(process.returncode == 0 for process in started)
    return [Fared(**json.loads(out)) for out, _ in told]


class _Slack(Takes):
    """Counts which message was posted how often."""

    def __init__(self) -> None:
        super().__init__(logger=slack_logger())
        self.sent = Counter[str]()

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """Count it, and answer."""
        if api_method == "chat.postMessage":
            self.sent[given["json"]["blocks"][0]["block_id"].removeprefix(MARK)] += 1
        return await super().api_call(api_method, **given)


async def _one_of_them(folder: Path, name: str, rate: int, count: int) -> None:
    async with opened(folder) as (database, ports, _seal):
        slack = _Slack()
        few = few_at_once(ports)
        relay = Relay(few, slack, MessageRenderer(few), TEAM, channel=None)
        database.on_commit(relay.wake)
        if not rate:
            await _plan(ports, name, count)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        begun, cpu = time.perf_counter(), time.process_time()
        relay.start()
        if rate:
            await _plan(ports, name, count, rate=rate)
        await _until_empty(ports)
        await relay.stop()
        fared = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "sent": slack.sent}
        print(json.dumps(fared))


async def _plan(ports: Ports, name: str, count: int, *, rate: float = float("inf")) -> None:
    begun = time.perf_counter()
    for first in range(0, count, AT_A_TIME):
        await asyncio.sleep(max(0.0, begun + first / rate - time.perf_counter()))
        async with ports.write(TEAM) as uow:
            for number in range(first, first + AT_A_TIME):
                party = ThirdPartyId(f"p{number % 1_000:025}")
                owner = PersonId(f"o{number * 7 % 2_000:025}")
                about = PlannedMessage(MessageKind.SWITCHED, owner, party, party, occasion=f"{name}-{number}")
                uow.plan(about, at=ports.clock.now())
            await uow.commit()


async def _until_empty(ports: Ports) -> None:
    """Wait until nothing waits to be sent, by whichever process. Raises TimeoutError."""
    for _ in range(int(PATIENCE / LOOK)):
        async with ports.read(TEAM) as reading:
            if await reading.next_message_due() is None:
                return
        await asyncio.sleep(LOOK)
    raise TimeoutError


if __name__ == "__main__":
    asyncio.run(_one_of_them(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
