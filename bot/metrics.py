"""What Prometheus reads: the counts of `bot.meters`, the tickers, and figures from the database.

No third party, person or token is in it. `docs/metrics.md` lists everything there is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from access.model.figures import Figures
from access.ports import CannotKeep
from access.ports.machine import Clock
from bot.meters import Meters
from bot.scheduler import Run

FIGURES_WITHIN: Final = 3.0
"""Seconds. Prometheus waits ten for everything."""

Probe = Callable[[], Awaitable[bool]]
Sample = tuple[Sequence[str], float]


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read at a scrape. `parts` are what has to work; `figures` raises CannotKeep; `time`: the loop's clock."""

    meters: Meters
    runs: Callable[[], Mapping[str, Run]]
    parts: Mapping[str, Probe]
    figures: Callable[[], Awaitable[Figures]]
    clock: Clock
    time: Callable[[], float]


class Metrics:
    """Writes all metrics, from a registry of its own: what libraries leave in Prometheus's global one is not ours."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._reading: asyncio.Task[Figures] | None = None

    async def write(self) -> tuple[str, bytes]:
        """Write them as they are now, and return the content type too. Without the database, the rest is there."""
        figures = await self._figures()
        ready = {part: await probe() for part, probe in self._sources.parts.items()}
        registry = CollectorRegistry()
        registry.register(_Scrape(self._sources, figures, ready))
        return CONTENT_TYPE_LATEST, generate_latest(registry)

    async def close(self) -> None:
        """Wait for what is still being read."""
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def _figures(self) -> Figures | None:
        """Read the figures, once for all who ask meanwhile; None, if they cannot be read now."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._sources.figures())
            self._reading.add_done_callback(_seen)
        with suppress(CannotKeep, TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._reading), FIGURES_WITHIN)
        return None


def _seen(reading: "asyncio.Future[Figures]") -> None:
    """Whoever asked may have gone by now: what went wrong is told elsewhere (`bot.trouble`)."""
    if not reading.cancelled():
        reading.exception()


class _Scrape:
    """The metrics of one moment."""

    def __init__(self, sources: Sources, figures: Figures | None, ready: Mapping[str, bool]) -> None:
        self._sources = sources
        self._figures = figures
        self._ready = ready

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        yield _gauge("build_info", "The version that runs.", [([metadata.version("thirdparty-bot")], 1)], ["version"])
        ready = [([part], well) for part, well in self._ready.items()]
        yield _gauge("part_ready", "Whether a part of the bot can do its work: 1, or 0.", ready, ["part"])
        yield from _requests(self._sources)
        yield from _jobs(self._sources)
        told = self._figures is not None
        yield _gauge("figures_read", "Whether the database was read for what follows: 1, or 0.", [([], told)])
        if self._figures is not None:
            yield from _of_database(self._figures, self._sources.clock.now())


def _requests(sources: Sources) -> Iterator[Metric]:
    checks, revocations, commands = sources.meters.checks, sources.meters.revocations, sources.meters.commands
    outcomes = [([outcome], count) for outcome, count in checks.outcomes.items()]
    yield _counter("checks", "Checks of the API's, by what came of them.", outcomes, ["outcome"])
    help_text = "How long checks took, from the request read to the answer made."
    took = HistogramMetricFamily("thirdparty_check_seconds", help_text)
    took.add_metric([], list(checks.buckets()), checks.seconds)
    yield took
    outcomes = [([outcome], count) for outcome, count in revocations.outcomes.items()]
    yield _counter("revocations", "Requests to revoke a token, by what came of them.", outcomes, ["outcome"])
    help_text = "What people typed, pressed and submitted in Slack, by what came of it."
    yield _counter("commands", help_text, commands.counted.items(), ["kind", "name", "outcome"])
    outcomes = [([outcome], count) for outcome, count in sources.meters.messages.items()]
    yield _counter("messages_not_sent", "Attempts to send a message that failed.", outcomes, ["outcome"])


def _jobs(sources: Sources) -> Iterator[Metric]:
    runs, now, present = sources.runs(), sources.time(), sources.clock.now()
    done = [([job, "done"], run.done) for job, run in runs.items()]
    failed = [([job, "failed"], run.failed) for job, run in runs.items()]
    yield _counter("job_runs", "Runs of the regular jobs.", [*done, *failed], ["job", "outcome"])
    late = [([job], max(0.0, now - run.ended_at - run.interval)) for job, run in runs.items()]
    yield _gauge("job_lag_seconds", "For how long a job's next successful run is overdue.", late, ["job"])
    ago = {job: timedelta(seconds=now - run.ended_at) for job, run in runs.items() if run.done}
    last = [([job], (present - since).timestamp()) for job, since in ago.items()]
    yield _gauge("job_last_success_timestamp_seconds", "When a job last did its work to the end.", last, ["job"])


def _of_database(figures: Figures, now: datetime) -> Iterator[Metric]:
    to = [(["post"], figures.to_post), (["update"], figures.to_update)]
    yield _gauge("outbox_messages", "Promised messages that wait to be posted, or brought up to date.", to, ["to"])
    oldest = figures.oldest_planned_at
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield _gauge("outbox_oldest_seconds", "Since when the oldest of those waits that is not posted yet.", [([], age)])
    state = [(["offered"], figures.offered), (["collected"], figures.unconfirmed)]
    yield _gauge("handoffs", "Handoffs that wait to be collected, or to be confirmed.", state, ["state"])
    expiry = figures.next_expiry_at
    following: list[Sample] = [([], expiry.timestamp())] if expiry else []
    yield _gauge("next_expiry_timestamp_seconds", "When the next token that somebody has expires.", following)


def _gauge(name: str, help_text: str, samples: Iterable[Sample], labels: Sequence[str] = ()) -> Metric:
    family = GaugeMetricFamily(f"thirdparty_{name}", help_text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _counter(name: str, help_text: str, samples: Iterable[Sample], labels: Sequence[str]) -> Metric:
    family = CounterMetricFamily(f"thirdparty_{name}", help_text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
