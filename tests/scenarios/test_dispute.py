"""*That wasn't me*: asks first, suspends the token, and leaves the decision to the admins."""

import pytest

from access.model.token import Verdict
from sandbox import Seen
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in


async def disputed(stage: Stage) -> str:
    """Carla has collected and then says that it wasn't her; returns the token."""
    _, token = secrets_in(await stage.collected())
    question = got((await stage.carla.reads()[-1].press("That wasn't me")).modal)
    await question.submit()
    await stage.settled()
    return token


async def alarm(stage: Stage) -> Seen:
    """What the admins read of it."""
    return await stage.ben.waits_for("Possible misuse", place=CHANNEL)


async def test_it_asks_first(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    question = got((await stage.carla.reads()[-1].press("That wasn't me")).modal)
    assert "Did somebody else open the credentials of Acme Corp?" in question.reading
    assert "your own program is refused too" in question.reading
    assert "Last use" in question.reading
    await question.close()
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert stage.audit()[-1] == "handoff.collected"


async def test_it_suspends_and_alerts_admins_and_owner(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    question = got((await stage.carla.reads()[-1].press("That wasn't me")).modal)
    thanks = await question.submit()
    assert "The token is refused from now on" in thanks.reading
    await stage.settled()
    assert await stage.verdict(token) is Verdict.SUSPENDED
    assert stage.audit()[-2:] == ["token.suspended", "handoff.disputed"]
    assert "The token is suspended" in stage.carla.reads()[-1].reading
    assert stage.carla.reads()[-1].buttons == []
    admins, owner = await alarm(stage), await stage.omar.waits_for("Possible misuse")
    for told in (admins, owner):
        assert "@Carla Ruiz says that it wasn't them who opened the credentials of Acme Corp" in told.reading
    assert admins.buttons == ["Revoke and replace", "It was a mistake", "Show"]
    assert owner.buttons == ["Show"]


async def test_revoke_and_replace_ends_it(stage: Stage) -> None:
    token = await disputed(stage)
    await (await alarm(stage)).press("Revoke and replace")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.REVOKED
    assert stage.audit()[-3:] == ["token.revoked", "token.issued", "handoff.offered"]
    assert "nothing left to decide" in (await alarm(stage)).reading
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("offers you the credentials")))
    assert await stage.verdict(new) is Verdict.ACCEPTED


async def test_it_was_a_mistake_ends_it(stage: Stage) -> None:
    token = await disputed(stage)
    request = await alarm(stage)
    assert "ask the contact by another way than Slack" in request.confirmation("It was a mistake")
    await request.press("It was a mistake")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert stage.audit()[-1] == "token.suspension_lifted"
    assert "Decided: it was a mistake, and the token works again" in (await alarm(stage)).reading
    assert "An admin looked into it, and the token works" in stage.carla.reads()[-1].reading


@pytest.mark.parametrize("late", ["It was a mistake", "Revoke and replace"])
async def test_it_is_decided_once(stage: Stage, late: str) -> None:
    token = await disputed(stage)
    request = await alarm(stage)
    await request.press("Revoke and replace")
    await stage.settled()
    assert "This token is revoked already" in await press(stage.ben, request, late, stale=True)
    assert await stage.verdict(token) is Verdict.REVOKED
    assert stage.audit()[-1].endswith(("!token_not_suspended", "!token_ended"))
    assert stage.audit().count("token.issued") == 2


async def test_the_owner_decides_nothing_about_a_suspended_token(stage: Stage) -> None:
    token = await disputed(stage)
    await stage.owned_by("omar")
    card = got((await stage.omar.types(f"/thirdparty show {ACME}")).ephemeral)
    assert card.buttons == []
    assert "An admin can do that" in card.reading
    assert "Please ask @Anna Berg, @Ben Ito" in (await stage.omar.types(f"/thirdparty revoke {ACME}")).reading
    assert stage.refusals() == ["revoke_token!not_permitted"]
    assert await stage.verdict(token) is Verdict.SUSPENDED


async def test_nobody_else_gets_it_suspended(stage: Stage) -> None:
    """Slack shows Carla's message to nobody else, so all that is left is her own press, repeated."""
    await disputed(stage)
    await stage.slack.redeliver("view_submission")
    assert stage.audit()[-2:] == ["handoff.disputed", "dispute_handoff!already_disputed"]
    assert len([seen for seen in stage.ben.reads(CHANNEL) if "Possible misuse" in seen.reading]) == 1


