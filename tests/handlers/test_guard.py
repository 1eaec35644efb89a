import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from access.model.credentials import TOKEN_PREFIX, mint
from access.model.errors import CredentialsUnreadable
from access.model.ids import WorkspaceId
from access.model.people import Caller, Role, SlackUser
from access.ports import CannotKeep, Reading, UnitOfWork
from handlers.answer import Answer, Nothing, Show
from handlers.desk import Desk
from handlers.guard import Visit, guarded
from handlers.register import register
from handlers.surfaces import CommandSurface, PressSurface
from handlers.views.handoff import ApiGuide
from tests.access.world import TEAM
from tests.handlers.office import CHANNEL, Office, SilentTown, bolt_app, chosen, command, press, typed

ANNA = Caller(TEAM, SlackUser("UANNA", TEAM), Role.ADMIN)
PASTED = mint(TOKEN_PREFIX, bytes(range(32))).reveal()


def visit(office: Office, work: Any, surface: Any = None) -> Visit:
    async def who(_payload: Any, _desk: Desk) -> Caller:
        return ANNA

    desk = Desk(office.world.ports, ApiGuide(None, None), TEAM, CHANNEL, office.replies)
    return Visit(surface or CommandSurface("x", "1.2"), command("UANNA", "x"), desk, "show", who, work)


async def test_an_unforeseen_failure_becomes_a_reference_and_the_log_holds_no_text(office: Office) -> None:
    async def work(_: Caller) -> Answer:
        raise RuntimeError("Acme Corp")

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await guarded(visit(office, work))

    (line,) = lines
    assert {key: line[key] for key in ("event", "kind", "action", "outcome")} == {
        "event": "request_failed",
        "kind": "command",
        "action": "show",
        "outcome": "broken",
    }
    assert line["ref"] in answer["text"]
    assert "Acme" not in answer["text"]


