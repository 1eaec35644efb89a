"""views.*: trigger ids, hashes, stacks, and who may open a modal."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from sandbox.timing import Timing
from tests.sandbox.apps import (
    MANIFEST,
    Connected,
    Forms,
    Json,
    actions,
    bolt,
    button,
    code,
    modal,
    opened,
    question,
    section,
    text_input,
)


async def test_update_by_method_keeps_values_and_watches_the_hash(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, forms: Forms, anna: Person
) -> None:
    async with Connected(slack, app):
        form = (await opened(anna)).fill(name="Acme")
    [view] = forms.opened
    changed = modal("Add", section("New line"), question("Name", text_input()))
    assert (await api.views_update(view_id=view["id"], hash=view["hash"], view=changed))["view"]["hash"] != view["hash"]
    assert "New line" in form.reading
    assert form.values == {"Name": "Acme"}
    with pytest.raises(SlackApiError) as conflict:
        await api.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    await form.close()
    with pytest.raises(SlackApiError) as gone:
        await api.views_update(view_id=view["id"], view=changed)
    assert (code(conflict), code(gone)) == ("hash_conflict", "not_found")


async def test_trigger_ids_work_once(slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person) -> None:
    triggers: list[str] = []

    @app.command("/thirdparty")
    async def keep(ack: Any, body: Json) -> None:
        triggers.append(body["trigger_id"])
        await ack()

    view = modal("Add", section("Hello"), submit=None)
    async with Connected(slack, app):
        await anna.types("/thirdparty")
    with pytest.raises(SlackApiError) as too_long:
        await api.views_open(trigger_id=triggers[0], view=modal("x" * 25, section("Hello")))
    assert (await api.views_open(trigger_id=triggers[0], view=view))["ok"]
    cases = {triggers[0]: "exchanged_trigger_id", "1.2.abc": "invalid_trigger_id"}
    for trigger, error in cases.items():
        with pytest.raises(SlackApiError) as refused:
            await api.views_open(trigger_id=trigger, view=view)
        assert code(refused) == error
    assert code(too_long) == "invalid_arguments"
    assert "[ERROR]" in too_long.value.response["response_metadata"]["messages"][0]


async def test_trigger_ids_expire() -> None:
    async with await Sandbox.start(manifest=MANIFEST, timing=Timing(trigger_lives=0.02)) as slack:
        app, errors = bolt(slack), []

        @app.command("/thirdparty")
        async def late(ack: Any, body: Json, client: AsyncWebClient) -> None:
            await asyncio.sleep(0.03)
            with pytest.raises(SlackApiError) as refused:
                await client.views_open(trigger_id=body["trigger_id"], view=modal("Add", section("Hello")))
            errors.append(code(refused))
            await ack()

        async with Connected(slack, app):
            await slack.person("anna").types("/thirdparty")
    assert errors == ["expired_trigger_id"]


@pytest.mark.parametrize("allowed", [True, False])
async def test_modals_for_people_of_other_organisations_can_be_refused(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, allowed: bool
) -> None:
    errors: list[str] = []
    bodies: list[Json] = []

    @app.action("show")
    async def show(ack: Any, body: Json, client: AsyncWebClient) -> None:
        try:
            await client.views_open(trigger_id=body["trigger_id"], view=modal("Show", section("Hello")))
        except SlackApiError as refused:
            errors.append(str(refused.response["error"]))
        await ack()

    @app.view("Show")
    async def submit(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    erik = slack.person("erik")
    slack.external_modals = allowed
    await api.chat_postMessage(channel=erik.id, text="?", blocks=[actions(button("Show", "show"))])
    async with Connected(slack, app):
        await erik.reads()[0].press("Show")
        if allowed:
            assert erik.modal is not None
            await erik.modal.submit()
            assert bodies[0]["team"]["id"] == bodies[0]["user"]["team_id"] == "T02FJORD000"
            assert bodies[0]["view"]["app_installed_team_id"] == slack.team_id
    assert errors == ([] if allowed else ["user_not_visible"])


@pytest.fixture
def triggers(app: AsyncApp) -> list[str]:
    """The trigger ids of /thirdparty, unspent."""
    seen: list[str] = []

    @app.command("/thirdparty")
    async def keep(ack: Any, body: Json) -> None:
        seen.append(body["trigger_id"])
        await ack()

    return seen


async def test_a_view_is_pushed_only_from_a_modal(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, triggers: list[str]
) -> None:
    async with Connected(slack, app):
        await anna.types("/thirdparty")
    with pytest.raises(SlackApiError) as refused:
        await api.views_push(trigger_id=triggers[0], view=modal("Add", section("Hello")))
    assert code(refused) == "invalid_trigger_id"


async def test_an_external_id_is_one_views_own(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, triggers: list[str]
) -> None:
    view = modal("Add", section("Hello"), external_id="mine")
    async with Connected(slack, app):
        for _ in range(2):
            await anna.types("/thirdparty")
    await api.views_open(trigger_id=triggers[0], view=view)
    with pytest.raises(SlackApiError) as refused:
        await api.views_open(trigger_id=triggers[1], view=view)
    assert code(refused) == "duplicate_external_id"
    await api.views_update(external_id="mine", view=modal("Changed", section("Hello")))
    assert anna.modal is not None
    assert anna.modal.title == "Changed"


async def test_a_view_is_needed(api: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await api.api_call("views.open", json={"trigger_id": "1.2.abc"})
    assert code(refused) == "invalid_arguments"
