"""Who may be a contact, and how one is approved: by another admin, and as they are at that moment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from access.model.token import Verdict
from sandbox import Sandbox
from sandbox.faults import Error
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in, set_stage

UNSUITABLE = [
    ("@ben", "an admin never sees credentials. Please choose somebody else"),
    ("@hookbot", "An app can't be a contact. Please choose a person"),
    ("@dora", "account is deactivated. Please choose somebody else"),
    ("@sven", "I can't write to that person. Please invite them"),
]


async def test_an_unsuitable_contact_is_refused_when_typed(stage: Stage) -> None:
    await stage.registered()
    for handle, reason in UNSUITABLE:
        assert reason in (await stage.anna.types(f"/thirdparty contact {ACME} {handle}")).reading
    await stage.settled()
    assert stage.audit() == ["third_party.registered", *["propose_contact!contact_unsuitable"] * len(UNSUITABLE)]
    assert stage.rows("SELECT * FROM contact_proposals") == []
    assert stage.ben.reads() == stage.ben.reads(CHANNEL) == stage.sven.reads() == []


async def test_an_unsuitable_contact_is_refused_in_the_form(stage: Stage) -> None:
    await stage.registered()
    form = got((await stage.anna.types(f"/thirdparty contact {ACME}")).modal)
    for handle, reason in UNSUITABLE:
        await form.set("Contact", handle).submit()
        assert reason in form.errors["Contact"]
    assert stage.rows("SELECT * FROM contact_proposals") == []
    answer = await form.set("Contact", "@carla").submit()
    assert "@Carla Ruiz is proposed as the contact" in answer.reading
    assert stage.refusals() == ["propose_contact!contact_unsuitable"] * len(UNSUITABLE)


BECAME: list[tuple[str, Callable[[Sandbox], None], str]] = [
    ("mia", lambda slack: slack.changes.make_admin("mia"), "an admin never sees credentials"),
    ("mia", lambda slack: slack.changes.deactivate("mia"), "account is deactivated"),
    ("erik", lambda slack: slack.changes.make_stranger("erik"), "I can't write to that person"),
]


@pytest.mark.parametrize(("handle", "change", "reason"), BECAME, ids=["admin", "deactivated", "stranger"])
async def test_who_became_unsuitable_is_refused_at_approval(
    stage: Stage, handle: str, change: Callable[[Sandbox], None], reason: str
) -> None:
    request = await stage.proposed(f"@{handle}")
    change(stage.slack)
    await stage.later(seconds=61)
    assert reason in await press(stage.ben, request, "Approve")
    assert stage.audit()[-1] == "approve_contact!contact_unsuitable"
    assert stage.rows("SELECT contact FROM third_parties") == [(None,)]
    answer = await stage.ben.types(f"/thirdparty contact {ACME} @carla")
    assert "@Carla Ruiz is proposed as the contact" in answer.reading


@pytest.mark.parametrize(("handle", "change", "reason"), BECAME, ids=["admin", "deactivated", "stranger"])
async def test_who_became_unsuitable_is_offered_nothing(
    stage: Stage, handle: str, change: Callable[[Sandbox], None], reason: str
) -> None:
    await stage.approved(f"@{handle}")
    await stage.anna.types(f"/thirdparty enable {ACME}")
    change(stage.slack)
    await stage.later(seconds=61)
    assert reason in (await stage.anna.types(f"/thirdparty issue {ACME}")).reading
    assert stage.audit()[-1] == "issue_token!contact_unsuitable"
    assert stage.rows("SELECT * FROM tokens") == []


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("conversations.open", "user_not_visible"),
        ("chat.postMessage", "restricted_action"),
    ],
)
async def test_a_contact_whom_slack_keeps_from_us_is_not_even_asked_about(stage: Stage, method: str, code: str) -> None:
    await stage.registered()
    stage.slack.faults.next(method, Error(code))
    await stage.anna.types(f"/thirdparty contact {ACME} @erik")
    await stage.settled()
    told = await stage.anna.waits_for("I couldn't reach @Erik Lund")
    assert "Please invite them" in told.reading
    assert told.buttons == ["Propose somebody else"]
    assert stage.ben.reads(CHANNEL) == []
    assert stage.audit()[-2:] == ["contact.proposed", "contact.unreachable"]
    card = (await stage.ben.types(f"/thirdparty show {ACME}")).reading
    assert "my introduction to the proposed contact, because" in card
    assert "Next step: propose the contact" in card

    form = got((await told.press("Propose somebody else")).modal)
    await form.set("Contact", "@erik").submit()
    await stage.settled()
    assert "has proposed you" in (await stage.erik.waits_for("Hello!")).reading
    assert "Approve" in stage.ben.reads(CHANNEL)[-1].buttons


async def test_an_introduction_that_hangs_is_seen_and_its_proposal_can_be_taken_back(stage: Stage) -> None:
    await stage.registered()
    stage.slack.faults.always("chat.postMessage", Error("messages_tab_disabled"))
    await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    await stage.settled()
    again = (await stage.anna.types(f"/thirdparty contact {ACME} @carla")).reading
    assert "my introduction hasn't reached them yet" in again
    assert "Another admin can approve them now" not in again
    assert "Delayed" not in (await stage.anna.types(f"/thirdparty show {ACME}")).reading
    for _ in range(3):
        await stage.later(minutes=15)
    card = got((await stage.ben.types(f"/thirdparty show {ACME}")).ephemeral)
    assert "my introduction to the proposed contact, because my messages tab is switched off" in card.reading
    assert "I keep trying" in card.reading
    await got((await card.press("Take it back")).modal).submit()
    await stage.later(minutes=15)
    assert "Delayed" not in (await stage.ben.types(f"/thirdparty show {ACME}")).reading
    assert stage.audit()[-2:] == ["contact.rejected", "message.dropped"]
    assert stage.carla.reads() == []


async def test_a_contact_of_another_organisation_lives_the_whole_story(either: Stage) -> None:
    stage = either
    _, token = secrets_in(await stage.collected("@erik"))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    (*_, message) = stage.erik.reads()
    await message.press("It works")
    await stage.settled()
    assert "Thank you!" in (await stage.erik.waits_for("You told me that they work")).reading
    assert stage.audit()[-2:] == ["handoff.collected", "handoff.confirmed"]


async def test_where_slack_opens_them_no_window_nothing_is_lost(stage: Stage) -> None:
    stage.slack.external_modals = False
    offer = await stage.issued("@erik")
    for _ in range(3):
        told = await press(stage.erik, offer, "Show credentials")
        assert "Slack doesn't let you open my window" in told
        assert "Nothing is lost" in told
    await stage.settled()
    (news,) = [seen.reading for seen in stage.anna.reads() if "Slack doesn't let people" in seen.reading]
    assert "@Erik Lund tried to open the credentials of Acme Corp" in news
    assert "Invite them to this workspace as a guest" in news
    assert stage.audit()[-2:] == ["handoff.offered", "preview_handoff!modal_refused"]

    stage.slack.external_modals = True
    _, token = secrets_in(await stage.reveal(offer))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_it_takes_two(stage: Stage) -> None:
    await stage.proposed()
    (request,) = stage.anna.reads(CHANNEL)
    assert "it takes two. Please ask another admin" in await press(stage.anna, request, "Approve")
    assert stage.refusals() == ["approve_contact!self_approval"]
    assert stage.rows("SELECT contact FROM third_parties") == [(None,)]
    await stage.ben.reads(CHANNEL)[-1].press("Approve")
    assert stage.audit()[-1] == "contact.approved"


async def test_one_admin_alone_may_where_the_setting_allows_it(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=lambda _: {"self_approval": True}) as stage:
        await stage.proposed()
        await press(stage.anna, stage.anna.reads(CHANNEL)[-1], "Approve")
        await stage.settled()
        assert "Approved by @Anna Berg" in stage.anna.reads(CHANNEL)[-1].reading
        assert "You are the contact of Acme Corp" in stage.carla.reads()[-1].reading
        assert stage.audit()[-1] == "contact.approved"


async def test_a_rejection_tells_the_proposer_why_and_the_contact_that_it_is_over(stage: Stage) -> None:
    request = await stage.proposed()
    form = got((await request.press("Reject")).modal)
    await form.set("Reason", "Carla has left *that* project").submit()
    await stage.settled()
    told = await stage.anna.waits_for("Rejected by @Ben Ito")
    assert "Carla has left" in told.reading
    assert told.buttons == ["Propose somebody else"]
    assert "Rejected by @Ben Ito" in stage.ben.reads(CHANNEL)[-1].reading
    introduction = stage.carla.reads()[-1].reading
    assert "You are not the contact of Acme Corp" in introduction
    assert "project" not in introduction
    assert stage.audit()[-1] == "contact.rejected"