async def test_a_suspended_token_is_not_replaced_by_the_contact(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    message = stage.carla.reads()[-1]
    await got((await message.press("That wasn't me")).modal).submit()
    told = await press(stage.carla, message, "I didn't see it", stale=True)
    assert "the admins know" in told
    assert stage.audit()[-1] == "report_not_seen!already_disputed"
    assert await stage.verdict(token) is Verdict.SUSPENDED
    answer = await stage.anna.types(f"/thirdparty issue {ACME}")
    assert f"An admin decides about it: /thirdparty show {ACME}" in answer.reading


# --- the contact changes ----------------------------------------------------------------------------------------------


async def replaced_by_erik(stage: Stage) -> None:
    await (await stage.propose("@erik")).press("Approve")
    await stage.settled()


async def test_from_a_former_contact_it_only_alerts(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    message = stage.carla.reads()[-1]
    await replaced_by_erik(stage)
    question = got((await message.press("That wasn't me", stale=True)).modal)
    thanks = await question.submit()
    assert "They will look into it" in thanks.reading
    await stage.settled()
    assert stage.audit()[-1] == "handoff.disputed"
    assert "token.suspended" not in stage.audit()
    assert await stage.verdict(token) is Verdict.ACCEPTED
    request = await alarm(stage)
    assert "They were not the contact any more, so I changed nothing: the token still works" in request.reading
    assert request.buttons == ["Revoke and replace", "Show"]


async def test_a_suspension_that_was_lifted_stays_one_after_the_contact_has_changed(stage: Stage) -> None:
    token = await disputed(stage)
    await (await alarm(stage)).press("It was a mistake")
    await replaced_by_erik(stage)
    request = await alarm(stage)
    assert "Decided: it was a mistake, and the token works again" in request.reading
    assert request.buttons == ["Show"]
    assert "An admin looked into it, and the token works" in stage.carla.reads()[-1].reading
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_what_a_former_contact_opened_and_is_suspended_only_an_admin_replaces(stage: Stage) -> None:
    token = await disputed(stage)
    await stage.owned_by("omar")
    await replaced_by_erik(stage)
    for person, place, buttons in (
        (stage.ben, CHANNEL, ["Revoke and replace", "Show"]),
        (stage.omar, "bot", ["Show"]),
    ):
        question = await person.waits_for("A token that the former one opened is suspended", place=place)
        assert "works" not in question.reading
        assert question.buttons == buttons
    assert await stage.verdict(token) is Verdict.SUSPENDED


async def test_after_an_approval_the_next_step_is_not_a_token_where_there_is_one(stage: Stage) -> None:
    await stage.collected()
    await replaced_by_erik(stage)
    told = await stage.anna.waits_for("@Erik Lund is the contact of Acme Corp")
    assert "There is a token already" in told.reading
    assert told.buttons == ["Show"]
    card = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
    assert "decide about the token that @Carla Ruiz opened" in card.reading
    assert card.buttons[:2] == ["Revoke", "Revoke and replace"]


async def test_a_new_contact_ends_the_offer_to_the_former_one(stage: Stage) -> None:
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    await replaced_by_erik(stage)
    assert stage.audit()[-3:] == ["contact.approved", "handoff.withdrawn", "token.revoked"]
    assert stage.rows("SELECT * FROM sealed_credentials") == []
    assert "This offer was withdrawn" in stage.carla.reads()[-1].reading
    assert "at the moment that isn't you" in (await explanation.submit()).reading
    assert "at the moment that isn't you" in await press(stage.carla, offer, "Show credentials", stale=True)
    assert stage.refusals() == ["collect_handoff!not_the_contact", "preview_handoff!not_the_contact"]
    assert not [seen for seen in stage.ben.reads(CHANNEL) if "former one" in seen.reading]
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.erik.waits_for("Show credentials")))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_a_new_contact_raises_the_question_what_the_former_one_still_has(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    await replaced_by_erik(stage)
    assert stage.audit()[-2:] == ["contact.approved", "contact.left_tokens"]
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert "Somebody else is the contact now, so please don't use them any more" in stage.carla.reads()[-1].reading
    for person, place in ((stage.ben, CHANNEL), (stage.omar, "bot")):
        question = await person.waits_for("A token that the former one opened still works", place=place)
        assert question.buttons == ["Revoke and replace", "Show"]

    await (await stage.omar.waits_for("the former one opened still works")).press("Revoke and replace")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.REVOKED
    assert "revoked the token" in stage.carla.reads()[-1].reading
    for person, place in ((stage.ben, CHANNEL), (stage.omar, "bot")):
        await person.waits_for("No token that the former one opened works any more", place=place)
    _, new = secrets_in(await stage.reveal(await stage.erik.waits_for("Show credentials")))
    assert await stage.verdict(new) is Verdict.ACCEPTED
