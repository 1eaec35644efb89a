"""`thirdparty-bot identify`, as somebody types it, or pipes something into it."""

import asyncio
import fcntl
import io
import os
import pty
import sqlite3
import sys
import termios
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, mint
from access.model.ids import TokenId
from access.model.secret import Secret
from access.model.token import TokenOrigin
from access.operations.add_resource_server import add_resource_server
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.remove_resource_server import remove_resource_server
from bot.cli.workplace import at_work
from bot.clock import SystemClock
from tests.access.test_revoke_presented import Holding
from tests.access.world import TEAM, World
from tests.bot.at_work import settings_in
from tests.bot.typing import Done, Typed
from tests.bot.waiting import until
from tests.house import ROOT

HERE = {"THIRDPARTY_KEYRING_FILE": "keyring"}


@dataclass
class Shop:
    """What turned up: two tokens of Acme with their client secrets, and a resource server's secret."""

    folder: Path
    token: str
    client_secret: str
    fingerprint: str
    pending: str
    resource_server: str
    removed_resource_server: str

    def state(self, fingerprint: str) -> str:
        query = "SELECT coalesce(max(revoked_at), 0) > 0 FROM tokens WHERE fingerprint = ?"
        with closing(sqlite3.connect(self.folder / "thirdparty.db")) as connection:
            (revoked,) = connection.execute(query, (fingerprint,)).fetchone()
        return "revoked" if revoked else "live"

    def told(self) -> set[str]:
        with closing(sqlite3.connect(self.folder / "thirdparty.db")) as connection:
            return {kind for (kind,) in connection.execute("SELECT kind FROM outbox WHERE sent_at IS NULL")}


async def open_shop(folder: Path) -> Shop:
    world = await World.make(folder)
    world.clock.set(SystemClock().now())
    acme = await Holding.begin(world, "Acme Corp")
    client_secret, bearer = acme.secrets(acme.first)
    pending: TokenId = await acme.renew()
    await world.deliver()
    there = await add_resource_server(TEAM, "Shop API", world.ports)
    gone = await add_resource_server(TEAM, "Old API", world.ports)
    await remove_resource_server(TEAM, "Old API", world.ports)
    fingerprint = (await acme.token(acme.first)).fingerprint
    secrets = (each.reveal() for each in (acme.bearer(pending), there.secret, gone.secret))
    await world.close()
    return Shop(folder, bearer.reveal(), client_secret.reveal(), fingerprint, *secrets)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return asyncio.run(open_shop(tmp_path))


Piped = Callable[..., Done]


@pytest.fixture
def piped(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Piped:
    """Pipe something into the command."""

    def run(text: str | bytes, *words: str) -> Done:
        raw = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return typed("identify", *words, **HERE)

    return run


def shows_nothing_of(done: Done, *secrets: str) -> bool:
    return not any(secret[4:] in done.out + done.err for secret in secrets)


def test_a_token_is_named_with_its_fingerprint_and_state_and_not_repeated(shop: Shop, piped: Piped) -> None:
    done = piped(shop.token + "\n")
    assert (done.code, done.err) == (0, "")
    assert "The token of Acme Corp (client ID tpc_" in done.out
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.out.splitlines() if line.startswith("  ")}
    assert (lines["fingerprint"], lines["state"]) == (shop.fingerprint, "active: it is accepted")
    assert all(lines[when].endswith(" UTC") for when in ("issued", "collected", "expires"))
    assert "never, as far as checks tell" in done.out
    assert "do the same with --revoke" in done.out
    assert shows_nothing_of(done, shop.token)
    assert shop.state(shop.fingerprint) == "live"


def test_it_is_found_in_the_middle_of_other_things_and_told_once(shop: Shop, piped: Piped) -> None:
    log = f"GET /orders Authorization: Bearer {shop.token}\nTPS={shop.client_secret}\n".encode() + b"\xff" * 2_000
    done = piped(log)
    assert done.code == 0
    assert done.out.count(shop.fingerprint) == 1
    assert shows_nothing_of(done, shop.token, shop.client_secret)


def test_a_client_secret_leads_to_its_token(shop: Shop, piped: Piped) -> None:
    done = piped(shop.client_secret)
    assert "The client secret that belongs to a token of Acme Corp" in done.out
    assert shop.fingerprint in done.out


def test_a_resource_servers_secret_is_told_from_a_token(shop: Shop, piped: Piped) -> None:
    there, gone = piped(shop.resource_server), piped(shop.removed_resource_server)
    assert "The secret of the resource server Shop API (tpr_" in there.out
    assert "Add another resource server" in there.out
    assert "so nobody can ask with it any more" in gone.out
    refused = piped(shop.resource_server, "--revoke")
    assert (refused.code, "`thirdparty-bot resource-server remove NAME`" in refused.err) == (1, True)


@pytest.mark.parametrize("which", ["token", "client_secret", "pending"])
def test_with_revoke_it_stops_at_once_and_everybody_is_told(shop: Shop, piped: Piped, which: str) -> None:
    secret = getattr(shop, which)
    done = piped(secret, "--revoke")
    assert (done.code, done.err) == (0, "")
    assert "Revoked. The owner, the admins and the contact read of it in Slack" in done.out
    assert shop.told() == {"revoked_at_command_line"}
    again = piped(secret, "--revoke")
    assert (again.code, "Revoked." in again.out) == (0, False)
    assert "state        revoked" in again.out
    assert shows_nothing_of(done, secret)


