"""Keys that are lost or wrong: one clear line names each, and what does not need them goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access.model.credentials import contains_secret
from access.model.handoff import JUST_NOW
from access.model.ids import ReasonHash
from access.model.token import Verdict
from bot.chance import SystemRandom
from bot.cli import keys
from bot.cli.rotation import retire
from bot.clock import SystemClock
from bot.keyring import load_keyring, make_keyring
from bot.settings import CommonSettings, read_settings
from bot.vault import ChainSeal
from storage.chain import verify_chain
from tests.scenarios.stage import ACME, Stage, got, secrets_in

Entry = dict[str, Any]


def read(path: Path) -> list[Entry]:
    return list(json.loads(path.read_text())["keys"])


def write(path: Path, entries: list[Entry]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "keys": entries}))


def another_key(folder: Path) -> Entry:
    make_keyring(folder / "another.json", now=SystemClock().now(), random=SystemRandom())
    return read(folder / "another.json")[0]


def key_lines(stage: Stage) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, stage.log.getvalue().splitlines()) if line["event"] == "key_missing"]


def lost(mine: Entry, another: Entry) -> list[Entry]:
    return [another]


def wrong(mine: Entry, another: Entry) -> list[Entry]:
    return [mine | {"sealing": another["sealing"]}]


@pytest.mark.parametrize(("mishap", "said"), [(lost, "their key {} is missing"), (wrong, "my key {} doesn't fit them")])
async def test_a_key_that_does_not_open_an_offer_is_named_and_resend_mends_it(
    stage: Stage, mishap: Callable[[Entry, Entry], list[Entry]], said: str
) -> None:
    offer = await stage.issued()
    keyring = stage.settings.keyring_file
    (mine,) = read(keyring)
    write(keyring, mishap(mine, another_key(stage.folder)))
    await stage.restart_bot()
    before = stage.rows("SELECT * FROM handoffs"), stage.rows("SELECT * FROM tokens")

    refused = await got((await offer.press("Show credentials")).modal).submit()
    assert said.format(mine["id"]) in refused.reading
    assert "Nothing was shown. Please ask the person who offered them for new ones" in refused.reading
    assert not contains_secret(refused.reading)
    assert (stage.rows("SELECT * FROM handoffs"), stage.rows("SELECT * FROM tokens")) == before
    assert stage.refusals() == ["collect_handoff!credentials_unreadable"]
    (line,) = [line for line in map(json.loads, stage.log.getvalue().splitlines()) if line["level"] == "error"][-1:]
    assert (line["code"], line["key_id"]) == ("credentials_unreadable", mine["id"])

    assert "Acme Corp" in (await stage.anna.types("/thirdparty list")).reading
    stage.slack.clock.advance(JUST_NOW)
    await stage.anna.types(f"/thirdparty resend {ACME}")
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_one_key_of_two_is_lost(stage: Stage) -> None:
    """What the other one sealed is shown all the same, and the start names the lost one, once, and what needs it."""
    keyring = stage.settings.keyring_file
    (old,) = read(keyring)
    await stage.issued()
    records = len(stage.audit())
    new = another_key(stage.folder)
    write(keyring, [new, old])
    await stage.restart_bot()
    assert key_lines(stage) == []
    await stage.anna.types('/thirdparty add "Umbrella"')

    write(keyring, [new])
    await stage.restart_bot()
    (line,) = key_lines(stage)
    assert (line["level"], line["key_id"]) == ("error", old["id"])
    assert f"without it 1 waiting offer(s) cannot be opened and {records} audit record(s)" in line["problem"]
    write(keyring, [old])
    await stage.restart_bot()
    (_, line) = key_lines(stage)
    assert line["key_id"] == new["id"]
    await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert stage.audit()[-1] == "handoff.collected"


async def test_keys_are_rotated_and_retired_while_the_bot_runs(stage: Stage) -> None:
    """Nobody restarts it: it opens what was sealed anew, seals and chains with the new key, and keeps its reasons."""
    offer = await stage.issued()
    await stage.anna.types(f"/thirdparty disable {ACME} audit season")
    await stage.anna.types(f"/thirdparty enable {ACME}")
    (mine,) = read(stage.settings.keyring_file)
    given = {
        "THIRDPARTY_DATABASE_URL": stage.settings.database_url,
        "THIRDPARTY_KEYRING_FILE": str(stage.settings.keyring_file),
    }
    common = read_settings(CommonSettings, given)
    is_new, keyring, resealed = await keys._at_work(common, keys._rotate)
    assert (is_new, resealed.count, dict(resealed.unopened)) == (True, 1, {})

    _, token = secrets_in(await stage.reveal(offer))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    await stage.anna.types(f"/thirdparty disable {ACME} audit season")
    hashes = [str(hashed) for (hashed,) in stage.rows("SELECT hash FROM reasons")]
    async with stage.bot.ports.read(stage.bot.workspace) as reading:
        texts = [await reading.reasons.text(ReasonHash(hashed)) for hashed in hashes]
    assert texts == ["audit season"] * 2, "the words are the same, their hash is another, and each finds them"
    assert await keys._at_work(common, lambda workplace, place: retire(workplace, place, mine["id"]))
    await stage.anna.types(f"/thirdparty enable {ACME}")

    made_with = [
        mac[:8].decode() for (mac,) in stage.rows("SELECT mac FROM audit ORDER BY number") if isinstance(mac, bytes)
    ]
    first_new = made_with.index(keyring.first.id)
    assert {*made_with[:first_new]} == {mine["id"]}
    assert {*made_with[first_new:]} == {keyring.first.id}
    assert (stage.audit()[first_new], stage.audit().count("keys.retired")) == ("keys.rotated", 1)
    seal = ChainSeal(load_keyring(stage.settings.keyring_file))
    verified = await verify_chain(stage.bot.database, stage.bot.workspace, seal)
    assert (verified.count, verified.wrong) == (len(made_with), None)
    assert "keyring_read_anew" in stage.log.getvalue()
    assert key_lines(stage) == []
    await stage.restart_bot()
    assert key_lines(stage) == []
