"""The expressions of alerts and dashboard, and whether the bot exposes what they ask for."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.meters import CHECKS, FAILURES, REVOCATIONS
from tests.house import ROOT
from tests.house.scraped import scraped
from tests.proxies.programs import environment, program

ALERTS = ROOT / "deploy" / "prometheus-alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"

_SELECTED = re.compile(r"\b(thirdparty_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(?:=~|!=|=)"([^"]*)"')
_OUTCOMES = {
    "thirdparty_checks_total": CHECKS,
    "thirdparty_revocations_total": REVOCATIONS,
    "thirdparty_messages_not_sent_total": FAILURES,
}
_ADDED = {"instance", "job"}
"""Labels by which Prometheus tells apart what it scrapes; it calls the bot's own `job` `exported_job` beside them."""


def alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    """Those that show something."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def asked_by_panels() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


async def exposed() -> Mapping[str, set[str]]:
    """Name of each sample → its labels, as they are once Prometheus has scraped them."""
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", await scraped(), re.MULTILINE):
        found.setdefault(name, set(_ADDED)).update(label for label, _ in _MATCHER.findall(labels))
        if 'job="' in labels:
            found[name].add("exported_job")
    return found


def misread(expression: str, there: Mapping[str, set[str]]) -> Iterator[str]:
    """What an expression asks for in vain: a metric, a label, or an outcome that there is not."""
    for name, selector in _SELECTED.findall(expression):
        yield from [] if name in there else [name]
        for label, value in _MATCHER.findall(selector):
            if label not in there.get(name, {label}):
                yield f"{name}: {label}"
            known = _OUTCOMES.get(name) if label == "outcome" else None
            yield from (f"{name}: {each}" for each in value.split("|") if known and each not in known)


def promtool(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("promtool"), *words],
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
