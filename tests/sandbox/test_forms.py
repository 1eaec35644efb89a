"""What a person enters into a modal, and what the client refuses before the app hears of it."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp

from sandbox import Person, Sandbox
from sandbox.forms import REQUIRED
from tests.sandbox.apps import (
    Connected,
    Forms,
    Json,
    actions,
    button,
    modal,
    opened,
    option,
    plain,
    question,
    text_input,
)


@pytest.mark.parametrize(
    "case",
    [
        (text_input(), "", REQUIRED),
        (text_input(max_length=3), "four", "This entry must be at most 3 characters long."),
        (text_input(min_length=3), "no", "This entry must be at least 3 characters long."),
        (text_input(), "x" * 3001, "This entry must be at most 3000 characters long."),
        ({"type": "url_text_input", "action_id": "value"}, "acme.example", "Please enter a valid URL."),
        ({"type": "url_text_input", "action_id": "value"}, "https://a b", "Please enter a valid URL."),
        ({"type": "email_text_input", "action_id": "value"}, "carla@acme", "Please enter a valid email address."),
        (
            {"type": "number_input", "action_id": "value", "is_decimal_allowed": False},
            "1.5",
            "Please enter a whole number.",
        ),
        (
            {"type": "number_input", "action_id": "value", "is_decimal_allowed": True, "max_value": "3"},
            "4",
            "Please enter a number in the allowed range.",
        ),
        ({"type": "users_select", "action_id": "value"}, "", REQUIRED),
        ({"type": "url_text_input", "action_id": "value"}, "https://[", "Please enter a valid URL."),
        (
            {"type": "number_input", "action_id": "value", "is_decimal_allowed": True},
            "many",
            "Please enter a number.",
        ),
    ],
)
async def test_the_client_refuses_before_anything_is_sent(
    slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person, case: tuple[Json, str, str]
) -> None:
    element, entered, complaint = case
    forms.view = modal("Add", question("Name", element))
    async with Connected(slack, app):
        form = await opened(anna)
        answer = await form.fill(name=entered).submit()
    assert not answer.acknowledged
    assert form.errors == {"Name": complaint}
    assert forms.submitted == []


async def test_what_is_optional_may_stay_empty(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    url = {"type": "url_text_input", "action_id": "value"}
    forms.view = modal("Add", question("Callback", url, optional=True))
    async with Connected(slack, app):
        await (await opened(anna)).submit()
        await (await opened(anna)).fill(callback="https://acme.example/cb").submit()
    values = [body["view"]["state"]["values"]["callback"]["value"]["value"] for body in forms.submitted]
    assert values == [None, "https://acme.example/cb"]


async def test_every_kind_of_input_has_its_state(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    options = [option("Red", "r"), option("Blue", "b")]
    forms.view = modal(
        "Add",
        question("Colour", {"type": "static_select", "action_id": "value", "options": options}),
        question("Colours", {"type": "checkboxes", "action_id": "value", "options": options}),
        question("Owner", {"type": "users_select", "action_id": "value"}),
        question("Place", {"type": "conversations_select", "action_id": "value"}),
        question("Day", {"type": "datepicker", "action_id": "value", "initial_date": "2031-01-02"}),
        question(
            "Kept", {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": options[0]}
        ),
    )
    async with Connected(slack, app):
        form = (await opened(anna)).fill(colour="Blue", owner="@omar", place="#general")
        await form.set("Colours", ["Red", "b"]).submit()
    values = {block: each["value"] for block, each in forms.submitted[0]["view"]["state"]["values"].items()}
    assert values["colour"]["selected_option"]["value"] == "b"
    assert [each["value"] for each in values["colours"]["selected_options"]] == ["r", "b"]
    assert values["owner"] == {"type": "users_select", "selected_user": slack.person("omar").id}
    assert values["place"]["selected_conversation"] == "C01GENERAL0"
    assert values["day"]["selected_date"] == "2031-01-02"
    assert values["kept"]["selected_option"]["value"] == "r"
    with pytest.raises(AssertionError, match="does not offer 'Green'"):
        form.set("Colour", "Green")


async def test_a_menu_inside_a_modal_reports_at_once(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    colours = [option("Red", "r"), option("Blue", "b")]
    menu = {"type": "static_select", "action_id": "colour", "placeholder": plain("Colour"), "options": colours}
    dispatching = question("Name", text_input(), dispatch_action=True)
    forms.view = modal("Add", actions(menu), dispatching, question("Note", text_input(), block_id="note"))
    bodies: list[Json] = []

    async def note(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    app.action("colour")(note)
    app.action("value")(note)
    async with Connected(slack, app):
        form = await opened(anna)
        assert (await form.choose("Colour", "Blue")).acknowledged
        assert (await form.choose("Name", "Acme")).acknowledged
        assert not (await form.choose("Note", "Local")).acknowledged
    assert bodies[0]["actions"][0]["selected_option"]["value"] == "b"
    assert bodies[1]["actions"][0]["value"] == "Acme"
    assert bodies[1]["view"]["state"]["values"]["name"]["value"]["value"] == "Acme"
    assert len(bodies) == 2
    assert form.inputs == ["Colour", "Name", "Note"]
    assert form.values["Note"] == "Local"


async def test_what_cannot_be_entered(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    forms.view = modal("Add", question("Owner", {"type": "users_select", "action_id": "value"}))
    async with Connected(slack, app):
        form = await opened(anna)
    with pytest.raises(AssertionError, match="there is no @nobody to pick"):
        form.fill(owner="@nobody")
    with pytest.raises(AssertionError, match="0 called 'Name'"):
        form.set("Name", "Acme")


async def test_a_confirm_dialog_inside_a_modal(slack: Sandbox, app: AsyncApp, forms: Forms, anna: Person) -> None:
    dialog = {"title": plain("Sure?"), "text": plain("It stops."), "confirm": plain("Stop"), "deny": plain("Keep")}
    forms.view = modal("Add", actions(button("Stop", "stop", confirm=dialog)), submit=None)
    async with Connected(slack, app):
        form = await opened(anna)
        before = len(slack.traffic)
        assert not (await form.press("Stop", confirm=False)).acknowledged
    assert [each for each in slack.traffic[before:] if each.kind == "envelope"] == []
    with pytest.raises(AssertionError, match="no submit button"):
        await form.submit()
