"""`docs/metrics.md` lists the metrics that there are, and their labels and words."""

import re
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.meters import CHECKS, FAILURES, REVOCATIONS
from tests.house import ROOT
from tests.house.scraped import scraped

TEXT = (ROOT / "docs/metrics.md").read_text()


def listed() -> Mapping[str, tuple[str, set[str]]]:
    """Name → type and labels, as the table has them."""
    rows = re.findall(r"^\| `(thirdparty_\w+)` \| (\w+) \|([^|]*)\|", TEXT, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


async def test_what_is_listed_is_there_and_what_is_there_is_listed() -> None:
    there = {}
    for family in text_string_to_metric_families(await scraped()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert family.documentation.endswith("."), name
        there[name] = (family.type, labels)
    assert dict(listed()) == there


@pytest.mark.parametrize("outcome", sorted({*CHECKS, *REVOCATIONS, *FAILURES}))
def test_every_outcome_is_explained(outcome: str) -> None:
    assert f"`{outcome}`" in TEXT
