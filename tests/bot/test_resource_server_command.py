"""`thirdparty-bot resource-server`, as somebody types it."""

import asyncio
import io
import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, mint
from access.model.errors import DirectoryUnavailable
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from bot.directory import Nobody
from bot.sandbox_command import sandbox_settings
from sandbox import Sandbox
from storage.run_lock import RunLock
from tests.bot.at_work import TEAM, add, settings_in
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.manifest import our_manifest

SET = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/api/"}


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where a bot was at work in one workspace."""
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    add(tmp_path, "Warehouse")
    return tmp_path


class Terminal(io.StringIO):
    """Somebody at a terminal, who types that."""

    def isatty(self) -> bool:
        return True


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(query).fetchall()


def test_add_shows_the_secret_once_on_standard_output_alone(typed: Typed, folder: Path) -> None:
    done = typed("resource-server", "add", "Shop API")
    assert (done.code, done.err) == (0, "")
    [secret] = re.findall(r"tps_\w+", done.out)
    [name] = re.findall(r"tpr_\w+", done.out)
    assert f"Shop API may ask about the tokens of the workspace {TEAM}" in done.out
    assert "shown this once" in done.out
    kept = rows(folder, "SELECT id, name, secret_digest, workspace FROM resource_servers WHERE name = 'Shop API'")
    assert kept == [(name, "Shop API", digest(Secret(secret)), TEAM)]
    again = typed("resource-server", "list").out + typed("resource-server", "remove", "Shop API", "--yes").out
    assert secret not in again


def test_list_shows_what_there_is_in_columns_and_as_json(typed: Typed, folder: Path) -> None:
    other = add(folder, "日本の店 API").server
    asked = "UPDATE resource_servers SET first_asked_at = 1, last_asked_at = 1772442000000000 WHERE name = 'Warehouse'"
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        connection.execute(asked)
        connection.commit()
    heading, first, second = typed("resource-server", "list").out.splitlines()
    assert heading.split() == ["NAME", "ID", "ADDED", "LAST", "ASKED"]
    assert re.fullmatch(r"Warehouse     tpr_\w+  \d{4}-\d\d-\d\d \d\d:\d\d UTC  2026-03-02 09:00 UTC", first)
    assert second.startswith(f"日本の店 API  {other.id}  ")
    assert second.endswith("  never")
    listed = json.loads(typed("resource-server", "list", "--json").out)
    assert [(each["name"], each["last_asked_at"]) for each in listed] == [
        ("Warehouse", "2026-03-02T09:00:00+00:00"),
        ("日本の店 API", None),
    ]
    assert listed[1] == {
        "name": other.name,
        "id": other.id,
        "added_at": other.added_at.isoformat(),
        "last_asked_at": None,
    }


def test_list_says_what_to_do_where_there_is_none(typed: Typed, folder: Path) -> None:
    typed("resource-server", "remove", "Warehouse", "--yes")
    assert "`thirdparty-bot resource-server add NAME`" in typed("resource-server", "list").out


def test_a_name_does_nothing_to_the_terminal(typed: Typed, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:  # no name can be given such a character
        connection.execute("UPDATE resource_servers SET name = 'x' || char(27) || '[31m'")
        connection.commit()
    assert "\x1b" not in typed("resource-server", "list").out


@pytest.mark.parametrize(("answer", "left"), [("y\n", []), ("n\n", ["Warehouse"]), ("\n", ["Warehouse"])])
def test_remove_asks_and_says_what_will_happen(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, left: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    done = typed("resource-server", "remove", "warehouse")
    assert (done.code, done.err) == (0, "")
    assert "Its next check is then refused, so whatever it protects lets nobody in" in done.out
    assert ("Nothing was changed." in done.out) == bool(left)
    assert [name for (name,) in rows(folder, "SELECT name FROM resource_servers WHERE removed_at IS NULL")] == left


def test_where_nobody_can_be_asked_nothing_is_removed(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    refused = typed("resource-server", "remove", "Warehouse")
    assert refused.code == 2
    assert "add --yes" in refused.err
    assert rows(folder, "SELECT removed_at FROM resource_servers") == [(None,)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "WAREHOUSE "), "There is a resource server of this name already"),
        (("add", " "), "There is no name yet."),
        (("add", "x" * 81), "That name is too long."),
        (("add", "a\u200bb"), "That name holds a character that can't be seen."),
        (("remove", "Shop", "--yes"), "There is no resource server of that name."),
        (("remove", "Shop"), "There is no resource server of that name."),
    ],
)
def test_a_refusal_is_one_line(typed: Typed, folder: Path, words: tuple[str, ...], said: str) -> None:
    refused = typed("resource-server", *words)
    assert (refused.code, refused.out) == (1, "")
    [line] = refused.err.splitlines()
    assert line.startswith(f"thirdparty-bot: {said}")


@pytest.mark.parametrize("prefix", [TOKEN_PREFIX, CLIENT_SECRET_PREFIX])
@pytest.mark.parametrize("command", ["add", "remove"])
def test_a_secret_in_the_place_of_a_name_is_neither_kept_nor_repeated(
    typed: Typed, folder: Path, prefix: str, command: str
) -> None:
    secret = mint(prefix, bytes(32)).reveal()
    refused = typed("resource-server", command, secret)
    assert (refused.code, refused.out) == (2, "")
    assert "your shell's history" in refused.err
    assert secret[4:] not in refused.err
    assert secret.encode() not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_in_a_fresh_database_slack_says_once_which_workspace_it_is(typed: Typed, tmp_path: Path) -> None:
    async def in_sandbox() -> str:
        async with await Sandbox.start(manifest=our_manifest()) as slack:
            given = sandbox_settings(slack, tmp_path)
            environment = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url}
            done = await asyncio.to_thread(
                typed,
                "resource-server",
                "add",
                "Shop API",
                **environment,
                SLACK_APP_TOKEN=slack.app_token,
                THIRDPARTY_KEYRING_FILE=str(given.keyring_file),
            )
            assert (done.code, done.err) == (0, "")
            return slack.team_id

    team = asyncio.run(in_sandbox())
    assert rows(tmp_path, "SELECT workspace, name FROM resource_servers") == [(team, "Shop API")]
    done = typed("resource-server", "list", **SET, THIRDPARTY_KEYRING_FILE="keyring.json")
    assert "Shop API" in done.out, "Slack cannot be reached, and need not be"


def test_without_slack_a_fresh_database_says_what_is_missing(typed: Typed, tmp_path: Path) -> None:
    typed("init")
    unset = typed("resource-server", "add", "Shop API")
    assert (unset.code, unset.out) == (2, "")
    assert "SLACK_BOT_TOKEN: it is missing" in unset.err
    unreached = typed("resource-server", "add", "Shop API", **SET)
    assert (unreached.code, unreached.out) == (1, "")
    assert "Slack did not accept the bot" in unreached.err
    assert rows(tmp_path, "SELECT * FROM resource_servers") == []


def test_of_several_workspaces_slack_says_which(typed: Typed, folder: Path) -> None:
    add(folder, "Shop API", WorkspaceId("T0THERE"))
    refused = typed("resource-server", "list", **SET)
    assert (refused.code, refused.out) == (1, "")
    assert "Slack did not accept the bot" in refused.err


def test_a_database_of_an_older_version_stays_as_it_is_while_a_bot_runs_on_it(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.commit()
    with RunLock(settings_in(folder).database_url):
        refused = typed("resource-server", "list")
    assert (refused.code, refused.out) == (1, "")
    assert "a bot is running on this database already; stop it first" in refused.err
    assert rows(folder, "SELECT version_num FROM alembic_version") == [("0003",)]


async def test_nobody_is_asked_who_somebody_is() -> None:
    nobody = Nobody()
    for asking in (nobody.look_up("U1"), nobody.look_anew("U1"), nobody.admins()):
        with pytest.raises(DirectoryUnavailable):
            await asking
