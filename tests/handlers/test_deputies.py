"""A deputy contact in Slack: what admins press, and what everybody reads as they come, take over or are lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.contact import ContactProposal
from access.model.people import Role
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.renew_token import RenewToken, renew_token
from handlers import ids
from tests.access.place import Place, lived_in
from tests.handlers.office import Office, chosen, ticked
from tests.handlers.test_leavers import sent
from tests.handlers.test_messages import labels, words


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as made:
        yield made


async def deputy(office: Office) -> ContactProposal:
    """Erik becomes the deputy of Carla by form and button; return his approval."""
    party = (await office.card()).party.id
    await office.presses("UANNA", ids.PROPOSE_DEPUTY, party)
    fields = {ids.CONTACT_FIELD: chosen("UERIK"), ids.DEPUTY_FIELD: ticked(True)}
    answer = await office.submits("UANNA", ids.CONTACT_FORM, party, **fields)
    assert "<@UERIK> is proposed as the deputy contact." in str(answer)
    await office.world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None
    await office.presses("UBEN", ids.APPROVE, proposal.id)
    assert "The deputy contact is approved." in office.last.text
    return proposal


async def test_a_deputy_is_approved_shown_and_removed_by_buttons(office: Office) -> None:
    await office.offered()
    approval = await deputy(office)
    shown = await office.types("UBEN", "show Acme Corp")
    assert "*Deputy contact:* <@UERIK>, approved by <@UBEN>" in shown
    assert "receives no credentials until the contact has gone" in shown
    trail = await office.types("UBEN", "audit Acme Corp")
    assert "proposed a deputy contact" in trail
    assert "approved the deputy contact" in trail
    await office.presses("UBEN", ids.REMOVE_DEPUTY, approval.id)
    assert "There is no deputy contact any more." in office.last.text
    await office.presses("UBEN", ids.REMOVE_DEPUTY, approval.id)
    assert "That person is not the deputy contact any more." in office.last.text
    assert "removed the deputy contact" in await office.types("UBEN", "audit Acme Corp")


async def test_a_deputy_is_made_the_contact_by_a_button_where_there_is_none(office: Office) -> None:
    handoff = await office.offered()
    approval = await deputy(office)
    await office.presses("UBEN", ids.PROMOTE_DEPUTY, approval.id)
    assert "a deputy takes over only when they have gone" in office.last.text
    await office.presses("UCARLA", ids.DECLINE, handoff, "direct")
    assert "make <@UERIK> the contact" in await office.types("UBEN", "show Acme Corp")
    assert "no contact, but a deputy who can take over" in await office.types("UBEN", "list")
    await office.presses("UBEN", ids.PROMOTE_DEPUTY, approval.id)
    assert "The deputy contact is the contact now." in office.last.text
    assert "made the deputy contact the contact" in await office.types("UBEN", "audit Acme Corp")


async def test_everybody_concerned_reads_who_may_become_the_contact_and_who_is(place: Place) -> None:
    party, _ = await place.opened()
    anna, ben = place.world.caller("UANNA"), place.world.caller("UBEN")
    await place.look()
    asked = ProposeContact(caller=anna, third_party=party, user_id="UERIK", deputy=True)
    proposal = await propose_contact(asked, place.world.ports)
    introduced = (await sent(place, "introduction"))["UERIK"]
    assert "proposed you as the deputy contact of *Acme*" in words(introduced)
    assert "Until then you receive no credentials" in words(introduced)
    asks = (await sent(place, "approval_request"))["admins"]
    assert "<@UERIK> as the deputy contact of *Acme*, who would take the contact's place" in words(asks)
    assert labels(asks)[:2] == ["Approve", "Reject"]
    await approve_contact(ApproveContact(caller=ben, proposal=proposal.id), place.world.ports)
    decided = (await sent(place, "proposal_decided"))["UANNA"]
    assert "<@UERIK> is the deputy contact of *Acme*" in words(decided)

    await renew_token(RenewToken(caller=anna, third_party=party), place.world.ports)
    await place.world.deliver()
    place.town.alter("UCARLA", is_deactivated=True)
    await place.tomorrow()
    gone = (await sent(place, "contact_gone"))["UMIA"]
    assert "*Acme*: the contact is <@UERIK> now" in words(gone)
    assert labels(gone) == ["Show", "Revoke and replace"]


async def test_who_takes_over_is_told_and_so_are_owner_and_admins_with_what_is_next(place: Place) -> None:
    party, _ = await place.opened()
    await place.contact(party, "UERIK", deputy=True)
    await place.look()
    await renew_token(RenewToken(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.tomorrow()
    told = await sent(place, "deputy_took_over")
    for reader in ("admins", "UMIA"):
        assert "The contact of *Acme* has gone, so their deputy <@UERIK> took over" in words(told[reader])
        assert "had not opened is withdrawn" in words(told[reader])
        assert "`/thirdparty renew Acme`" in words(told[reader])


async def test_the_deputy_reads_that_they_are_the_contact_now(place: Place) -> None:
    party, _ = await place.opened()
    await place.contact(party, "UERIK", deputy=True)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    now = (await sent(place, "contact_now"))["UERIK"]
    assert "You have taken over, and are the contact now" in words(now)
    assert labels(now) == ["What I hold"]


async def test_that_the_deputy_became_an_admin_is_told_to_owner_and_admins(place: Place) -> None:
    party, _ = await place.opened()
    await place.contact(party, "UERIK", deputy=True)
    place.town.alter("UERIK", role=Role.ADMIN)
    await place.look()
    told = await sent(place, "deputy_lost")
    assert set(told) == {"admins", "UMIA"}
    assert "<@UERIK> became an admin" in words(told["UMIA"])
    assert "`/thirdparty contact Acme @user deputy`" in words(told["UMIA"])


async def test_that_the_deputy_is_gone_is_told_with_who_stays(place: Place) -> None:
    party, _ = await place.opened()
    await place.contact(party, "UERIK", deputy=True)
    place.town.alter("UERIK", is_deactivated=True)
    await place.look()
    told = (await sent(place, "contact_gone"))["UMIA"]
    assert "*Acme*: the contact is <@UCARLA> now, and there is no deputy contact" in words(told)
    assert "They opened no credentials" in words(told)
