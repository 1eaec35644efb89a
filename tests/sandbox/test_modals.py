"""Modals: what is sent, and what an acknowledgement does."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from sandbox.forms import TROUBLE
from tests.sandbox.apps import (
    MANIFEST,
    Connected,
    Forms,
    Json,
    actions,
    button,
    modal,
    opened,
    section,
    web_client,
)


async def test_a_submission_has_slacks_fields(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.view |= {"private_metadata": "kept"}
    async with Connected(slack, app):
        await (await opened(anna)).fill(name="Acme").submit()
    [payload] = forms.submitted
    view = payload["view"]
    assert (payload["type"], payload["team"]["id"], payload["user"]["id"]) == (
        "view_submission",
        slack.team_id,
        anna.id,
    )
    assert view["state"]["values"] == {"name": {"value": {"type": "plain_text_input", "value": "Acme"}}}
    assert (view["callback_id"], view["private_metadata"]) == ("Add", "kept")
    assert (view["app_id"], view["team_id"], view["root_view_id"]) == (slack.app_id, slack.team_id, view["id"])
    assert (view["previous_view_id"], view["id"], view["hash"]) == (
        None,
        forms.opened[0]["id"],
        forms.opened[0]["hash"],
    )
    assert {"trigger_id", "response_urls", "enterprise", "is_enterprise_install", "api_app_id", "token"} <= set(payload)


async def test_an_empty_acknowledgement_closes_the_view(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person
) -> None:
    async with Connected(slack, app):
        answer = await (await opened(anna)).fill(name="Acme").submit()
    assert (answer.acknowledged, answer.modal, anna.modal) == (True, None, None)


async def test_errors_stand_under_the_inputs(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.answer = {"response_action": "errors", "errors": {"name": "Taken"}}
    async with Connected(slack, app):
        form = await opened(anna)
        answer = await form.fill(name="Acme").submit()
        assert form.errors == {"Name": "Taken"}
        assert "Name: Taken" in answer.reading
        assert form.values == {"Name": "Acme"}
        forms.answer = {}
        await form.submit()
    assert anna.modal is None


async def test_update_shows_the_next_view_in_place(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.answer = {"response_action": "update", "view": modal("Done", section("Saved"), submit=None)}
    async with Connected(slack, app):
        form = await opened(anna)
        await form.fill(name="Acme").submit()
    assert anna.modal is not None
    assert (anna.modal.title, anna.modal.submit_label, form.title) == ("Done", None, "Done")


async def test_push_puts_a_view_on_top_of_at_most_two(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person
) -> None:
    forms.answer = {"response_action": "push", "view": forms.view}
    async with Connected(slack, app):
        first = await opened(anna)
        second = (await first.fill(name="Acme").submit()).modal
        assert second is not None
        third = (await second.fill(name="Second").submit()).modal
        assert third is not None
        assert forms.submitted[1]["view"]["previous_view_id"] == forms.submitted[0]["view"]["id"]
        await third.fill(name="Third").submit()
        assert third.errors == {"": TROUBLE}
        await third.close()
        forms.answer = {}
        left = (await second.submit()).modal
    assert left is not None
    assert left.values == first.values == {"Name": "Acme"}


async def test_clear_closes_the_whole_window(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    async with Connected(slack, app):
        await opened(anna)
        for action in ({"response_action": "push", "view": forms.view}, {"response_action": "clear"}):
            forms.answer = action
            assert anna.modal is not None
            await anna.modal.fill(name="Acme").submit()
    assert anna.modal is None


@pytest.mark.parametrize(
    "refused",
    [
        {"response_action": "update", "view": modal("x" * 25, section("Too long a title"))},
        {"response_action": "update", "view": modal("Add", *[section("x")] * 101)},
        {"response_action": "errors", "errors": {"nowhere": "No such block"}},
    ],
)
async def test_what_slack_refuses_in_an_acknowledgement_is_read_by_the_person_alone(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person, refused: Json
) -> None:
    forms.answer = refused
    async with Connected(slack, app):
        form = await opened(anna)
        answer = await form.fill(name="Acme").submit()
    assert answer.acknowledged
    assert form.errors == {"": TROUBLE}
    assert (form.title, form.values) == ("Add", {"Name": "Acme"})


async def test_an_unacknowledged_submission_leaves_the_form(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person
) -> None:
    async with Connected(slack, app):
        form = await opened(anna)
    answer = await form.fill(name="Acme").submit()
    assert (answer.acknowledged, form.errors) == (False, {"": TROUBLE})


async def test_closing_is_told_where_the_view_asks_for_it(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person
) -> None:
    async with Connected(slack, app):
        await (await opened(anna)).close()
        forms.view["notify_on_close"] = False
        await (await opened(anna)).close()
    assert [body["type"] for body in forms.closed] == ["view_closed"]
    assert forms.closed[0]["is_cleared"] is False
    assert anna.modal is None


async def test_a_button_inside_a_modal_pushes_a_view(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.view = modal("Add", actions(button("More", "more")), submit=None)
    bodies: list[Json] = []

    @app.action("more")
    async def more(ack: Any, body: Json, client: AsyncWebClient) -> None:
        bodies.append(body)
        await client.views_push(trigger_id=body["trigger_id"], view=modal("More", section("Here"), submit=None))
        await ack()

    async with Connected(slack, app):
        answer = await (await opened(anna)).press("More")
    assert answer.reading == "More\nHere"
    assert bodies[0]["container"] == {"type": "view", "view_id": forms.opened[0]["id"]}
    assert bodies[0]["view"]["id"] == forms.opened[0]["id"]
    assert "message" not in bodies[0]


async def test_submissions_at_the_same_time_are_answered_each_on_its_own_screen(
    slack: Sandbox, app: AsyncApp, anna: Person, forms: Forms
) -> None:
    answers = iter(range(10))

    @app.view("Race")
    async def submit(ack: Any) -> None:
        number = next(answers)
        await ack(response_action="update", view=modal("Race", section(f"Answer {number}"), submit=None))

    forms.view = modal("Race", section("Ready?"))
    async with Connected(slack, app):
        form = await opened(anna)
        results = await asyncio.gather(*(form.submit() for _ in range(10)))
    assert sorted(result.reading for result in results) == [f"Race\nAnswer {number}" for number in range(10)]
    assert anna.modal is not None
    assert anna.modal.reading in {result.reading for result in results}


async def test_a_redelivered_submission_is_answered_in_a_window_of_its_own(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person
) -> None:
    async with Connected(slack, app):
        await (await opened(anna)).fill(name="Acme").submit()
        forms.answer = {"response_action": "update", "view": modal("Again", section("Twice"), submit=None)}
        answer = await slack.redeliver()
    assert forms.submitted[0] == forms.submitted[1]
    assert (answer.reading, anna.modal) == ("Again\nTwice", None)


async def test_closing_can_clear_the_whole_window(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.view["clear_on_close"] = True
    forms.answer = {"response_action": "push", "view": forms.view}
    async with Connected(slack, app):
        second = (await (await opened(anna)).fill(name="Acme").submit()).modal
        assert second is not None
        assert second.close_label == "Cancel"
        await second.close()
    assert [body["is_cleared"] for body in forms.closed] == [True, True]
    assert anna.modal is None
    for gone in (second.close, second.submit):
        with pytest.raises(AssertionError, match="not on the screen any more"):
            await gone()


@pytest.mark.parametrize(
    "answer", [{"response_action": "update"}, {"response_action": "sing"}, {"response_action": "errors", "errors": {}}]
)
async def test_nonsense_in_an_acknowledgement_is_trouble(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person, answer: Json
) -> None:
    @app.view("Raw")
    async def raw(ack: Any) -> BoltResponse:
        await ack()
        return BoltResponse(status=200, body=answer)

    forms.view = modal("Raw", section("Ready?"))
    async with Connected(slack, app):
        form = await opened(anna)
        await form.submit()
    assert form.errors == {"": TROUBLE}


async def test_without_interactivity_nothing_can_be_pressed(forms: Forms) -> None:
    settings = {"interactivity": {"is_enabled": False}}
    async with await Sandbox.start(manifest=MANIFEST | {"settings": settings}) as slack:
        anna = slack.person("anna")
        await web_client(slack).chat_postMessage(channel=anna.id, text="?", blocks=[actions(button("Go", "go"))])
        with pytest.raises(AssertionError, match="does not enable interactivity"):
            await anna.reads()[0].press("Go")
