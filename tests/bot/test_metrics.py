"""What Prometheus reads."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from access.model.figures import Figures
from access.ports import CannotKeep
from bot import metrics
from bot.meters import Meters
from bot.metrics import Metrics, Sources
from bot.scheduler import Run
from tests.bot.waiting import nothing_left
from tests.fakes import MONDAY_MORNING, FrozenClock

NOTHING = Figures(0, 0, None, None, 0, 0)


@dataclass
class Bench:
    """A bot of which everything can be said."""

    figures: Figures = NOTHING
    reads: int = 0
    trouble: Exception | None = None
    slow: asyncio.Event | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    now: float = 1_000.0
    meters: Meters = field(default_factory=lambda: Meters.begin(lambda: 0.0))

    async def read(self) -> Figures:
        self.reads += 1
        if self.slow is not None:
            await self.slow.wait()
        if self.trouble is not None:
            raise self.trouble
        return self.figures

    def metrics(self, **parts: Callable[[], Awaitable[bool]]) -> Metrics:
        clock = FrozenClock(MONDAY_MORNING)
        return Metrics(Sources(self.meters, lambda: self.runs, parts, self.read, clock, lambda: self.now))

    async def scrape(self) -> str:
        return (await self.metrics().write())[1].decode()


def value(text: str, sample: str) -> float | None:
    found = re.search(rf"^thirdparty_{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


async def test_figures_of_the_database() -> None:
    planned_at, expires_at = MONDAY_MORNING - timedelta(minutes=5), MONDAY_MORNING + timedelta(days=1)
    text = await Bench(Figures(3, 2, planned_at, expires_at, 5, 7)).scrape()
    assert value(text, "figures_read") == 1
    assert value(text, 'outbox_messages{to="post"}') == 3
    assert value(text, 'outbox_messages{to="update"}') == 2
    assert value(text, "outbox_oldest_seconds") == 300
    assert value(text, "next_expiry_timestamp_seconds") == expires_at.timestamp()
    assert value(text, 'handoffs{state="offered"}') == 5
    assert value(text, 'handoffs{state="collected"}') == 7


async def test_where_nothing_waits_or_expires() -> None:
    text = await Bench().scrape()
    assert value(text, "outbox_oldest_seconds") == 0
    assert value(text, "next_expiry_timestamp_seconds") is None


async def test_a_clock_that_was_set_back_makes_no_message_younger_than_now() -> None:
    text = await Bench(Figures(1, 0, MONDAY_MORNING + timedelta(hours=1), None, 0, 0)).scrape()
    assert value(text, "outbox_oldest_seconds") == 0


async def test_without_the_database_the_rest_is_answered() -> None:
    text = await Bench(trouble=CannotKeep("no")).scrape()
    assert value(text, "figures_read") == 0
    assert value(text, 'outbox_messages{to="post"}') is None
    assert value(text, 'checks_total{outcome="accepted"}') == 0


async def test_with_a_slow_database_one_read_is_under_way_and_nobody_waits_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "FIGURES_WITHIN", 0.02)
    bench = Bench(slow=asyncio.Event(), trouble=CannotKeep("no"))
    async with nothing_left():
        written = bench.metrics()
        for _ in range(2):
            answers = await asyncio.gather(*(written.write() for _ in range(3)))
            assert [value(text.decode(), "figures_read") for _, text in answers] == [0, 0, 0]
        assert bench.reads == 1
        assert bench.slow is not None
        bench.slow.set()
        await written.close()
        bench.trouble = None
        assert value((await written.write())[1].decode(), "figures_read") == 1
    assert bench.reads == 2


async def test_nothing_is_read_when_nobody_asks() -> None:
    await Bench().metrics().close()


async def test_how_a_job_fares() -> None:
    bench = Bench(runs={"sweep": Run(30.0, 990.0, done=4, failed=1), "purge": Run(100.0, 800.0)})
    text = await bench.scrape()
    assert value(text, 'job_runs_total{job="sweep",outcome="done"}') == 4
    assert value(text, 'job_runs_total{job="sweep",outcome="failed"}') == 1
    assert value(text, 'job_lag_seconds{job="sweep"}') == 0
    assert value(text, 'job_lag_seconds{job="purge"}') == 100
    ten_seconds_ago = (MONDAY_MORNING - timedelta(seconds=10)).timestamp()
    assert value(text, 'job_last_success_timestamp_seconds{job="sweep"}') == ten_seconds_ago
    assert value(text, 'job_last_success_timestamp_seconds{job="purge"}') is None


async def test_what_was_counted() -> None:
    bench = Bench()
    bench.meters.checks.count("accepted", 0.0002)
    bench.meters.checks.count("revoked", 0.3)
    bench.meters.revocations.count("over_limit", 0.0)
    bench.meters.commands.count("press", "renew", "refused")
    bench.meters.messages["put_off"] += 1
    text = await bench.scrape()
    assert value(text, 'checks_total{outcome="accepted"}') == 1
    assert value(text, 'checks_total{outcome="expired"}') == 0
    assert value(text, 'check_seconds_bucket{le="0.00025"}') == 1
    assert value(text, "check_seconds_count") == 2
    assert value(text, "check_seconds_sum") == pytest.approx(0.3002)
    assert value(text, 'revocations_total{outcome="over_limit"}') == 1
    assert value(text, 'commands_total{kind="press",name="renew",outcome="refused"}') == 1
    assert value(text, 'messages_not_sent_total{outcome="put_off"}') == 1
    assert value(text, 'messages_not_sent_total{outcome="given_up"}') == 0


async def test_which_part_is_ready() -> None:
    async def yes() -> bool:
        return True

    async def no() -> bool:
        return False

    content_type, text = await Bench().metrics(database=yes, slack=no).write()
    assert value(text.decode(), 'part_ready{part="database"}') == 1
    assert value(text.decode(), 'part_ready{part="slack"}') == 0
    assert content_type.startswith("text/plain; version=")


async def test_nothing_of_ours_is_in_the_registry_of_all() -> None:
    await Bench().scrape()
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("thirdparty")]
