"""`test`, `find` and *Test my access*: what each kind of caller reads once checks have been made."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.people import Role
from access.model.token import Verdict
from access.operations import disable_third_party, enable_third_party
from access.ports import Ports
from handlers import ids
from handlers.replies import Outcome
from tests.access.world import TEAM
from tests.attacks.town import edit_fields, edit_form
from tests.checking import add_resource_server, call, write_down
from tests.handlers.desktop import Desktop, plain
from tests.handlers.office import handoff_of
from tests.handlers.story import NAME

DAY = timedelta(days=1)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desktop]:
    """Where the API asks about tokens."""
    async with Desktop.set_up(tmp_path) as desktop:
        await add_resource_server(TEAM, desktop.world.ports)
        yield desktop


async def calls(office: Desktop) -> Verdict:
    """Carla's program calls the API; what that shows is written down."""
    ports: Ports = office.world.ports
    verdict = await call(TEAM, office.story.world.vault.sealed[office.story.token][1], ports)
    await write_down(ports)
    return verdict


@pytest.fixture
async def secret_known(office: Desktop, tmp_path: Path) -> Desktop:
    """The world that was copied has forgotten what it sealed, so Carla gets another token, and her program that one."""
    await office.types("UANNA", f'revoke "{NAME}"')
    await office.press("UANNA", ids.REVOKE_NOW, place="ephemeral")
    await office.types("UANNA", f'issue "{NAME}"')
    line = (await office.card(NAME)).tokens[0]
    office.story.token, office.story.fingerprint = line.token.id, line.token.fingerprint
    await office.submits("UCARLA", ids.HANDOFF_FORM, handoff_of(line).id)
    await office.story.post()
    return office


async def test_the_checklist_says_what_checks_have_shown(secret_known: Desktop) -> None:
    office = secret_known
    before = await office.types("UANNA", f'test "{NAME}"')
    assert "no resource server has asked me about a token yet" in before
    assert await calls(office) is Verdict.ACCEPTED
    assert "✓  *Used:* yes · last then, at API" in plain(await office.types("UANNA", f'test "{NAME}"'))
    assert "· last used then, at API" in plain(await office.types("UANNA", f'show "{NAME}"'))
    await office.story.act(
        disable_third_party, "DisableThirdParty", "UANNA", third_party=office.story.party, reason="A secret reason."
    )
    office.world.clock.advance(DAY)
    assert await calls(office) is Verdict.DISABLED
    told = plain(await office.types("UANNA", f'test "{NAME}"'))
    assert "✗  then, at API: the access was switched off." in told
    await office.story.act(enable_third_party, "EnableThirdParty", "UANNA", third_party=office.story.party)
    office.world.clock.advance(DAY)
    assert await calls(office) is Verdict.ACCEPTED
    assert "Refused lately" not in await office.types("UANNA", f'test "{NAME}"')


async def test_the_contact_tests_their_own_access(secret_known: Desktop) -> None:
    office = secret_known
    await calls(office)
    held = await office.press("UCARLA", ids.HOLDINGS, "")
    assert "Test my access" in held
    mine = await office.press("UCARLA", ids.TEST_MINE, office.story.party)
    assert office.last.how == "open"
    assert "a call with your token is accepted" in mine
    assert "*Used:* yes · last then" in mine
    assert "API" not in mine
    await office.story.act(
        disable_third_party, "DisableThirdParty", "UANNA", third_party=office.story.party, reason="A secret reason."
    )
    office.world.clock.advance(DAY)
    await calls(office)
    mine = await office.press("UCARLA", ids.TEST_MINE, office.story.party, "modal")
    assert office.last.how == "update"
    assert "✗  then: the access was switched off." in mine
    assert "A secret reason" not in mine
    office.replies.opening = Outcome.REFUSED
    assert "a call is refused at the moment" in await office.press("UCARLA", ids.TEST_MINE, office.story.party)


@pytest.mark.parametrize("user", ["UANNA", "UMIA", "UERIK", "UOMAR"])
async def test_nobody_elses_is_tested_by_that_button(office: Desktop, user: str) -> None:
    before = office.world.count_records()
    told = await office.press(user, ids.TEST_MINE, office.story.party)
    assert "token" not in told
    assert office.story.fingerprint not in told
    assert office.world.count_records() == before + 1


async def test_somebody_who_is_not_the_contact_any_more_is_shown_nothing(office: Desktop) -> None:
    await office.story.approve("UERIK")
    mine = {user: await office.press(user, ids.TEST_MINE, office.story.party) for user in ("UCARLA", "UERIK")}
    assert [user for user, told in mine.items() if office.story.fingerprint in told] == []
    assert "you have opened none" in mine["UERIK"]


