"""What the bot exposes to Prometheus."""

from access.model.figures import Figures
from bot.meters import Meters
from bot.metrics import Metrics, Sources
from bot.scheduler import Run
from tests.fakes import MONDAY_MORNING, FrozenClock


async def scraped() -> str:
    """Return a scrape in which every metric has a sample."""

    async def figures() -> Figures:
        return Figures(1, 1, MONDAY_MORNING, MONDAY_MORNING, 1, 1)

    async def ready() -> bool:
        return True

    meters = Meters.begin(lambda: 0.0)
    meters.commands.count("command", "list", "done")
    runs = {"sweep": Run(30.0, 0.0, done=1)}
    sources = Sources(meters, lambda: runs, {"database": ready}, figures, FrozenClock(), lambda: 0.0)
    return (await Metrics(sources).write())[1].decode()
