"""Every line for a shell that stands in the documentation is run, or it is named why not."""

import json
import re
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession, FormData, web

from access.model.people import SlackUser
from access.model.token import Verdict
from bot.clock import SystemClock
from sandbox import MovableClock
from tests.bot.typing import Done, Typed, make_typed
from tests.docs.collected import PAGES, SLACK, commands
from tests.docs.machine import BOT, Machine
from tests.docs.not_run import NOT_RUN, OF_ROOT
from tests.house import ROOT
from tests.scenarios.stage import ACME, Stage, secrets_in, set_stage

SHOP = f'{BOT} resource-server add "Shop API"'


def documented() -> set[str]:
    """The lines, but for those of which it is named why they are not run."""
    lines = {
        each.replace(" NAME", ' "Shop API"').replace(" KEY", " k3yk3yk3").replace("erase USER", "erase U0LEFT")
        for each in commands()
        if each.split()[0] != SLACK
    }
    return {each.replace("export USER", "export U0ANNA") for each in lines} - NOT_RUN.keys()


def test_nothing_is_named_as_not_run_that_is_not_there() -> None:
    assert NOT_RUN.keys() <= commands()
    assert OF_ROOT.keys() <= {page.name for page in PAGES}


def test_there_is_every_target_of_make_that_is_named() -> None:
    targets = {each for each in commands() if each.startswith("make ")}
    assert len(targets) > 10
    for target in targets:
        done = subprocess.run([*target.split(), "--question"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert "No rule" not in done.stderr, target


@dataclass
class Reader:
    """Somebody who does what the documentation says, line by line."""

    machine: Machine
    left: set[str] = field(default_factory=documented)

    async def runs(self, line: str, more: str = "", given: str = "") -> Done:
        """Run a line that stands there; `more`: what it needs where nobody sits at a terminal."""
        self.left.remove(line)
        done = await self.machine.runs(f"{line}{more}", given)
        assert done.code == 0, f"{line}: {done}"
        return done


@asynccontextmanager
async def api(stage: Stage, secret: str) -> AsyncIterator[str]:
    """An API that asks the bot by itself, as docs/protect-your-api.md has it."""

    async def answer(request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        form = FormData({"token": token or "none"})
        headers = {"Authorization": f"Bearer {secret}"}
        async with client.post(f"{stage.bot.internal_url}/oauth/introspect", data=form, headers=headers) as response:
            active = (await response.json())["active"]
        return web.Response(status=200 if active else 401)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    async with ClientSession() as client:
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return make_typed(monkeypatch, tmp_path, capsys)


async def test_every_line_of_the_documentation_is_run(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with set_stage(tmp_path, clock=MovableClock(SystemClock().now())) as stage:
        machine = Machine(tmp_path / "home", tmp_path, settings(stage), typed, monkeypatch)
        reader = Reader(machine)
        _, token = secrets_in(await stage.collected())
        await install(reader)
        secret = await let_an_api_ask(reader)
        machine.places |= {
            "http://127.0.0.1:8481": stage.bot.internal_url,
            "https://thirdparty.example.com": stage.bot.url,
        }
        machine.environment |= {"TOKEN": token}
        async with api(stage, secret) as address:
            machine.places["https://api.example.com"] = address
            await ask(reader)
        await search(reader, token)
        await end_a_token(reader, stage, token)
        await end_another(reader, stage)
        await prove(reader, stage)
        await forget(reader, stage)
        await rotate(reader, stage)
        await reader.runs(f'{BOT} resource-server remove "Shop API"', more=" --yes")
        assert reader.left == set()


def settings(stage: Stage) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": stage.slack.bot_token,
        "SLACK_APP_TOKEN": stage.slack.app_token,
        "SLACK_API_URL": stage.slack.api_url,
        "THIRDPARTY_CHANNEL": stage.slack.admin_channel,
        "THIRDPARTY_KEYRING_FILE": "keyring.json",
    }


async def install(reader: Reader) -> None:
    """From the folder to the doctor who finds nothing wrong."""
    await reader.runs("mkdir -m 700 ~/thirdparty-data && cd ~/thirdparty-data")
    assert stat.S_IMODE((reader.machine.home / "thirdparty-data").stat().st_mode) == 0o700
    await reader.runs(f"{BOT} init")
    assert ".env" in {path.name for path in reader.machine.folder.iterdir()}
    (reader.machine.folder / ".env").unlink()
    await reader.runs(f"{BOT} migrate")
    assert "problem" not in (await reader.runs(f"{BOT} doctor")).out
    assert '"ok": true' in (await reader.runs(f"{BOT} doctor --json")).out


async def let_an_api_ask(reader: Reader) -> str:
    """Return the secret by which it asks."""
    added = (await reader.runs(SHOP)).out
    [server, secret] = re.findall(r"tp[rs]_\w+", added)
    assert "Shop API" in (await reader.runs(f"{BOT} resource-server list")).out
    reader.machine.environment |= {"RESOURCE_SERVER_ID": server, "RESOURCE_SERVER_SECRET": secret}
    return str(secret)


async def ask(reader: Reader) -> None:
    """What docs/protect-your-api.md and docs/operate.md do with curl, and the answers that they promise."""
    answers = {
        "http://127.0.0.1:8481/oauth/check": "403",
        'http://127.0.0.1:8481/oauth/check -H "X-Resource-Server-Secret: $RESOURCE_SERVER_SECRET"': "401",
        "https://api.example.com/": "401",
        'https://api.example.com/ -H "Authorization: Bearer tpt_wrong"': "401",
        'https://api.example.com/ -H "Authorization: Bearer $TOKEN"': "200",
        'https://api.example.com/ -H "Authorization: Bearer $TOKEN" -H "X-Third-Party-Id: somebody-else"': "200",
    }
    for asked, status in answers.items():
        assert f"HTTP/1.1 {status}" in (await reader.runs(f"curl -i {asked}")).out, asked
    introspect = 'curl -u "$RESOURCE_SERVER_ID:$RESOURCE_SERVER_SECRET" -d token="$TOKEN"'
    asked = f"{introspect} http://127.0.0.1:8481/oauth/introspect"
    assert '"active":true' in (await reader.runs(asked)).out.replace(" ", "")
    assert "ok" in (await reader.runs("curl http://127.0.0.1:8481/healthz")).out
    assert "failing" not in (await reader.runs("curl http://127.0.0.1:8481/readyz")).out


async def search(reader: Reader, token: str) -> None:
    """A look at the files of a folder finds a token that lies about."""
    (reader.machine.folder / "notes.txt").write_text(f"Their token is {token}.\n")
    [line] = [line for line in reader.left if line.startswith("grep")]
    assert f"notes.txt:1:{token}" in (await reader.runs(line)).out


async def end_a_token(reader: Reader, stage: Stage, token: str) -> None:
    """Whoever has it ends it, and it stays out of the line that is typed."""
    line = "curl -d @- https://thirdparty.example.com/oauth/revoke"
    assert (await reader.runs(line, given=f"token={token}")).out == ""
    assert await stage.verdict(token) is Verdict.REVOKED


async def end_another(reader: Reader, stage: Stage) -> None:
    """On the bot's machine."""
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    assert "Acme Corp" in (await reader.runs(f"{BOT} identify", given=token)).out
    await reader.runs(f"{BOT} identify --revoke", given=token)
    assert await stage.verdict(token) is Verdict.REVOKED


async def prove(reader: Reader, stage: Stage) -> None:
    """The trail is as it was written, it ends with a line that can be looked for, and it can be written out."""
    verified = (await reader.runs(f"{BOT} audit verify")).out
    assert "from the first to the last, are as they were written" in verified
    [line] = [line for line in reader.left if "audit verify --head" in line]
    reader.machine.places |= {line.split()[-1]: verified.split()[-1]}
    assert "is the one that was posted" in (await reader.runs(line)).out
    ((anna,),) = stage.rows("SELECT user_id FROM people WHERE id = (SELECT owner FROM third_parties)")
    reader.machine.places |= {"U0ANNA": str(anna), "2026-03": f"{stage.clock.now():%Y-%m}", "-31": "-28"}
    assert "token.issued" in (await reader.runs(f"{BOT} audit export")).out
    for line in [line for line in reader.left if "audit export" in line]:
        assert '"workspace"' in (await reader.runs(line)).out or "--since" in line, line


async def forget(reader: Reader, stage: Stage) -> None:
    """What is kept about somebody is written out, into a file too; who is nobody here any more is forgotten."""
    async with stage.bot.ports.write(stage.bot.workspace) as uow:
        await uow.people.id_of(SlackUser("U0LEFT", stage.bot.workspace))
        await uow.commit()
    export = f"{BOT} person export U0ANNA"
    assert "Acme Corp" in (await reader.runs(export)).out
    assert "holds what is kept" in (await reader.runs(f"{export} --output anna.json")).out
    assert "Erased U0LEFT." in (await reader.runs(f"{BOT} person erase U0LEFT", " --yes")).out


async def rotate(reader: Reader, stage: Stage) -> None:
    """A new key, beside the bot, and the end of the old one."""
    (old,) = (key["id"] for key in json.loads(stage.settings.keyring_file.read_text())["keys"])
    assert "seals" in (await reader.runs(f"{BOT} keys list")).out
    assert "seals from now on" in (await reader.runs(f"{BOT} keys rotate")).out
    reader.machine.places |= {"k3yk3yk3": old}
    assert "opens nothing any more" in (await reader.runs(f"{BOT} keys retire k3yk3yk3")).out


def test_a_line_that_nobody_runs_would_be_found() -> None:
    assert "curl -i http://127.0.0.1:8481/oauth/check" in documented()