# --- find -------------------------------------------------------------------------------------------------------------


async def found(office: Desktop, user: str, text: str | None = None) -> str:
    return plain(await office.types(user, f"find {office.story.fingerprint if text is None else text}"))


async def test_whose_token_it_is(office: Desktop) -> None:
    office.world.town.settle("UAUDI", Role.AUDITOR)
    fingerprint = office.story.fingerprint
    for user in ("UANNA", "UBEN", "UAUDI"):
        told = await found(office, user)
        assert f"A token of *Acme &amp; Sons*:\n`{fingerprint}` · ✓ Active" in told
    spelt = (fingerprint.upper(), f"{fingerprint[:4]} {fingerprint[4:]}…", f"`{fingerprint}`", f'"{fingerprint}"')
    for typed in spelt:
        assert "A token of *Acme" in await found(office, "UANNA", typed)
    assert "I know no token with the fingerprint `00000000`" in await found(office, "UANNA", "00000000")


async def test_one_that_has_ended_is_found_too(office: Desktop) -> None:
    await office.press("UANNA", ids.REVOKE_NOW, place="ephemeral")
    assert "✗ revoked" in await found(office, "UANNA")
    await office.press("UANNA", ids.REMOVE_NOW, office.story.party, "ephemeral")
    assert "A token of *Acme &amp; Sons*, removed then:" in await found(office, "UANNA")


async def test_several_that_share_it(office: Desktop) -> None:
    await office.types("UANNA", f'renew "{NAME}"')
    with closing(sqlite3.connect(office.world.file)) as connection, connection:
        connection.execute("UPDATE tokens SET fingerprint = '1a2b3c4d'")
    told = await found(office, "UANNA", "1a2b3c4d")
    assert "2 tokens have the fingerprint `1a2b3c4d`, by chance:" in told
    assert told.count("A token of *Acme") == 2


@pytest.mark.parametrize("typed", ["", "Acme", "1a2b3c4", "1a2b3c4d5", "1a2b3c4g", "<@UCARLA|carla>"])
async def test_what_is_no_fingerprint_is_answered_with_what_is(office: Desktop, typed: str) -> None:
    told = await found(office, "UANNA", typed)
    assert "`/thirdparty find 1a2b3c4d`" in told or "is no fingerprint" in told


async def test_an_owner_finds_their_own_and_others_look_unknown_with_a_record(office: Desktop) -> None:
    await office.types("UANNA", 'add "Omars Own"')
    form = await edit_form(office, "Omars Own")
    await office.submits("UANNA", ids.EDIT_FORM, form, **edit_fields("Omars Own", owner="UOMAR"))
    before = office.world.count_records()
    hidden = await found(office, "UOMAR")
    assert office.world.count_records() == before + 1
    unknown = await found(office, "UOMAR", "00000000")
    assert hidden.replace(office.story.fingerprint, "…") == unknown.replace("00000000", "…")
    with closing(sqlite3.connect(office.world.file)) as connection:
        last = connection.execute("SELECT action, outcome, third_party FROM audit ORDER BY number DESC").fetchone()
    assert last == ("find_token", "not_permitted", office.story.party)
    form = await edit_form(office, NAME)
    await office.submits("UANNA", ids.EDIT_FORM, form, **edit_fields(NAME, owner="UOMAR"))
    assert "A token of *Acme" in await found(office, "UOMAR")


@pytest.mark.parametrize("user", ["UMIA", "UCARLA"])
@pytest.mark.parametrize("typed", [None, "00000000", "Acme", ""])
async def test_nobody_else_finds_any(office: Desktop, user: str, typed: str | None) -> None:
    told = await found(office, user, typed)
    assert "Please ask <@UANNA>" in told
    assert office.story.fingerprint not in told


async def test_a_token_that_is_pasted_behind_it_is_not_repeated(secret_known: Desktop) -> None:
    office = secret_known
    secret = office.world.vault.sealed[office.story.token][1].reveal()
    told = await found(office, "UANNA", secret)
    assert secret not in told
    assert "I have kept nothing of it" in told
    assert f"It belongs to the token `{office.story.fingerprint}`" in told


async def test_it_is_suggested_and_explained(office: Desktop) -> None:
    assert "`/thirdparty find`" in await office.types("UANNA", "fnd")
    assert "`/thirdparty find FINGERPRINT` says whose token that is" in await office.types("UANNA", "help")
    assert "never the token itself" in await office.types("UANNA", "help find")
