"""What a person does on the page: type, press, choose, fill in, submit, close."""

from aiohttp import web
from multidict import MultiDictProxy

from sandbox.client import Outcome
from sandbox.elements import Control, controls, initial_state
from sandbox.page.looks import version
from sandbox.page.place import Place
from sandbox.people import Person
from sandbox.records import Channel
from sandbox.refusals import Impossible
from sandbox.typing_text import escaped
from sandbox.views import View

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]


async def say(place: Place, text: str) -> str:
    """Type a command or a message. Returns: what Slack says against it, "" when nothing."""
    client = place.person.client
    if not text.strip():
        return ""
    if text.startswith("/"):
        return (await client.run_command(place.channel, text.strip())).error
    client.say(place.channel, escaped(text, client.space))
    return ""


async def act_on_message(person: Person, channel: Channel, ts: str, form: Form) -> str:
    """Press a button or choose something in a message. Returns: as `say`.

    Raises: Impossible for a message that has changed since it was drawn.
    """
    client = person.client
    visible = client.space.messages.seen_by(person.id, channel.id) if person.id in channel.members else []
    message = next((each for each in reversed(visible) if each.ts == ts), None)
    if message is None:
        raise Impossible("That message is gone.")
    if str(form.get("version")) != version(message):
        raise Impossible("That message has changed meanwhile. Please look again.")
    control, value = _acted(controls(message.blocks), form)
    return (await client.act_on_message(message, message, control, value)).error


async def act_in_view(person: Person, view_id: str, form: Form) -> str:
    """Press a button in a modal or on the Home tab, or submit the modal, with all that is entered. Returns: as `say`.

    Raises: Impossible for a view that has changed since it was drawn.
    """
    view = _own_view(person, view_id)
    if str(form.get("version")) != view.hash:
        raise Impossible("This has changed meanwhile. Please look again.")
    _enter(person, view, form)
    if "press" in form:
        control, value = _acted(view.controls(), form)
        outcome: Outcome = await person.client.act_in_view(view, control, value)
    else:
        outcome = await person.client.submit(view)
    return outcome.error


async def close_view(person: Person, view_id: str) -> None:
    """Close a modal. Raises: Impossible when it is closed already."""
    await person.client.close(_own_view(person, view_id))


def _own_view(person: Person, view_id: str) -> View:
    views = person.client.space.views
    for view in (views.top(person.id), views.home(person.id)):
        if view is not None and view.id == view_id:
            return view
    raise Impossible("That window is closed already.")


def _enter(person: Person, view: View, form: Form) -> None:
    for number, control in enumerate(view.controls()):
        if initial_state(control) is not None:
            state = person.client.entered(control, _value(control, number, form))
            view.state.setdefault(control.block_id, {})[control.action_id] = state


def _acted(offered: list[Control], form: Form) -> tuple[Control, str | list[str]]:
    try:
        number = int(str(form["press"]))
        control = offered[number]
    except (KeyError, ValueError, IndexError):
        raise Impossible("There is no such button.") from None
    if "value" in form:
        return control, str(form["value"])
    return control, _value(control, number, form)


def _value(control: Control, number: int, form: Form) -> str | list[str]:
    values = [str(value).replace("\r\n", "\n") for value in form.getall(f"f{number}", [])]
    return values if control.type == "checkboxes" else next(iter(values), "")