def test_what_was_sealed_leaves_the_journal_with_a_token_that_waited(shop: Shop, piped: Piped) -> None:
    with closing(sqlite3.connect(shop.folder / "thirdparty.db")) as connection:
        [(sealed,)] = connection.execute("SELECT bearer FROM sealed_credentials").fetchall()
        piped(shop.pending, "--revoke")
        assert not [path for path in shop.folder.iterdir() if sealed in path.read_bytes()]


async def test_a_reader_who_is_in_the_way_keeps_the_journal_full_only_for_as_long(tmp_path: Path) -> None:
    await open_shop(tmp_path)
    journal = tmp_path / "thirdparty.db-wal"
    async with at_work(settings_in(tmp_path, "keyring")) as workplace:
        with closing(sqlite3.connect(tmp_path / "thirdparty.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM tokens").fetchall()
            await add_resource_server(TEAM, "Another API", workplace.ports)
            emptying = asyncio.create_task(workplace.forget_what_was_deleted())
            await asyncio.sleep(0.3)
            assert not emptying.done()
            assert journal.stat().st_size > 0
            reader.execute("COMMIT")
            await emptying
        assert journal.stat().st_size == 0


def test_a_disabled_third_party_is_why_a_token_is_refused(shop: Shop, piped: Piped) -> None:
    async def disable() -> None:
        world = await World.make(shop.folder, seed=7)
        async with world.ports.read(TEAM) as reading:
            [(party, _)] = await reading.third_parties.names()
        await disable_third_party(DisableThirdParty(caller=world.caller("UANNA"), third_party=party), world.ports)
        await world.close()

    asyncio.run(disable())
    assert "refused, because the third party is disabled" in piped(shop.token).out


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (mint(TOKEN_PREFIX, bytes(32)).reveal(), 1, "It is well-formed, but nobody's here."),
        (mint(CLIENT_SECRET_PREFIX, bytes(32)).reveal()[:-1] + "!", 1, "its checksum does not fit"),
        (mint(TOKEN_PREFIX, bytes(32)).reveal()[:30], 1, "it is damaged, cut off or made up"),
        ("xoxb-1234", 1, "It is none of ours. A token begins with tpt_"),
        ("one line\nand another", 1, "It is none of ours. A token begins with tpt_"),
        (" \n", 2, "Nothing was given."),
    ],
)
def test_what_is_nobodys_is_said_in_one_line(shop: Shop, piped: Piped, given: str, code: int, said: str) -> None:
    done = piped(given)
    assert (done.code, done.out) == (code, "")
    [line] = done.err.splitlines()
    assert said in line
    assert given.strip()[4:] not in line or not given.strip()


def make_elsewhere(shop: Shop, origin: TokenOrigin) -> None:
    async def make() -> None:
        world = await World.make(shop.folder, seed=7)
        kept = world.vault.keyed_digest(TEAM, Secret("summer2024"))
        with closing(sqlite3.connect(shop.folder / "thirdparty.db")) as connection, connection:
            connection.execute(
                "UPDATE tokens SET token_digest = ?, digest_key = ?, origin = ?, issued_by = NULL "
                "WHERE fingerprint = ?",
                (kept.digest, kept.key_id, origin, shop.fingerprint),
            )
        await world.close()

    asyncio.run(make())


def test_one_that_was_made_elsewhere_is_found_whole(shop: Shop, piped: Piped) -> None:
    make_elsewhere(shop, TokenOrigin.MIGRATED)
    done = piped("summer2024\n")
    assert (done.code, shop.fingerprint in done.out, "summer2024" in done.out) == (0, True, False)
    assert piped("summer2024 and more").code == 1
    assert "Revoked. The owner" in piped("summer2024\n", "--revoke").out


def test_of_one_that_is_checked_elsewhere_nobody_is_told_that_it_stops(shop: Shop, piped: Piped) -> None:
    make_elsewhere(shop, TokenOrigin.EXTERNAL)
    done = piped("summer2024\n", "--revoke")
    assert (done.code, done.err) == (0, "")
    assert "never accepted here" in done.out
    assert "Noted as revoked. Stop it where it was made, too. The owner" in done.out


def take_terminal() -> None:
    """Be at that terminal, as a shell's programs are."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize(("answer", "state"), [("y", "revoked"), ("n", "live")])
async def test_on_a_terminal_it_is_typed_unseen_and_the_question_is_asked(
    tmp_path: Path, answer: str, state: str
) -> None:
    shop = await open_shop(tmp_path)
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "identify"),
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **HERE},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    shown = b""

    def has_shown(text: bytes) -> bool:
        nonlocal shown
        with suppress(OSError):
            shown += os.read(ours, 10_000)
        return text in shown

    with closing(os.fdopen(ours, "wb", buffering=0)) as terminal:
        await until(lambda: has_shown(b"not shown"), within=30)
        terminal.write(f"{shop.token}\n".encode())
        await until(lambda: has_shown(b"[y/N]"), within=30)
        terminal.write(f"{answer}\n".encode())
        await process.wait()
        has_shown(b"")
    assert process.returncode == 0
    assert shop.token[4:].encode() not in shown
    assert shop.state(shop.fingerprint) == state
