import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from bot import cli
from bot.errors import CommandError
from bot.keyring import load_keyring
from bot.settings import Settings, env_template
from storage.errors import AlreadyRunning
from tests.bot.typing import Done, Typed
from tests.house import ROOT

KEYRING = "thirdparty-keyring.json"


def in_a_process(*words: str, folder: Path) -> Done:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def replace_run(monkeypatch: pytest.MonkeyPatch, module: str, run: Callable[..., Awaitable[None]]) -> None:
    monkeypatch.setattr(f"{module}.run", run)


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_init_makes_a_keyring_and_an_env_file_for_the_owner_alone(tmp_path: Path) -> None:
    done = in_a_process("-m", "bot", "init", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "What to do next" in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", KEYRING]
    assert modes(tmp_path) == {0o600}
    assert (tmp_path / ".env").read_text() == env_template()
    assert load_keyring(tmp_path / KEYRING).first.id in done.out


def test_init_leaves_alone_what_is_there(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("THIRDPARTY_KEYRING_FILE=mine.json\n")
    assert typed("init").code == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = typed("init")
    assert again.code == 0
    assert "mine.json is there already" in again.out
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {".env", "mine.json"}


def test_init_refuses_a_keyring_that_others_can_read(typed: Typed, tmp_path: Path) -> None:
    typed("init")
    (tmp_path / KEYRING).chmod(0o644)
    refused = typed("init")
    assert refused.code == 2
    assert refused.err == (
        f"thirdparty-bot: The keyring {KEYRING} is open to others than its owner: chmod 600 {KEYRING}\n"
    )


def test_migrate_makes_the_database_for_the_owner_alone(typed: Typed, tmp_path: Path) -> None:
    typed("init")
    for _ in range(2):
        done = typed("migrate")
        assert (done.code, done.err) == (0, "")
        assert f"{tmp_path}/thirdparty.db is as this version wants it." in done.out
    assert (tmp_path / "thirdparty.db").stat().st_size > 0
    assert modes(tmp_path) == {0o600}


def test_migrate_says_where_it_cannot_write(typed: Typed) -> None:
    typed("init")
    refused = typed("migrate", THIRDPARTY_DATABASE_URL="sqlite:///nowhere/thirdparty.db")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.endswith("nowhere/thirdparty.db: No such file or directory.\n")


@pytest.mark.parametrize("command", ["migrate", "run"])
def test_a_file_that_is_no_database_is_one_line(typed: Typed, tmp_path: Path, command: str) -> None:
    typed("init")
    (tmp_path / "thirdparty.db").write_text("Shopping list: " + "bread, " * 1_000)
    refused = typed(command, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        "thirdparty-bot: the database file is no SQLite database; name another one in THIRDPARTY_DATABASE_URL\n"
    )
    assert (tmp_path / "thirdparty.db").read_text().startswith("Shopping list")


@pytest.mark.parametrize(
    ("command", "environment", "line"),
    [
        ("migrate", {}, f"There is no keyring {KEYRING}: make one with `thirdparty-bot init`"),
        ("run", {"THIRDPARTY_ADMIN": "U1"}, "THIRDPARTY_ADMIN: there is no such setting; did you mean"),
        ("run", {"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN: it is missing"),
    ],
)
def test_what_is_set_wrongly_is_one_line(typed: Typed, command: str, environment: dict[str, str], line: str) -> None:
    refused = typed(command, **environment)
    assert (refused.code, refused.out) == (2, "")
    [only] = refused.err.splitlines()
    assert only.startswith(f"thirdparty-bot: {line}")


def test_the_doctor_goes_on_without_slack_and_tells_programs_by_exit_code_and_json(typed: Typed) -> None:
    typed("init")
    alone = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    examined = typed("doctor", "--json", **alone)
    assert (examined.code, examined.err) == (1, "")
    report = json.loads(examined.out)
    assert report["ok"] is False
    states = {each["name"]: each["state"] for each in report["checks"]}
    assert (states["keyring"], states["bot token"], states["admins"]) == ("ok", "problem", "not looked at")
    unset = typed("doctor")
    assert (unset.code, unset.err) == (2, "")
    assert "SLACK_BOT_TOKEN: it is missing." in unset.out


def test_help_lists_the_commands(typed: Typed) -> None:
    shown = typed("--help")
    assert shown.code == 0
    assert all(f"  {command} " in shown.out for command in ("run", "sandbox", "init", "doctor", "migrate"))


def test_version(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", {"thirdparty-bot": "1.2.3"}.__getitem__)
    assert typed("--version") == Done(0, "thirdparty-bot 1.2.3\n", "")


def test_run_hands_the_settings_over(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Settings] = []

    async def run(settings: Settings) -> None:
        given.append(settings)

    replace_run(monkeypatch, "bot.app", run)
    assert typed("run", SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1").code == 0
    assert [settings.slack_bot_token.reveal() for settings in given] == ["xoxb-1"]


def test_sandbox_needs_nothing(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    async def run(**options: Any) -> None:
        given.append(options)

    replace_run(monkeypatch, "bot.sandbox_command", run)
    assert typed("sandbox").code == 0
    assert typed("sandbox", "--port", "8400", "--data", "here").code == 0
    assert typed("sandbox", "--no-open").code == 0
    assert given == [
        {"port": 0, "data": None, "shows": True},
        {"port": 8400, "data": Path("here"), "shows": True},
        {"port": 0, "data": None, "shows": False},
    ]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CommandError("Slack is\nnot there."), "Slack is not there."),
        (AlreadyRunning(), "a bot is running on this database already; stop it first"),
        (PermissionError(13, "Permission denied", "x.db"), "x.db: Permission denied."),
    ],
)
def test_an_expected_failure_is_one_line(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    async def run(**_: Any) -> None:
        raise error

    replace_run(monkeypatch, "bot.sandbox_command", run)
    assert typed("sandbox") == Done(1, "", f"thirdparty-bot: {line}\n")


def test_a_crash_anywhere_shows_nothing_of_the_memory(tmp_path: Path) -> None:
    """In the middle of a reveal, in a thread, in a task that nobody awaits, and where Python ignores it.

    A secret is in the message, in local variables and in what crashes. Rich would show local variables, and Python in
    its development mode says more than usual. Nobody gets a core dump, be it a file or piped to a program.
    """
    (tmp_path / "crash.py").write_text(
        "import asyncio, ctypes, os, resource, threading\n"
        "import rich.traceback\n"
        "from bot import cli\n"
        "\n"
        "class Shown:\n"
        "    secret = 'tpt_0123456789abc'\n"
        "    def __repr__(self): return self.secret\n"
        "    def __del__(self): raise ValueError(self.secret)\n"
        "\n"
        "def reveal(*_, **__):\n"
        "    secret = shown = Shown.secret\n"
        "    raise ValueError(f'cannot show {shown}')\n"
        "\n"
        "async def work(**_):\n"
        "    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE\n"
        "    print(oct(os.umask(0o77)), resource.getrlimit(resource.RLIMIT_CORE), dumpable)\n"
        "    secret = Shown.secret\n"
        "    thread = threading.Thread(target=reveal, args=(secret,), name=secret)\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "    Shown()\n"
        "    await asyncio.wait([asyncio.create_task(asyncio.to_thread(reveal, secret), name=secret)])\n"
        "    reveal(secret)\n"
        "\n"
        "rich.traceback.install(show_locals=True)\n"
        "cli.sandbox_command.run = work\n"
        "cli.main()\n"
    )
    crashed = in_a_process("-X", "dev", "crash.py", "sandbox", folder=tmp_path)
    assert (crashed.code, crashed.out) == (1, "0o77 (0, 0) 0\n")
    said = {re.sub(r".*Z \[\w+ *\] ", "", line).partition(" [")[0] for line in crashed.err.splitlines()}
    assert {"thread_crashed", "exception_ignored", "Task exception was never retrieved", "crashed"} <= said, crashed.err
    assert "error=builtins.ValueError frames=['bot/cli/__init__.py:" in crashed.err
    assert "tpt_" not in crashed.out + crashed.err


def given_to(group: TyperGroup, name: str = "") -> Iterator[str]:
    """All that can be given to the commands of a group."""
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from given_to(command, f"{word} ")
        yield from (f"{name}{word} {option}" for each in command.params for option in each.opts)


def test_no_secret_can_be_typed_on_a_command_line() -> None:
    """It would be seen in the list of processes and kept in the shell's history."""
    group = typer.main.get_command(cli._commands)
    assert isinstance(group, TyperGroup)
    assert set(given_to(group)) == {
        "audit export --actor",
        "audit export --since",
        "audit export --third-party",
        "audit export --until",
        "audit verify --head",
        "audit verify --since-head",
        "backup --unverified",
        "backup file",
        "copy-database --unverified",
        "copy-database source",
        "copy-database target",
        "doctor --json",
        "export --format",
        "export file",
        "identify --revoke",
        "import --dry-run",
        "import --template",
        "import --yes",
        "import file",
        "keys list --json",
        "keys retire --to-stdout",
        "keys retire key_id",
        "keys rotate --to-stdout",
        "person erase --yes",
        "person erase user",
        "person export --output",
        "person export user",
        "resource-server add name",
        "resource-server list --json",
        "resource-server remove --yes",
        "resource-server remove name",
        "restore --from-server",
        "restore --replace",
        "restore --unverified",
        "restore file",
        "sandbox --data",
        "sandbox --no-open",
        "sandbox --port",
    }
