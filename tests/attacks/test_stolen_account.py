"""Somebody who has taken over the contact's Slack account. Nobody can tell them from the contact; it can be noticed."""

from access.model.messages import MessageKind
from access.model.token import Verdict
from handlers import ids
from tests.access.world import TEAM
from tests.attacks.town import OFFERED, Attacked
from tests.checking import check
from tests.handlers.office import Office, handoff_of


async def test_the_owner_is_told_whenever_credentials_are_opened(town: Attacked) -> None:
    await town.office.submits("UCARLA", ids.HANDOFF_FORM, town.ids["handoff"])
    told = town.rows(f"SELECT count(*) FROM outbox WHERE kind = '{MessageKind.HANDOFF_COLLECTED}' AND sent_at IS NULL")
    assert told == [(1,)]


async def test_whatever_the_thief_presses_that_was_not_me_suspends_the_token_at_once(town: Attacked) -> None:
    """Also after *It works*, by which they would keep the contact from noticing."""
    office, world = town.office, town.office.world
    await office.submits("UCARLA", ids.HANDOFF_FORM, town.ids["handoff"])
    await office.presses("UCARLA", ids.WORKS, town.ids["handoff"], "direct")
    token = (await office.card(OFFERED)).tokens[0].token
    stolen = world.vault.sealed[token.id][1]
    assert await check(TEAM, stolen, world.ports) is Verdict.ACCEPTED
    await office.submits("UCARLA", ids.DISPUTE_FORM, town.ids["handoff"])
    assert await check(TEAM, stolen, world.ports) is Verdict.SUSPENDED
    alarmed = town.rows(f"SELECT reader IS NULL FROM outbox WHERE kind = '{MessageKind.DISPUTE}' ORDER BY 1")
    assert alarmed == [(0,), (1,)]


async def test_the_thief_cannot_undo_that_nor_get_another_token(town: Attacked) -> None:
    office = town.office
    await office.submits("UCARLA", ids.HANDOFF_FORM, town.ids["handoff"])
    await office.submits("UCARLA", ids.DISPUTE_FORM, town.ids["handoff"])
    token = (await office.card(OFFERED)).tokens[0].token.id
    before = town.state()
    for action in (ids.LIFT, ids.REPLACE, ids.REVOKE_NOW, ids.RESEND):
        await office.presses("UCARLA", action, token, "direct")
    for action in (ids.NOT_SEEN, ids.WORKS, ids.OPEN_HANDOFF, ids.DECLINE):
        await office.presses("UCARLA", action, town.ids["handoff"], "direct")
    assert town.state() == before


async def test_who_says_again_and_again_that_they_saw_nothing_is_told_of_to_the_owner(office: Office) -> None:
    handoff = await office.offered()
    for _ in range(3):
        await office.submits("UCARLA", ids.HANDOFF_FORM, handoff)
        await office.presses("UCARLA", ids.NOT_SEEN, handoff, "direct")
        handoff = handoff_of((await office.card()).tokens[0]).id
    states = [line.token.state(office.world.clock.now()) for line in (await office.card()).tokens]
    assert states == ["pending", "revoked", "revoked", "revoked"]
    assert MessageKind.HANDOFF_NOT_SEEN in await office.world.deliver()
