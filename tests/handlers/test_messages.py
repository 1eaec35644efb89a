"""Queued messages over a real database: what each reader is sent as a third party's life goes on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.ids import ThirdPartyId
from access.model.messages import MessageKind as Kind
from access.model.messages import PlannedMessage
from access.model.policy import Policy
from access.model.rendered import Rendered
from access.model.third_party import details_hash
from access.operations import (
    confirm_handoff,
    decline_handoff,
    disable_third_party,
    dispute_handoff,
    edit_third_party,
    enable_third_party,
    lift_suspension,
    reject_contact,
    remove_third_party,
    replace_token,
    report_not_seen,
    resend_token,
    revoke_token,
)
from access.operations.deliver_messages import note_undeliverable
from access.operations.sweep_handoffs import sweep_handoffs
from handlers.mrkdwn import code, command, escape
from tests.access.world import TEAM
from tests.handlers.story import NAME, Story, telling


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with telling(tmp_path) as told:
        yield told


def labels(rendered: Rendered | None) -> list[str]:
    blocks = rendered.blocks if rendered else []
    elements = [element for block in blocks for element in (*block.get("elements", ()), block.get("accessory", {}))]
    return [element["text"]["text"] for element in elements if element.get("type") == "button"]


def words(rendered: Rendered | None) -> str:
    assert rendered is not None
    return rendered.text


async def test_a_proposed_contact_is_introduced_and_the_admins_are_asked(story: Story) -> None:
    await story.propose()
    sent = await story.post()
    assert set(sent) == {(Kind.INTRODUCTION, "UCARLA"), (Kind.APPROVAL_REQUEST, "admins")}
    introduction = words(sent[Kind.INTRODUCTION, "UCARLA"])
    assert all(part in introduction for part in ("<@UANNA>", escape(NAME), "Home &amp; Co", "never ask"))
    assert all(part in words(sent[Kind.APPROVAL_REQUEST, "admins"]) for part in ("<@UANNA>", "<@UCARLA>", escape(NAME)))
    assert labels(sent[Kind.APPROVAL_REQUEST, "admins"]) == ["Approve", "Reject", "Show"]


async def test_an_approval_shows_who_gave_it_to_everybody(story: Story) -> None:
    await story.approve()
    sent = await story.post()
    assert "You are the contact" in words(sent[Kind.INTRODUCTION, "UCARLA"])
    assert "Approved by <@UBEN>" in words(sent[Kind.APPROVAL_REQUEST, "admins"])
    assert labels(sent[Kind.APPROVAL_REQUEST, "admins"]) == []
    decided = sent[Kind.PROPOSAL_DECIDED, "UANNA"]
    assert command("enable", NAME) in words(decided)
    assert labels(decided) == ["Enable", "Show"]


async def test_a_rejection_gives_its_reason_to_the_admins_but_not_to_the_person(story: Story) -> None:
    proposal = await story.propose()
    await story.post()
    await story.act(reject_contact, "RejectContact", "UBEN", proposal=proposal, reason="Left *Acme*\nin May")
    sent = await story.post()
    for place in ((Kind.PROPOSAL_DECIDED, "UANNA"), (Kind.APPROVAL_REQUEST, "admins")):
        assert "Rejected by <@UBEN>" in words(sent[place])
        assert "> in May" in words(sent[place])
    assert "in May" not in words(sent[Kind.INTRODUCTION, "UCARLA"])
    assert "not the contact" in words(sent[Kind.INTRODUCTION, "UCARLA"])


async def test_a_contact_who_cannot_be_reached_is_told_to_the_proposer_with_what_to_do(story: Story) -> None:
    await story.propose()
    (introduction,) = await story.claim()
    await note_undeliverable(introduction, "user_disabled", story.world.ports)
    sent = await story.post()
    assert set(sent) == {(Kind.PROPOSAL_DECIDED, "UANNA")}
    assert "couldn't reach <@UCARLA>" in words(sent[Kind.PROPOSAL_DECIDED, "UANNA"])


async def test_an_introduction_that_is_not_needed_any_more_is_not_sent(story: Story) -> None:
    await story.propose("UCARLA")
    await story.propose("UERIK")
    sent = await story.post()
    assert sent[Kind.INTRODUCTION, "UCARLA"] is None
    assert sent[Kind.INTRODUCTION, "UERIK"] is not None


@pytest.mark.parametrize(("self_approval", "first"), [(False, "Take it back"), (True, "Approve")])
async def test_the_proposers_own_request_offers_approval_only_where_one_admin_is_enough(
    tmp_path: Path, self_approval: bool, first: str
) -> None:
    async with telling(tmp_path, Policy(self_approval=self_approval)) as story:
        proposal = await story.propose()
        await story.post()
        to_proposer = await story.render(Kind.APPROVAL_REQUEST, proposal, reader="UANNA")
        assert labels(to_proposer)[0] == first
        assert labels(await story.render(Kind.APPROVAL_REQUEST, proposal, reader="UBEN"))[0] == "Approve"


HOLDER = ["Ask for a new token", "Test my access", "What I hold"]


async def test_the_offer_lives_through_the_whole_handoff(story: Story) -> None:
    await story.offer()
    offer = (await story.post())[Kind.HANDOFF, "UCARLA"]
    assert labels(offer) == ["Show credentials", "I'm not the right person", "Add a public key"]
    assert all(part in words(offer) for part in ("<@UANNA>", "Home &amp; Co", "never ask for a secret"))

    await story.collect()
    sent = await story.post()
    assert labels(sent[Kind.HANDOFF, "UCARLA"]) == ["It works", "I didn't see it", "That wasn't me", *HOLDER]
    assert story.fingerprint in words(sent[Kind.HANDOFF, "UCARLA"])
    assert "haven't said yet" in words(sent[Kind.HANDOFF_COLLECTED, "UANNA"])

    await story.press(confirm_handoff, "ConfirmHandoff")
    sent = await story.post()
    assert labels(sent[Kind.HANDOFF, "UCARLA"]) == ["That wasn't me", *HOLDER]
    assert "it works" in words(sent[Kind.HANDOFF_COLLECTED, "UANNA"])

    await story.press(dispute_handoff, "DisputeHandoff")
    sent = await story.post()
    assert labels(sent[Kind.HANDOFF, "UCARLA"]) == []
    assert "suspended" in words(sent[Kind.HANDOFF, "UCARLA"])
    assert "suspended" in words(sent[Kind.HANDOFF_COLLECTED, "UANNA"])
    assert labels(sent[Kind.DISPUTE, "admins"]) == ["Revoke and replace", "It was a mistake", "Show"]
    assert labels(sent[Kind.DISPUTE, "UANNA"]) == ["Show"]


async def test_a_suspension_that_was_a_mistake_is_told_where_the_alarm_was(story: Story) -> None:
    await story.offer()
    await story.collect()
    await story.press(dispute_handoff, "DisputeHandoff")
    await story.post()
    await story.act(lift_suspension, "LiftSuspension", "UBEN", token=story.token)
    sent = await story.post()
    assert "it was a mistake" in words(sent[Kind.DISPUTE, "admins"])
    assert labels(sent[Kind.DISPUTE, "admins"]) == ["Show"]
    assert "the token works" in words(sent[Kind.HANDOFF, "UCARLA"])


async def test_a_suspended_token_that_is_replaced_ends_for_everybody(story: Story) -> None:
    await story.offer()
    await story.collect()
    await story.press(dispute_handoff, "DisputeHandoff")
    await story.post()
    first = story.fingerprint
    await story.note((await story.act(replace_token, "ReplaceToken", "UBEN", token=story.token)).issued)
    sent = await story.post()
    assert "nothing left to decide" in words(sent[Kind.DISPUTE, "admins"])
    ended = words(sent[Kind.TOKEN_ENDED, "UCARLA"])
    assert code(first) in ended
    assert "<@UBEN> revoked" in ended
    new_offer = await story.render(Kind.HANDOFF, story.token)
    assert labels(new_offer) == ["Show credentials", "I'm not the right person", "Add a public key"]


async def test_an_offer_is_brought_to_mind_once_and_lapses(story: Story) -> None:
    await story.offer()
    await story.post()
    story.world.clock.advance(timedelta(hours=49))
    await sweep_handoffs(TEAM, story.world.ports)
    nudge = (await story.post())[Kind.HANDOFF_NUDGE, "UCARLA"]
    assert "still wait for you" in words(nudge)
    assert labels(nudge)[0] == "Show credentials"

    story.world.clock.advance(timedelta(hours=24))
    await sweep_handoffs(TEAM, story.world.ports)
    sent = await story.post()
    for kind in (Kind.HANDOFF, Kind.HANDOFF_NUDGE):
        assert "has lapsed" in words(sent[kind, "UCARLA"])
        assert labels(sent[kind, "UCARLA"]) == []
    assert labels(sent[Kind.HANDOFF_LAPSED, "UANNA"]) == ["Offer new ones", "Show"]

    lapsed = story.token
    await story.note(await story.act(resend_token, "ResendToken", "UANNA", third_party=story.party))
    assert "has been offered since" in words(await story.render(Kind.HANDOFF_LAPSED, lapsed, "UANNA"))


async def test_a_contact_who_declines_is_thanked_and_the_owner_told(story: Story) -> None:
    await story.offer()
    await story.post()
    await story.press(decline_handoff, "DeclineHandoff")
    sent = await story.post()
    assert "no longer the contact" in words(sent[Kind.HANDOFF, "UCARLA"])
    assert command("contact", NAME, "@user") in words(sent[Kind.HANDOFF_DECLINED, "UANNA"])


async def test_the_owner_learns_that_slack_refuses_the_window_unless_it_was_opened_since(story: Story) -> None:
    await story.offer()
    told = words(await story.render(Kind.MODAL_REFUSED, story.token, "UANNA"))
    assert "<@UCARLA>" in told
    assert "guest" in told
    await story.collect()
    assert await story.render(Kind.MODAL_REFUSED, story.token, "UANNA") is None


async def test_the_owner_is_told_when_credentials_are_missed_twice(story: Story) -> None:
    await story.offer()
    for _ in range(2):
        await story.collect()
        await story.post()
        await story.note(await story.press(report_not_seen, "ReportNotSeen"))
    sent = await story.post()
    assert "2 times in a row" in words(sent[Kind.HANDOFF_NOT_SEEN, "UANNA"])
    assert labels(await story.render(Kind.HANDOFF, story.token)) == [
        "Show credentials",
        "I'm not the right person",
        "Add a public key",
    ]


async def test_a_former_contacts_tokens_are_asked_about_until_none_works(story: Story) -> None:
    await story.offer()
    await story.collect()
    await story.approve("UERIK")
    sent = await story.post()
    for reader in ("admins", "UANNA"):
        question = sent[Kind.FORMER_CONTACT_TOKENS, reader]
        assert code(story.fingerprint) in words(question)
        assert "<@UCARLA>" in words(question)
        assert labels(question) == ["Revoke and replace", "Show"]
    await story.act(revoke_token, "RevokeToken", "UBEN", token=story.token)
    sent = await story.post()
    assert "nothing to do" in words(sent[Kind.FORMER_CONTACT_TOKENS, "admins"])
    assert "<@UBEN> revoked" in words(sent[Kind.TOKEN_ENDED, "UCARLA"])
    assert command("issue", NAME) in words(sent[Kind.TOKEN_ENDED, "UANNA"])


async def test_an_alarm_by_a_former_contact_asks_for_a_decision_and_changes_nothing(story: Story) -> None:
    await story.offer()
    await story.collect()
    await story.approve("UERIK")
    await story.post()
    await story.press(dispute_handoff, "DisputeHandoff")
    sent = await story.post()
    for reader in ("admins", "UANNA"):
        assert "still works" in words(sent[Kind.DISPUTE, reader])
        assert labels(sent[Kind.DISPUTE, reader]) == ["Revoke and replace", "Show"]


async def test_the_owner_reads_who_moved_the_switch_and_why(story: Story) -> None:
    await story.act(enable_third_party, "EnableThirdParty", "UBEN", third_party=story.party)
    sent = await story.post()
    assert "<@UBEN> enabled" in words(sent[Kind.SWITCHED, "UANNA"])
    story.world.clock.advance(timedelta(minutes=1))
    await story.act(disable_third_party, "DisableThirdParty", "UBEN", third_party=story.party, reason="Audit & tidying")
    sent = await story.post()
    assert "<@UBEN> disabled" in words(sent[Kind.SWITCHED, "UANNA"])
    assert "> Audit &amp; tidying" in words(sent[Kind.SWITCHED, "UANNA"])


async def test_a_move_of_the_switch_that_was_undone_before_it_was_told_is_not_told(story: Story) -> None:
    await story.act(enable_third_party, "EnableThirdParty", "UBEN", third_party=story.party)
    story.world.clock.advance(timedelta(minutes=1))
    await story.act(disable_third_party, "DisableThirdParty", "UBEN", third_party=story.party)
    written = [await story.renderer.render(TEAM, queued.message) for queued in await story.claim()]
    assert len(written) == 2
    (told,) = [rendered for rendered in written if rendered is not None]
    assert "<@UBEN> disabled" in words(told)


async def test_a_new_owner_learns_what_that_means_unless_it_changed_again(story: Story) -> None:
    about = {"third_party": story.party, "name": NAME, "callback_url": None, "deputy_owner": None, "notes": ""}
    async with story.world.ports.read(TEAM) as reading:
        party = await reading.third_parties.get(story.party)
    for owner in ("UMIA", "UOMAR"):
        seen = details_hash(party)
        party = await story.act(edit_third_party, "EditThirdParty", "UANNA", owner=owner, seen=seen, **about)
        story.world.clock.advance(timedelta(minutes=1))
    sent = await story.post()
    assert sent[Kind.OWNER_ASSIGNED, "UMIA"] is None
    assert "<@UANNA> made you the owner" in words(sent[Kind.OWNER_ASSIGNED, "UOMAR"])


async def test_a_removal_is_told_to_the_owner_and_whoever_has_the_credentials(story: Story) -> None:
    await story.offer()
    await story.collect()
    await story.post()
    await story.act(remove_third_party, "RemoveThirdParty", "UBEN", third_party=story.party)
    sent = await story.post()
    assert "<@UBEN> removed" in words(sent[Kind.REMOVED, "UANNA"])
    assert "no access" in words(sent[Kind.TOKEN_ENDED, "UCARLA"])
    assert labels(sent[Kind.HANDOFF, "UCARLA"]) == []


async def test_what_cannot_be_delivered_is_told_with_what_helps(story: Story) -> None:
    await story.offer()
    for queued in await story.claim():
        if queued.message.kind is Kind.HANDOFF:
            await note_undeliverable(queued, "user_disabled", story.world.ports)
    sent = await story.post()
    told = words(sent[Kind.UNDELIVERABLE, "UANNA"])
    assert all(part in told for part in (escape(NAME), "the offer of the credentials", "deactivated"))


async def test_a_message_about_a_third_party_that_never_was_is_moot(story: Story) -> None:
    message = PlannedMessage(Kind.HANDOFF, None, ThirdPartyId("nowhere"), "token")
    assert await story.renderer.render(TEAM, message) is None
