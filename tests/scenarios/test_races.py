"""Two at once, and the same thing twice: one of them happens, and the other reads the truth."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from access.model.credentials import WELL_FORMED
from access.model.messages import MessageKind, PlannedMessage
from access.model.people import SlackUser
from access.model.token import Verdict
from bot.few_at_once import AT_ONCE
from bot.slack_outbox import Relay
from sandbox import Modal, Seen
from sandbox.answer import Answer
from storage.engine import Database
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, secrets_in

TWO_DEVICES, PRESSES_ON_EACH = 2, 25


async def two_more_admins_look(stage: Stage) -> tuple[Seen, Seen]:
    """Anna has proposed Carla; Ben and Omar, an admin too, both have the card in front of them."""
    stage.slack.changes.make_admin("omar")
    await stage.proposed()
    cards = [got((await person.types(f"/thirdparty show {ACME}")).ephemeral) for person in (stage.ben, stage.omar)]
    return cards[0], cards[1]


async def test_two_admins_approve_at_once(stage: Stage) -> None:
    bens, omars = await two_more_admins_look(stage)
    await asyncio.gather(bens.press("Approve"), omars.press("Approve"))
    await stage.settled()
    assert sorted(stage.audit()[-2:]) == ["approve_contact!proposal_decided", "contact.approved"]
    answers = [person.reads("#general")[-1].reading for person in (stage.ben, stage.omar)]
    assert sum("The contact is approved" in answer for answer in answers) == 1
    assert sum("approved already, so there is nothing left to decide" in answer for answer in answers) == 1
    assert "Approved by" in stage.ben.reads(CHANNEL)[-1].reading


async def test_one_approves_while_the_other_rejects(stage: Stage) -> None:
    bens, omars = await two_more_admins_look(stage)
    form = got((await omars.press("Reject")).modal)
    _, rejection = await asyncio.gather(bens.press("Approve"), form.submit())
    await stage.settled()
    outcome = {
        "contact.approved": "reject_contact!proposal_decided",
        "contact.rejected": "approve_contact!proposal_decided",
    }
    (decided,) = outcome.keys() & set(stage.audit())
    assert stage.refusals() == [outcome[decided]]
    approved = decided == "contact.approved"
    assert ("approved already" in rejection.reading) is approved
    assert ("The contact is approved" in stage.ben.reads("#general")[-1].reading) is approved
    assert ("Approved by @Ben Ito" in stage.ben.reads(CHANNEL)[-1].reading) is approved


async def test_three_admins_decide_at_once(stage: Stage) -> None:
    bens, omars = await two_more_admins_look(stage)
    annas = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
    forms = [got((await seen.press("Reject")).modal) for seen in (omars, annas)]
    _, *rejections = await asyncio.gather(bens.press("Approve"), *(form.submit() for form in forms))
    await stage.settled()
    decided = [line for line in stage.audit() if line in ("contact.approved", "contact.rejected")]
    assert len(decided) == 1
    refused = [line for line in stage.refusals() if line.endswith("!proposal_decided")]
    assert len(refused) == len(stage.refusals()) == 2
    how = decided[0].removeprefix("contact.")
    told = [*(answer.reading for answer in rejections), stage.ben.reads("#general")[-1].reading]
    assert sum(f"was {how} already" in reading for reading in told) == 2
    assert f"{how.capitalize()} by" in stage.ben.reads(CHANNEL)[-1].reading


async def two_windows(stage: Stage) -> list[Modal]:
    """The contact has opened the explanation on two devices."""
    offer = await stage.issued()
    return [got((await offer.press("Show credentials")).modal) for _ in range(TWO_DEVICES)]


def revealed(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if re.search(WELL_FORMED, answer.reading)]


async def test_the_contact_opens_two_windows_and_submits_both(either: Stage) -> None:
    stage = either
    windows = await two_windows(stage)
    answers = await asyncio.gather(*(window.submit() for window in windows))
    (shown,) = revealed(answers)
    (other,) = [answer for answer in answers if answer is not shown]
    assert "shown already, and I never show them twice" in other.reading
    assert "I didn't see it" in other.reading
    _, token = secrets_in(shown)
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert stage.audit()[-2:] == ["handoff.collected", "collect_handoff!already_collected"]


async def test_fifty_submissions_at_once_make_one_reveal(either: Stage) -> None:
    stage = either
    windows = await two_windows(stage)
    answers = await asyncio.gather(*(window.submit() for window in windows for _ in range(PRESSES_ON_EACH)))
    assert len(answers) == 50
    assert all(answer.acknowledged for answer in answers)
    (shown,) = revealed(answers)
    assert sum("I never show them twice" in answer.reading for answer in answers) == 49
    for secret in secrets_in(shown):
        assert [exchange.kind for exchange in stage.slack.traffic if secret in exchange.body] == ["ack"]
    assert stage.audit()[-2:] == ["handoff.collected", "collect_handoff!already_collected"]
    assert stage.rows("SELECT * FROM sealed_credentials") == []


async def test_a_redelivered_submission_reveals_nothing_again(either: Stage) -> None:
    stage = either
    client_secret, token = secrets_in(await stage.collected())
    for _ in range(2):
        again = await stage.slack.redeliver("view_submission")
        assert "shown already, and I never show them twice" in again.reading
        assert not {client_secret, token} & set(re.findall(WELL_FORMED, again.reading + str(again.body)))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert stage.refusals() == ["collect_handoff!already_collected"]


async def test_a_redelivered_command_registers_nothing_twice(either: Stage) -> None:
    stage = either
    await stage.registered()
    again = await stage.slack.redeliver("/thirdparty")
    assert "There is a third party of this name already" in again.reading
    assert stage.names() == ["Acme Corp"]
    assert stage.audit() == ["third_party.registered", "register_third_party!name_taken"]


async def test_a_redelivered_press_approves_nothing_twice(either: Stage) -> None:
    stage = either
    await stage.approved()
    await stage.slack.redeliver("block_actions")
    assert stage.audit()[-2:] == ["contact.approved", "approve_contact!proposal_decided"]


async def test_two_admins_issue_at_once(stage: Stage) -> None:
    await stage.approved()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await asyncio.gather(*(person.types(f"/thirdparty issue {ACME}") for person in (stage.anna, stage.ben)))
    await stage.settled()
    assert stage.audit()[-3:] == ["token.issued", "handoff.offered", "issue_token!token_exists"]
    offers = [seen for seen in stage.carla.reads() if "Show credentials" in seen.buttons]
    assert len(offers) == 1


async def test_of_many_messages_that_are_sent_at_once_only_a_few_stand_in_the_way(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever types a command would wait until each of them is noted: to one workspace one writes after the other."""
    open_, most = 0, 0

    def counted(begin: Callable[..., AbstractAsyncContextManager[Any]]) -> Callable[..., Any]:
        @asynccontextmanager
        async def begun(*given: object) -> AsyncIterator[Any]:
            nonlocal open_, most
            one = int(Relay._in_turn.__qualname__ in repr(asyncio.current_task()))
            open_ += one
            most = max(most, open_)
            try:
                async with begin(*given) as transaction:
                    yield transaction
            finally:
                open_ -= one

        return begun

    monkeypatch.setattr(Database, "read", counted(Database.read))
    monkeypatch.setattr(Database, "write", counted(Database.write))
    await stage.restart_bot()
    await stage.registered()
    everybody = [stage.anna, stage.ben, stage.mia, stage.omar, stage.carla, stage.erik]
    async with stage.bot.ports.write(stage.bot.workspace) as uow:
        party = got(await uow.third_parties.by_name("Acme Corp")).id
        for person in everybody:
            reader = await uow.people.id_of(SlackUser(person.id, person.client.user.team_id))
            uow.plan(PlannedMessage(MessageKind.SWITCHED, reader, party, party), at=stage.clock.now())
        await uow.commit()
    await stage.settled()

    assert all("Acme Corp" in person.reads()[-1].text for person in everybody)
    assert len(everybody) > AT_ONCE
    assert most == AT_ONCE
