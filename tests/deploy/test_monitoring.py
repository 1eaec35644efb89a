"""The alerts and the dashboard: that Prometheus takes them, and that they ask for what the bot exposes."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from access.model.token import Verdict
from tests.deploy.expressions import ALERTS, alerts, asked_by_panels, exposed, misread, panels, promtool
from tests.house import ROOT
from tests.house.markdown import anchors

TRIED = ROOT / "deploy" / "prometheus-alerts.test.yaml"
RUNBOOK = ROOT / "docs" / "alerts.md"


def test_prometheus_understands_every_alert(tmp_path: Path) -> None:
    done = promtool("check", "rules", ALERTS, folder=tmp_path)
    assert (done.returncode, f"{len(alerts())} rules found" in done.stdout) == (0, True), done.stdout


def test_each_alert_comes_when_it_should_and_not_before(tmp_path: Path) -> None:
    done = promtool("test", "rules", TRIED, folder=tmp_path)
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout


def test_an_alert_that_does_not_come_would_be_found(tmp_path: Path) -> None:
    shutil.copy(TRIED, tmp_path)
    (tmp_path / ALERTS.name).write_text(ALERTS.read_text().replace('part="database"} == 0', 'part="database"} == 2'))
    done = promtool("test", "rules", tmp_path / TRIED.name, folder=tmp_path)
    assert (done.returncode, "ThirdpartyDatabaseUnusable" in done.stdout) == (1, True), done.stdout


def test_each_alert_is_seen_to_come() -> None:
    comes = set()
    for test in yaml.safe_load(TRIED.read_text())["tests"]:
        samples = [sample for each in test.get("promql_expr_test", []) for sample in each["exp_samples"]]
        comes |= {name for sample in samples for name in re.findall(r'alertname="(\w+)"', sample["labels"])}
        comes |= {each["alertname"] for each in test.get("alert_rule_test", []) if each.get("exp_alerts")}
    assert comes == {rule["alert"] for rule in alerts()}


def test_each_alert_says_what_it_means_and_where_it_stands_what_to_do() -> None:
    sections = set()
    for rule in alerts():
        said = rule["annotations"]
        assert set(said) == {"summary", "description", "runbook"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        page, anchor = said["runbook"].split("#")
        assert ROOT / page == RUNBOOK
        assert (anchor, anchor in anchors(RUNBOOK)) == (rule["alert"].lower(), True)
        sections.add(rule["alert"])
    assert sections == set(re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE))


async def test_alerts_and_panels_ask_for_what_is_exposed() -> None:
    there = await exposed()
    for expression in (*(rule["expr"] for rule in alerts()), *asked_by_panels()):
        assert list(misread(expression, there)) == [], expression


@pytest.mark.parametrize(
    "expression",
    ["thirdparty_nothing", 'thirdparty_part_ready{thing="x"}', 'thirdparty_checks_total{outcome=~"accepted|lost"}'],
)
async def test_what_is_not_exposed_would_be_found(expression: str) -> None:
    assert len(list(misread(expression, await exposed()))) == 1


def test_every_reason_to_refuse_counts_as_a_refusal() -> None:
    refusals = {verdict.value for verdict in Verdict} - {Verdict.ACCEPTED.value}
    alert = next(rule["expr"] for rule in alerts() if rule["alert"] == "ThirdpartyChecksRefused")
    panel = next(expr for expr in asked_by_panels() if "asker_unknown" in expr and "unknown|" in expr)
    for expression in (alert, panel):
        named = set(re.findall(r'outcome=~"([a-z_|]+)"', expression)[0].split("|"))
        assert named - {"asker_unknown"} == refusals


async def test_every_metric_is_on_the_dashboard() -> None:
    shown = set(re.findall(r"thirdparty_\w+", " ".join(asked_by_panels())))
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in shown} == {
        re.sub("_(bucket|sum|count)$", "", name) for name in await exposed()
    }


def test_prometheus_understands_every_panel(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expr.replace("$__rate_interval", "5m").replace("$instance", ".*")}
        for number, expr in enumerate(asked_by_panels())
    ]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "panels.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stdout


def test_every_panel_says_what_it_shows_and_has_a_place_of_its_own() -> None:
    places: set[tuple[int, int]] = set()
    for panel in panels():
        assert panel["title"], panel["id"]
        assert len(panel["description"].split()) > 4, panel["title"]
        x, y, wide, high = (panel["gridPos"][side] for side in "xywh")
        taken = {(column, line) for column in range(x, x + wide) for line in range(y, y + high)}
        assert x + wide <= 24
        assert not taken & places, panel["title"]
        places |= taken
    assert len({panel["id"] for panel in panels()}) == len(panels())
