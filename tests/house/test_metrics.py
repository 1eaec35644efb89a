"""`docs/metrics.md` lists the metrics that there are, and their labels and words."""

import re
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from access.model.figures import Figures
from bot.meters import CHECKS, REVOCATIONS, Meters
from bot.metrics import Metrics, Sources
from bot.scheduler import Run
from tests.fakes import MONDAY_MORNING, FrozenClock
from tests.house import ROOT

TEXT = (ROOT / "docs/metrics.md").read_text()


def listed() -> Mapping[str, tuple[str, set[str]]]:
    """Name → type and labels, as the table has them."""
    rows = re.findall(r"^\| `(thirdparty_\w+)` \| (\w+) \|([^|]*)\|", TEXT, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


async def scraped() -> str:
    async def figures() -> Figures:
        return Figures(1, 1, MONDAY_MORNING, MONDAY_MORNING, 1, 1)

    async def ready() -> bool:
        return True

    meters = Meters.begin(lambda: 0.0)
    meters.commands.count("command", "list", "done")
    runs = {"sweep": Run(30.0, 0.0, done=1)}
    sources = Sources(meters, lambda: runs, {"database": ready}, figures, FrozenClock(), lambda: 0.0)
    return (await Metrics(sources).write())[1].decode()


async def test_what_is_listed_is_there_and_what_is_there_is_listed() -> None:
    there = {}
    for family in text_string_to_metric_families(await scraped()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert family.documentation.endswith("."), name
        there[name] = (family.type, labels)
    assert dict(listed()) == there


@pytest.mark.parametrize("outcome", sorted({*CHECKS, *REVOCATIONS}))
def test_every_outcome_is_explained(outcome: str) -> None:
    assert f"`{outcome}`" in TEXT


async def test_what_the_alerts_ask_for_is_there() -> None:
    text = await scraped()
    alerts = TEXT.split("## What is worth an alert")[1]
    asked = set(re.findall(r"thirdparty_\w+", alerts))
    assert len(asked) > 5
    assert {name for name in asked if f"\n{name}" not in text} == set()
    for outcome in re.findall(r'outcome=~?"([^"]+)"', alerts):
        assert set(outcome.replace("\\", "").split("|")) <= {*CHECKS, *REVOCATIONS}
