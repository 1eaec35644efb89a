"""The organisation's API asks the running bot, over its internal port, while people decide in Slack."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sandbox.faults import Dropped, Status
from tests.checking import ASKER, ASKERS_SECRET, add_resource_server
from tests.handlers.http.wire import Answer, Wire, ask, request
from tests.scenarios.stage import ACME, Stage, secrets_in, set_stage


async def may_ask(stage: Stage) -> None:
    await add_resource_server(stage.bot.workspace, stage.bot.ports)


def question(token: str) -> bytes:
    headers = {"X-Resource-Server-Secret": ASKERS_SECRET.reveal(), "Authorization": f"Bearer {token}"}
    return request("GET", "/oauth/check", headers)


async def check(stage: Stage, token: str) -> Answer:
    async with Wire.to(stage.bot.internal_url) as wire:
        await wire.send(question(token))
        return await wire.answer()


async def is_active(stage: Stage, token: str) -> bool:
    headers = {
        "Authorization": f"Bearer {ASKERS_SECRET.reveal()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = await ask(stage.bot.internal_url, "POST", "/oauth/introspect", headers, f"token={token}")
    assert answer.status == 200
    return json.loads(answer.body)["active"] is True


async def test_what_is_decided_in_slack_holds_for_the_very_next_request(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        assert ((await check(stage, token)).status, await is_active(stage, token)) == (204, True)
        for command, status in (("disable", 401), ("enable", 204), ("disable", 401)):
            assert (await stage.anna.types(f"/thirdparty {command} {ACME}")).acknowledged
            assert ((await check(stage, token)).status, await is_active(stage, token)) == (status, status == 204)
        await stage.anna.types(f"/thirdparty enable {ACME}")
        assert (await check(stage, token)).status == 204
        await stage.removed()
        assert ((await check(stage, token)).status, await is_active(stage, token)) == (401, False)


async def test_one_connection_hears_of_it_too(tmp_path: Path) -> None:
    """As a reverse proxy keeps one."""
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        async with Wire.to(stage.bot.internal_url) as wire:
            for command, status in (("enable", 204), ("disable", 401), ("enable", 204)):
                await stage.anna.types(f"/thirdparty {command} {ACME}")
                await wire.send(question(token))
                assert (await wire.answer()).status == status


async def test_a_stop_loses_no_note_of_a_check(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        async with Wire.to(stage.bot.internal_url) as wire:
            await wire.send(question(token) * 20)
            answers = [(await wire.answer()).status for _ in range(3)]
            await stage.stop_bot()
        assert answers == [204] * 3
        now = (stage.clock.now() - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        assert stage.rows("SELECT last_accepted_at, last_accepted_by FROM tokens") == [(now * 1_000_000, ASKER)]
        await stage.start_bot()


async def test_why_a_token_is_refused_is_in_our_own_log_alone(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        await stage.anna.types(f"/thirdparty disable {ACME}")
        answer = await check(stage, token)
        assert b"disabled" not in answer.body
        assert "disabled" not in str(answer.headers)
        lines = [json.loads(line) for line in stage.log.getvalue().splitlines() if "check_refused" in line]
        assert [(line["level"], line["outcome"]) for line in lines] == [("debug", "disabled")]


async def test_checks_go_on_without_slack_which_only_readiness_tells(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        ready = await ask(stage.bot.internal_url, "GET", "/readyz")
        assert (ready.status, json.loads(ready.body)) == (200, {"database": "ok", "slack": "ok"})
        stage.slack.faults.always("socket", Dropped())
        stage.slack.faults.always("apps.connections.open", Status(503))
        await stage.slack.drop_connections()
        assert ((await check(stage, token)).status, await is_active(stage, token)) == (204, True)
        stage.slack.faults.clear()


async def test_in_http_mode_it_is_the_same_but_for_slacks_part_in_readiness(tmp_path: Path) -> None:
    async with set_stage(tmp_path, http=True) as stage:
        _, token = secrets_in(await stage.collected())
        await may_ask(stage)
        assert (await check(stage, token)).status == 204
        ready = await ask(stage.bot.internal_url, "GET", "/readyz")
        assert (ready.status, json.loads(ready.body)) == (200, {"database": "ok"})


async def test_whoever_decides_by_last_use_has_heard_of_the_one_a_moment_ago(tmp_path: Path) -> None:
    """An old token retires when it was not used for seven days. It was used an hour before that time."""
    async with set_stage(tmp_path) as stage:
        _, old = secrets_in(await stage.collected())
        await may_ask(stage)
        await stage.anna.types(f"/thirdparty renew {ACME}")
        await stage.settled()
        _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("This is a renewal")))
        assert [(await check(stage, token)).status for token in (old, new)] == [204, 204]
        await stage.later(days=6, hours=23)
        assert (await check(stage, old)).status == 204
        await stage.later(hours=2)
        assert [(await check(stage, token)).status for token in (old, new)] == [204, 204]
        await stage.later(days=7, hours=1)
        assert [(await check(stage, token)).status for token in (old, new)] == [401, 204]
