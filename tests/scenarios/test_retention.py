"""Months go by, and what is finished is forgotten while everybody goes on."""

from pathlib import Path

from access.operations.erase_person import erase_person
from bot.keyring import load_keyring
from bot.vault import ChainSeal
from storage.chain import verify_chain
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, Stage, press, set_stage


async def fits(stage: Stage) -> int:
    """Verify the trail; return up to which record it was pruned."""
    seal = ChainSeal(load_keyring(stage.settings.keyring_file))
    verified = await verify_chain(stage.bot.database, stage.bot.workspace, seal)
    assert verified.wrong is None
    return verified.pruned.number if verified.pruned else 0


async def test_a_bot_forgets_what_is_long_finished_and_goes_on(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=lambda _: {"retention_months": 13}) as stage:
        await stage.collected()
        opened = await stage.carla.waits_for("It works")
        await stage.removed()
        await stage.later(days=300)
        assert await fits(stage) == 0
        assert stage.rows("SELECT count(*) FROM third_parties") == [(1,)]

        await stage.later(days=200)
        await until(lambda: not stage.rows("SELECT 1 FROM audit WHERE action = 'third_party.registered'"), within=30)
        await until(lambda: "audit.pruned" in stage.audit())
        assert await fits(stage) > 0
        for table in ("third_parties", "tokens", "handoffs", "contact_proposals", "outbox WHERE third_party <> ''"):
            assert stage.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
        assert "can't find" in await press(stage.carla, opened, "It works", stale=True)
        await stage.collected()
        assert "Acme Corp" in (await stage.anna.types(f"/thirdparty show {ACME}")).reading
        assert await fits(stage) > 0


async def test_somebody_who_was_erased_is_shown_as_nobody_who_is_known(tmp_path: Path) -> None:
    """Ben approved the contact; the bot runs."""
    async with set_stage(tmp_path) as stage:
        await stage.collected()
        ben = stage.slack.people["ben"].id
        await erase_person(stage.bot.workspace, ben, stage.bot.ports)
        card = (await stage.anna.types(f"/thirdparty show {ACME}")).reading
        assert "someone whose account is not known any more" in card
        trail = (await stage.anna.types(f"/thirdparty audit {ACME}")).reading
        assert "Ben" not in card + trail
        assert await fits(stage) == 0
