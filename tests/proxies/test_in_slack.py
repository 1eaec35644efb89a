"""The whole way: a person presses in Slack, and the API behind a real proxy hears of no request more."""

from pathlib import Path

import pytest

from access.operations.add_resource_server import add_resource_server
from tests.proxies.recipes import RECIPES
from tests.proxies.street import street
from tests.scenarios.stage import ACME, Stage, got, secrets_in, set_stage


@pytest.mark.parametrize("kind", RECIPES)
async def test_disabling_in_slack_stops_the_next_request_and_undo_lets_it_in(kind: str, tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, token = secrets_in(await stage.collected())
        added = await add_resource_server(stage.bot.workspace, "API", stage.bot.ports)
        (tmp_path / kind).mkdir()
        bot, secret = stage.bot.internal_url.removeprefix("http://"), added.secret.reveal()
        async with street(kind, bot=bot, secret=secret, folder=tmp_path / kind) as opened:
            assert (await opened.send(token)).status == 200
            disabled = got((await stage.anna.types(f"/thirdparty disable {ACME}")).ephemeral)
            assert (await opened.send(token)).status == 401
            await disabled.press("Undo")
            assert (await opened.send(token)).status == 200
            await revoked(stage)
            assert (await opened.send(token)).status == 401
            assert len(opened.api.reached) == 2


async def revoked(stage: Stage) -> None:
    """Anna revokes the token, and is asked first."""
    question = got((await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral)
    await question.press("Revoke now")