async def test_a_failing_answer_is_acknowledged_all_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(_: Caller) -> Answer:
        async def if_refused() -> Any:
            raise RuntimeError

        return Show({}, if_refused)

    async def refuse(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(office.replies, "open_view", refuse)
    surface = PressSurface.read(press("UANNA", "show", "", "channel"))

    assert await guarded(visit(office, work, surface)) == {}


@pytest.mark.parametrize(
    ("writing", "in_doubt", "said"),
    [
        (True, False, "I can't keep anything at the moment, so nothing was done."),
        (True, True, "I lost my database while I did this, so I can't say whether it is done. Please look before"),
        (False, False, "I can't look anything up"),
    ],
)
async def test_where_nothing_can_be_kept_the_person_reads_what_is_so(
    office: Office, writing: bool, in_doubt: bool, said: str
) -> None:
    async def work(_: Caller) -> Answer:
        error = CannotKeep("the disk of Acme Corp")
        error.writing, error.in_doubt = writing, in_doubt
        raise error

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await guarded(visit(office, work))

    (line,) = lines
    assert (line["event"], line["outcome"], line["log_level"]) == ("request_failed", "cannot_keep", "error")
    assert "exc_info" not in line
    assert answer["text"].startswith(said)
    assert f"give whoever runs me this reference: `{line['ref']}`." in answer["text"]
    assert "Acme" not in answer["text"]


async def test_what_was_done_is_said_even_if_nothing_can_be_looked_up_afterwards(office: Office) -> None:
    database, written = office.world.database, asyncio.Event()

    @asynccontextmanager
    async def write(workspace: WorkspaceId) -> AsyncIterator[UnitOfWork]:
        async with database.write(workspace) as uow:
            yield uow
        written.set()

    @asynccontextmanager
    async def read(workspace: WorkspaceId) -> AsyncIterator[Reading]:
        if written.is_set():
            raise CannotKeep
        async with database.read(workspace) as reading:
            yield reading

    office.app = bolt_app()
    ports = replace(office.world.ports, write=write, read=read)
    desk = Desk(ports, ApiGuide(None, None), TEAM, CHANNEL, office.replies)
    register(office.app, desk)

    assert await office.types("UANNA", "add Acme Corp") == (
        "*Acme Corp* is registered. How everything is now I can't look up at the moment."
    )
    assert "I can't look anything up at the moment" in await office.types("UANNA", "show Acme Corp")


async def test_a_cancelled_task_passes(office: Office) -> None:
    async def work(_: Caller) -> Answer:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await guarded(visit(office, work))


async def test_a_missing_key_is_logged_as_what_an_operator_has_to_mend(office: Office) -> None:
    async def work(_: Caller) -> Answer:
        raise CredentialsUnreadable(problem="missing", key_id="abcdefgh")

    with capture_logs() as lines:
        await guarded(visit(office, work))

    assert [(line["log_level"], line["code"], line["key_id"]) for line in lines] == [
        ("error", "credentials_unreadable", "abcdefgh")
    ]


async def test_every_request_has_a_reference_of_its_own(office: Office) -> None:
    async def work(_: Caller) -> Answer:
        return Nothing()

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await guarded(visit(office, work))
        await guarded(visit(office, work))

    assert len({line["ref"] for line in lines}) == 2


async def test_what_was_typed_is_not_logged(office: Office) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await office.types("UANNA", "add Acme Corp https://acme.example")
        await office.types("UANNA", "Umbrella")

    assert [line["action"] for line in lines] == ["add", "unknown"]
    assert not any(word in str(lines) for word in ("Acme", "acme", "Umbrella", "UANNA"))


@pytest.mark.parametrize(
    "text", [f"add {PASTED}", f"show “Acme {PASTED}", f"{PASTED[:20]} {PASTED[20:]}", "list tpt_abcdefgh9"]
)
async def test_a_pasted_secret_is_answered_before_anything_is_understood(office: Office, text: str) -> None:
    with capture_logs() as lines:
        answer = await office.types("UANNA", text)

    assert "kept nothing" in answer
    assert PASTED[4:20] not in answer + str(lines) + str(office.replies.said)
    assert "I know no third party" not in answer


async def test_a_pasted_secret_in_a_form(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    party = (await office.card()).party.id
    values = {
        "name_field": typed("Acme Corp"),
        "callback_url_field": typed(None),
        "text_field": typed(f"it is {PASTED}"),
    }
    people = {"owner_field": chosen("UANNA"), "deputy_owner_field": chosen(None)}

    body = await office.submits("UANNA", "edit_form", party, **values, **people)

    assert body["response_action"] == "update"
    assert "kept nothing" in str(body)
    assert PASTED not in str(body)
    assert (await office.card()).party.notes == ""


async def test_who_may_revoke_the_pasted_token_is_offered_to(office: Office) -> None:
    handoff = await office.offered()
    assert handoff
    (secrets,) = office.world.vault.sealed.values()
    fingerprint = (await office.card()).live[0].token.fingerprint

    assert fingerprint in await office.types("UANNA", f"add {secrets[0].reveal()}")
    assert fingerprint not in await office.types("UMIA", f"add {secrets[0].reveal()}")


async def test_a_pasted_secret_while_slack_is_silent(office: Office) -> None:
    office.app = bolt_app()
    ports = replace(office.world.ports, directory=SilentTown())
    register(office.app, Desk(ports, ApiGuide(None, None), TEAM, CHANNEL, office.replies))

    assert "kept nothing" in await office.types("UANNA", f"add {PASTED}")
    assert "Slack didn't tell me in time" in await office.types("UANNA", "add Acme Corp")


async def test_a_pasted_secret_while_nothing_can_be_kept(office: Office) -> None:
    office.world.file.rename(office.world.file.with_name("elsewhere"))

    assert "kept nothing" in await office.types("UANNA", f"add {PASTED}")


async def test_a_retried_delivery_registers_once(office: Office) -> None:
    payload = command("UANNA", "add Acme Corp")

    first, second = await office.sends(payload), await office.sends(payload)

    assert "is registered" in first["text"]
    assert "of this name already" in second["text"]


async def test_a_delivery_that_is_repeated_much_later_turns_no_switch_back(office: Office) -> None:
    await office.types("UANNA", "add Acme")
    payload = command("UANNA", "enable Acme")
    await office.sends(payload)
    await office.types("UANNA", "disable Acme")

    office.world.clock.advance(timedelta(minutes=2))
    again = await office.sends(payload)

    assert "Slack sent me this a second time, long after the first, so I did nothing this time." in again["text"]
    assert not (await office.card("Acme")).party.enabled
