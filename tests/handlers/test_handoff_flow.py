import asyncio
import json
from dataclasses import replace

import pytest
from slack_bolt.async_app import AsyncApp

from access.model.messages import MessageKind
from access.model.people import Role
from access.model.token import TokenState
from handlers.desk import Desk
from handlers.register import register
from handlers.replies import Outcome
from handlers.views.handoff import ApiGuide
from tests.access.world import TEAM
from tests.handlers.office import CHANNEL, Office, SilentTown, bolt_app, handoff_of


def without_directory(office: Office) -> AsyncApp:
    ports = replace(office.world.ports, directory=SilentTown())
    app = bolt_app()
    register(app, Desk(ports, ApiGuide(None, None), TEAM, CHANNEL, office.replies))
    return app


async def test_explain_then_reveal_in_the_acknowledgement(office: Office) -> None:
    handoff = await office.offered()

    await office.presses("UCARLA", "open_handoff", handoff, "direct")
    assert office.last.view["callback_id"] == "handoff_form"
    said = len(office.replies.said)
    body = await office.submits("UCARLA", "handoff_form", handoff)

    assert (body["response_action"], body["view"]["callback_id"]) == ("update", "reveal")
    (secrets,) = office.world.vault.sealed.values()
    assert all(secret.reveal() in json.dumps(body) for secret in secrets)
    assert len(office.replies.said) == said


async def test_nothing_is_shown_while_slack_does_not_say_who_is_an_admin(office: Office) -> None:
    handoff = await office.offered()
    listening, office.app = office.app, without_directory(office)

    told = json.dumps(await office.submits("UCARLA", "handoff_form", handoff))
    assert "Please try again in a minute" in told

    office.app = listening
    assert (await office.submits("UCARLA", "handoff_form", handoff))["view"]["callback_id"] == "reveal"


async def test_what_shows_no_secret_needs_no_directory(office: Office) -> None:
    handoff = await office.offered()
    await office.submits("UCARLA", "handoff_form", handoff)
    office.app = without_directory(office)

    await office.presses("UCARLA", "works", handoff, "direct")

    assert handoff_of((await office.card()).tokens[0]).confirmed_at is not None


async def test_fifty_submissions_at_once_are_one_reveal(office: Office) -> None:
    handoff = await office.offered()
    people = ["UCARLA", "UANNA"] * 25

    bodies = await asyncio.gather(*(office.submits(user, "handoff_form", handoff) for user in people))

    callbacks = [body["view"]["callback_id"] for body in bodies]
    assert callbacks.count("reveal") == 1
    assert callbacks.index("reveal") % 2 == 0


@pytest.mark.parametrize("action", ["open_handoff", "decline", "works", "not_seen", "not_me"])
async def test_a_contacts_buttons_are_nobody_elses(office: Office, action: str) -> None:
    handoff = await office.offered()
    if action not in ("open_handoff", "decline"):
        await office.submits("UCARLA", "handoff_form", handoff)

    for user in ("UANNA", "UMIA", "UERIK"):
        await office.presses(user, action, handoff, "direct")
        assert office.last.view["callback_id"] == "notice", user
    assert (await office.card()).tokens[0].token.state(office.world.clock.now()) in (
        TokenState.PENDING,
        TokenState.ACTIVE,
    )


async def test_declining_says_nothing_besides_the_refreshed_message(office: Office) -> None:
    handoff = await office.offered()
    said = len(office.replies.said)

    await office.presses("UCARLA", "decline", handoff, "direct")

    assert len(office.replies.said) == said
    assert (await office.card()).party.contact is None


async def test_not_seen_replaces_the_token(office: Office) -> None:
    handoff = await office.offered()
    await office.submits("UCARLA", "handoff_form", handoff)

    await office.presses("UCARLA", "not_seen", handoff, "direct")

    states = [line.token.state(office.world.clock.now()) for line in (await office.card()).tokens]
    assert states == [TokenState.PENDING, TokenState.REVOKED]


async def test_that_was_not_me_asks_then_suspends(office: Office) -> None:
    handoff = await office.offered()
    await office.submits("UCARLA", "handoff_form", handoff)
    token = (await office.card()).tokens[0].token

    await office.presses("UCARLA", "not_me", handoff, "direct")
    assert office.last.view["callback_id"] == "dispute_form"
    body = await office.submits("UCARLA", "dispute_form", handoff)
    assert body["view"]["callback_id"] == "notice"

    assert (await office.card()).tokens[0].token.state(office.world.clock.now()) is TokenState.SUSPENDED
    await office.presses("UBEN", "lift", token.id, "channel")
    assert (await office.card()).tokens[0].token.state(office.world.clock.now()) is TokenState.ACTIVE


async def test_disputing_twice_is_refused_at_the_first_step(office: Office) -> None:
    handoff = await office.offered()
    await office.submits("UCARLA", "handoff_form", handoff)
    await office.submits("UCARLA", "dispute_form", handoff)

    await office.presses("UCARLA", "not_me", handoff, "direct")

    assert office.last.view["callback_id"] == "notice"
    assert "the admins know" in office.last.text


async def test_replacing_where_nothing_new_can_be_offered_says_why(office: Office) -> None:
    handoff = await office.offered()
    await office.submits("UCARLA", "handoff_form", handoff)
    await office.types("UANNA", "disable Acme Corp")

    await office.presses("UBEN", "replace", (await office.card()).tokens[0].token.id, "channel")

    assert "No new one was offered" in office.last.text
    assert '/thirdparty enable "Acme Corp"' in office.last.text


async def test_a_contact_whom_slack_lets_open_no_window(office: Office) -> None:
    handoff = await office.offered()
    await office.types("UANNA", "edit Acme Corp")
    await office.world.deliver()
    office.replies.opening = Outcome.REFUSED

    for _ in range(3):
        await office.presses("UCARLA", "open_handoff", handoff, "direct")

    assert office.last.how == "say"
    assert "invite you" in office.last.text
    assert await office.world.deliver() == [MessageKind.MODAL_REFUSED]
    office.replies.opening = Outcome.DONE
    assert (await office.submits("UCARLA", "handoff_form", handoff))["view"]["callback_id"] == "reveal"


async def test_a_window_that_was_late_is_no_reason_to_tell_the_owner(office: Office) -> None:
    handoff = await office.offered()
    await office.world.deliver()
    office.replies.opening = Outcome.NOT_NOW

    await office.presses("UCARLA", "open_handoff", handoff, "direct")

    assert "try once more" in office.last.text
    assert await office.world.deliver() == []


async def test_an_admin_cannot_become_contact(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    office.world.town.settle("UCARLA", Role.ADMIN)

    assert "an admin never sees credentials" in await office.types("UANNA", "contact Acme Corp <@UCARLA>")
