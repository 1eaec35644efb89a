"""Buttons and windows that were overtaken: they do nothing, and say what is true now."""

from access.model.token import Verdict
from sandbox import Seen
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in


async def test_approve_after_another_proposal_took_its_place(stage: Stage) -> None:
    request = await stage.proposed("@carla")
    await stage.propose("@erik")
    first, second = stage.ben.reads(CHANNEL)
    assert "Nothing to decide any more, something newer took its place" in first.reading
    assert first.buttons == []
    assert "You are not the contact of Acme Corp" in stage.carla.reads()[-1].reading

    told = await press(stage.ben, request, "Approve", stale=True)
    assert "Something newer has taken the place of this proposal" in told
    assert stage.audit()[-1] == "approve_contact!proposal_decided"
    assert stage.rows("SELECT contact FROM third_parties") == [(None,)]
    await press(stage.ben, second, "Approve")
    assert stage.audit()[-1] == "contact.approved"


async def test_approve_after_the_third_party_was_removed(stage: Stage) -> None:
    request = await stage.proposed()
    await stage.removed()
    assert stage.ben.reads(CHANNEL)[-1].buttons == []
    for label in ("Approve", "Reject", "Show"):
        told = await press(stage.ben, request, label, stale=True)
        assert "There is no such third party; it may have been removed. /thirdparty list" in told
    assert stage.audit()[-5:-2] == [
        "contact.proposal_superseded",
        "third_party.removed",
        "approve_contact!third_party_not_found",
    ]


async def test_a_third_party_removed_while_its_form_is_open(stage: Stage) -> None:
    await stage.registered()
    form = got((await stage.ben.types(f"/thirdparty edit {ACME}")).modal)
    await stage.removed()
    answer = await form.fill(name="Acme Incorporated").submit()
    assert "There is no such third party; it may have been removed. /thirdparty list" in answer.reading
    assert stage.audit()[-2:] == ["third_party.removed", "edit_third_party!third_party_not_found"]
    assert stage.names() == []


async def test_a_form_that_somebody_else_overtook_puts_nothing_back(stage: Stage) -> None:
    await stage.registered()
    annas, bens = [got((await person.types(f"/thirdparty edit {ACME}")).modal) for person in (stage.anna, stage.ben)]
    await bens.set("Notes", "Contract 7").submit()
    answer = await annas.set("Name", "Acme Incorporated").submit()
    assert "Somebody changed it while your form was open, so I kept theirs." in answer.reading
    assert f"Open the form again to see it as it is now: /thirdparty edit {ACME}." in answer.reading
    assert stage.audit()[-2:] == ["third_party.edited", "edit_third_party!changed_meanwhile"]
    assert stage.rows("SELECT name, notes FROM third_parties") == [("Acme Corp", "Contract 7")]


async def test_a_form_that_slack_sends_twice_is_saved_once(stage: Stage) -> None:
    await stage.registered()
    form = got((await stage.anna.types(f"/thirdparty edit {ACME}")).modal)
    await form.set("Notes", "Contract 7").submit()
    again = await stage.slack.redeliver("view_submission")
    assert "Acme Corp is saved." in again.reading
    assert stage.refusals() == []
    assert stage.audit().count("third_party.edited") == 1


async def test_a_third_party_removed_while_its_reveal_is_about_to_happen(stage: Stage) -> None:
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    await stage.removed()
    answer = await explanation.submit()
    assert "at the moment that isn't you" in answer.reading
    assert "tps_" not in answer.reading
    assert "This offer was withdrawn" in stage.carla.reads()[-1].reading
    assert stage.carla.reads()[-1].buttons == []
    assert stage.audit()[-1] == "collect_handoff!not_the_contact"


async def test_the_button_of_an_older_card(stage: Stage) -> None:
    await stage.approved()
    older = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
    await stage.ben.types(f"/thirdparty enable {ACME}")
    told = await press(stage.anna, older, "Enable")
    assert "It is enabled already, so there is nothing to do" in told
    assert stage.audit()[-2:] == ["third_party.enabled", "enable_third_party!already_enabled"]


async def test_issue_from_an_older_card_names_what_to_do_instead(stage: Stage) -> None:
    await stage.approved()
    older = got((await stage.anna.types(f"/thirdparty enable {ACME}")).ephemeral)
    await stage.ben.types(f"/thirdparty issue {ACME}")
    told = await press(stage.anna, older, "Issue a token")
    assert f"/thirdparty resend {ACME} puts a new one in its place" in told
    assert f"/thirdparty revoke {ACME} stops it" in told
    assert stage.audit()[-1] == "issue_token!token_exists"


async def test_undo_twice_is_done_once(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    disabled: Seen = got((await stage.anna.types(f"/thirdparty disable {ACME}")).ephemeral)
    await stage.ben.types(f"/thirdparty enable {ACME}")
    assert "It is enabled already" in await press(stage.anna, disabled, "Undo")
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_revoke_now_after_somebody_else_did(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    annas, bens = [
        got((await person.types(f"/thirdparty revoke {ACME}")).ephemeral) for person in (stage.anna, stage.ben)
    ]
    await press(stage.anna, annas, "Revoke now")
    assert "This token is revoked already" in await press(stage.ben, bens, "Revoke now")
    assert await stage.verdict(token) is Verdict.REVOKED
    assert stage.audit()[-2:] == ["token.revoked", "revoke_token!token_ended"]


async def test_revoke_of_an_older_card_after_somebody_else_did(stage: Stage) -> None:
    await stage.collected()
    older = got((await stage.ben.types(f"/thirdparty show {ACME}")).ephemeral)
    question = got((await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral)
    await press(stage.anna, question, "Revoke now")
    assert "This token is revoked already" in await press(stage.ben, older, "Revoke")
    assert stage.audit()[-2:] == ["token.revoked", "revoke_token!token_ended"]
