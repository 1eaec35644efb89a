"""Connections that die, overlap and are renewed: each payload takes effect once, and what is read is true."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest
from slack_bolt.async_app import AsyncApp

from access.model.credentials import WELL_FORMED
from access.model.secret import Secret
from access.model.token import Verdict
from bot.socket_mode import SocketConnection
from sandbox.faults import Delay, Dropped
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is noticed and replaced sooner than in earnest."""
    monkeypatch.setattr("bot.app.SocketConnection", partial(SocketConnection, retry_every=timedelta(seconds=0.5)))


class TestTheSocketDiesBetweenEffectAndAcknowledgement:
    """Slack never gets the acknowledgement, and sends the payload again over the next connection."""

    async def test_a_command_is_done_once_and_the_repetition_tells_how_things_are(self, stage: Stage) -> None:
        stage.slack.faults.next("ack", Dropped())
        answer = await stage.anna.types(f"/thirdparty add {ACME}")
        assert "There is a third party of this name already" in answer.reading
        assert stage.audit() == ["third_party.registered", "register_third_party!name_taken"]

    async def test_a_press_is_done_once_and_everybody_reads_that_it_is(self, stage: Stage) -> None:
        request = await stage.proposed()
        stage.slack.faults.next("ack", Dropped())
        told = await press(stage.ben, request, "Approve")
        await stage.settled()
        assert "approved already, so there is nothing left to decide" in told
        assert "Approved by @Ben Ito" in stage.anna.reads(CHANNEL)[-1].reading
        assert stage.audit().count("contact.approved") == 1

    async def test_a_form_is_saved_once_and_said_to_be(self, stage: Stage) -> None:
        await stage.registered()
        form = got((await stage.anna.types(f"/thirdparty edit {ACME}")).modal)
        stage.slack.faults.next("ack", Dropped())
        answer = await form.set("Notes", "Contract 7").submit()
        assert "Acme Corp is saved." in answer.reading
        assert stage.audit().count("third_party.edited") == 1

    async def test_a_reveal_that_reached_nobody_is_replaced_and_its_token_never_works(self, stage: Stage) -> None:
        offer = await stage.issued()
        explanation = got((await offer.press("Show credentials")).modal)
        stage.slack.faults.next("ack", Dropped())
        answer = await explanation.submit()
        assert "shown already, and I never show them twice" in answer.reading
        lost = {secret for each in stage.slack.traffic for secret in re.findall(WELL_FORMED, each.body)}
        await stage.settled()
        await (await stage.carla.waits_for("I didn't see it")).press("I didn't see it")
        await stage.settled()
        shown = await stage.reveal(await stage.carla.waits_for("Show credentials"))
        _, token = secrets_in(shown)
        assert token not in lost
        assert await stage.verdict(token) is Verdict.ACCEPTED
        assert [await stage.verdict(each) for each in lost if each.startswith("tpt_")] == [Verdict.REVOKED]


class Doubled:
    """Two connections of one bot, as Slack allows up to ten."""

    def __init__(self, app: AsyncApp, app_token: Secret, *, understands: Callable[[object], bool]) -> None:
        self._both = [SocketConnection(app, app_token, understands=understands) for _ in range(2)]

    async def open(self) -> None:
        for each in self._both:
            await each.open()

    async def close(self) -> None:
        for each in self._both:
            await each.close()

    async def is_up(self) -> bool:
        return all([await each.is_up() for each in self._both])


class TestTwoConnections:
    @pytest.fixture(autouse=True)
    def two(self, monkeypatch: pytest.MonkeyPatch, soon: None) -> None:
        monkeypatch.setattr("bot.app.SocketConnection", Doubled)

    async def test_what_arrives_over_both_at_once_is_done_once(self, stage: Stage) -> None:
        assert sum(each.name == "hello" for each in stage.slack.traffic) == 2
        offer = await stage.issued()
        windows = [got((await offer.press("Show credentials")).modal) for _ in range(2)]
        answers = await asyncio.gather(*(window.submit() for window in windows for _ in range(5)))
        assert sum("tps_" in answer.reading for answer in answers) == 1
        assert sum("I never show them twice" in answer.reading for answer in answers) == 9


async def slowly(stage: Stage, act: Callable[[], Awaitable[object]]) -> None:
    """Renew the connection in the middle of what `act` does."""
    await stage.looked()  # or the bot's own question would meet the fault
    stage.slack.clock.advance(timedelta(minutes=2))
    stage.slack.faults.next("users.info", Delay(0.3))
    asked = len(stage.slack.faults.uses)
    acting = asyncio.ensure_future(act())
    await until(lambda: "users.info" in stage.slack.faults.uses[asked:])
    await stage.slack.refresh_connections()
    await acting


class TestARefreshInTheMiddleOf:
    async def test_a_submit_saves_once(self, stage: Stage) -> None:
        await stage.registered()
        form = got((await stage.anna.types(f"/thirdparty edit {ACME}")).modal)
        read = []

        async def submit() -> None:
            read.append((await form.set("Notes", "Contract 7").submit()).reading)

        await slowly(stage, submit)
        assert "Acme Corp is saved." in read[0]
        assert stage.audit().count("third_party.edited") == 1

    async def test_a_reveal_shows_once_or_says_that_it_did(self, stage: Stage) -> None:
        offer = await stage.issued()
        explanation = got((await offer.press("Show credentials")).modal)
        read = []

        async def submit() -> None:
            read.append((await explanation.submit()).reading)

        await slowly(stage, submit)
        await stage.settled()
        assert ("tps_" in read[0]) != ("I never show them twice" in read[0])
        assert stage.audit().count("handoff.collected") == 1
        assert "I didn't see it" in stage.carla.reads()[-1].buttons
