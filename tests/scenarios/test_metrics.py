"""What Prometheus reads of a bot at work."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.handlers.http.wire import ask
from tests.scenarios.stage import ACME, Stage, secrets_in
from tests.scenarios.test_checks import check, is_active, may_ask
from tests.scenarios.test_revocation import revoke

Metrics = dict[tuple[str, frozenset[str]], float]


async def scrape(stage: Stage) -> str:
    answer = await ask(stage.bot.internal_url, "GET", "/metrics", {})
    assert answer.status == 200
    return answer.body.decode()


def read(text: str) -> Metrics:
    """Sample and label values → value."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.values())): sample.value for sample in samples}


async def test_a_scrape_tells_what_happened_and_names_nobody(stage: Stage) -> None:
    client_secret, token = secrets_in(await stage.collected())
    await may_ask(stage)
    assert (await check(stage, token)).status == 204
    assert await is_active(stage, token)
    await stage.anna.types(f"/thirdparty enable {ACME}")
    assert await revoke(stage, token=client_secret) == 200
    assert await revoke(stage, token=token) == 200
    assert (await check(stage, token)).status == 401
    await stage.settled()
    text = await scrape(stage)
    told = read(text)

    def value(name: str, *labels: str) -> float:
        return told[f"thirdparty_{name}", frozenset(labels)]

    assert value("checks_total", "accepted") == 2
    assert value("checks_total", "revoked") == 1
    assert value("check_seconds_count") == 3
    assert value("revocations_total", "revoked") == 1
    assert value("revocations_total", "nothing_to_revoke") == 1
    assert value("commands_total", "command", "issue", "done") == 1
    assert value("commands_total", "command", "enable", "refused") == 1
    assert value("commands_total", "press", "open_handoff", "done") == 1
    assert value("commands_total", "submission", "handoff_form", "done") == 1
    assert value("outbox_messages", "post") == 0
    assert value("part_ready", "database") == value("part_ready", "slack") == value("figures_read") == 1
    assert value("job_lag_seconds", "sweep_tokens") == 0
    tables = ("third_parties", "tokens", "handoffs", "people", "resource_servers")
    ids = [str(found) for table in tables for (found,) in stage.rows(f"SELECT id FROM {table}")]
    assert len(ids) >= len(tables)
    for private in ("Acme", *ids, token, client_secret, stage.slack.team_id, stage.anna.id):
        assert private not in text


async def test_what_expires_next_and_what_waits(stage: Stage) -> None:
    await stage.issued()
    before = read(await scrape(stage))
    assert before["thirdparty_handoffs", frozenset({"offered"})] == 1
    assert ("thirdparty_next_expiry_timestamp_seconds", frozenset()) not in before
    await stage.reveal(await stage.carla.waits_for("Show credentials"))
    after = read(await scrape(stage))
    ((expires_at,),) = stage.rows("SELECT expires_at / 1000000 FROM tokens")
    assert after["thirdparty_handoffs", frozenset({"offered"})] == 0
    assert after["thirdparty_handoffs", frozenset({"collected"})] == 1
    assert after["thirdparty_next_expiry_timestamp_seconds", frozenset()] == expires_at


@pytest.mark.on_a_file
async def test_without_its_database_a_bot_still_tells_that_it_cannot_read_it(stage: Stage) -> None:
    (stage.folder / "thirdparty.db").rename(stage.folder / "elsewhere.db")
    told = read(await scrape(stage))
    assert told["thirdparty_figures_read", frozenset()] == 0
    assert told["thirdparty_part_ready", frozenset({"database"})] == 0
    (stage.folder / "elsewhere.db").rename(stage.folder / "thirdparty.db")
