"""Whatever is typed, pasted, submitted or sent: no failure, no secret repeated, and always a next step."""

import logging
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from access.model.third_party import details_hash
from bot import logs
from handlers import ids
from tests.handlers.hostile import NAMES, Pasted, Watched, command_texts, odd, pasted, people, urls
from tests.handlers.hostile_payloads import FIELDS, PLACES, actions, forms, mutated, payloads, states
from tests.handlers.office import Json, Office, command, handoff_of, press, submission, typed
from tests.scenarios.stage import everything_at_debug
from tests.thorough import attack


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The log as JSON, every logger at DEBUG. Afterwards logging is as it was."""
    root, stream = logging.getLogger(), StringIO()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    root.handlers.clear()
    logs.configure("json", "DEBUG", stream)
    everything_at_debug()
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in logging.root.manager.loggerDict:
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


@pytest.fixture
async def watched(tmp_path: Path, log: StringIO) -> AsyncIterator[Watched]:
    """A bot that knows a few third parties; the first has an offer that waits, and one more proposed contact."""
    office = await Office.make(tmp_path)
    await office.offered()
    await office.types("UANNA", 'contact "Acme Corp" <@UERIK>')
    for name in NAMES[1:]:
        escaped = name.replace('"', '\\"')
        await office.types("UANNA", f'add "{escaped}"')
    yield Watched(office, log)
    await office.world.close()


async def subjects(office: Office) -> list[str]:
    """What buttons and forms may be about: right ids, of the wrong kind too, and wrong ones."""
    card = await office.card()
    assert card.proposal is not None
    line = card.tokens[0]
    return [
        card.party.id,
        f"{card.party.id}:{details_hash(card.party)}",
        card.proposal.id,
        line.token.id,
        handoff_of(line).id,
        "a" * 26,
        "",
        "\ud800",
        f"{card.party.id}\n",
        "' OR 1=1 --",
    ]


SUBJECTS = 10

# --- commands -------------------------------------------------------------------------------------------------------


@given(user=people, text=command_texts)
@attack(30)
async def test_every_command_text_gets_an_answer_that_leads_on(watched: Watched, user: str, text: str) -> None:
    await watched.answers(command(user, text))


@given(user=people, secret=pasted(), rest=command_texts)
@attack(15)
async def test_no_secret_in_a_command_is_repeated_logged_or_kept(
    watched: Watched, user: str, secret: Pasted, rest: str
) -> None:
    for text in (secret.text, f"{rest} {secret.text}"):
        shown = await watched.answers(command(user, text))
        watched.must_not_hold(secret.pieces, shown)


@given(url=urls(), name=odd)
@attack(15)
async def test_every_callback_url_is_taken_or_explained(watched: Watched, url: str, name: str) -> None:
    await watched.answers(command("UANNA", f'add "x{name}" {url}'))
    fields = {ids.NAME_FIELD: typed(f"y{name}"), ids.CALLBACK_URL_FIELD: typed(url)}
    await watched.answers(submission("UANNA", ids.ADD_FORM, "", **fields))


# --- forms ----------------------------------------------------------------------------------------------------------


@given(user=people, form=forms, which=st.integers(0, SUBJECTS - 1), state=states())
@attack(25)
async def test_every_submission_gets_an_answer_or_is_done(
    watched: Watched, user: str, form: str, which: int, state: Json
) -> None:
    payload = submission(user, form, (await subjects(watched.office))[which])
    payload["view"]["state"]["values"] = state
    before = watched.office.world.count_records()
    status, shown = await watched.dispatch(payload)
    assert status == 200
    if form == ids.REJECT_FORM and not any(shown):  # the form closes: it was done
        assert watched.office.world.count_records() > before
    else:
        await watched.answers(payload)


def rich(text: str) -> Json:
    """What a kind of field would send that our forms don't have."""
    return {"type": "rich_text_input", "rich_text_value": {"elements": [{"type": "text", "text": text}]}}


@given(user=people, form=forms, field=st.sampled_from(FIELDS), secret=pasted())
@attack(15)
async def test_no_secret_in_a_form_is_repeated_logged_or_kept(
    watched: Watched, user: str, form: str, field: str, secret: Pasted
) -> None:
    element = rich(secret.text) if len(secret.text) % 2 else typed(secret.text)
    values = {each: typed("Initech") for each in FIELDS} | {field: element}
    about = (await subjects(watched.office))[1 if form == ids.EDIT_FORM else 0]
    shown = await watched.answers(submission(user, form, about, **values))
    watched.must_not_hold(secret.pieces, shown)
    assert "looks like a token or a client secret" in "".join(shown)


@given(user=people, action=actions, secret=pasted(), where=st.integers(0, 2))
@attack(8)
async def test_a_secret_in_a_field_beside_a_button_is_not_kept_either(
    watched: Watched, user: str, action: str, secret: Pasted, where: int
) -> None:
    payload: dict[str, Any] = press(user, action, "", "modal" if where == 1 else "ephemeral")
    state = {"values": {"block": {"field": typed(secret.text)}}}
    if where == 0:
        payload["state"] = state
    elif where == 1:
        payload["view"]["state"] = state
    else:
        payload["actions"][0] |= {"type": "plain_text_input", "value": secret.text}
    shown = await watched.answers(payload)
    watched.must_not_hold(secret.pieces, shown)
    assert "looks like a token or a client secret" in "".join(shown)


# --- payloads -------------------------------------------------------------------------------------------------------


@given(
    user=people,
    action=actions,
    which=st.integers(0, SUBJECTS - 1),
    place=st.sampled_from(PLACES),
)
@attack(25)
async def test_every_press_gets_an_answer_or_is_done(
    watched: Watched, user: str, action: str, which: int, place: str
) -> None:
    payload = press(user, action, (await subjects(watched.office))[which], place)
    before = watched.office.world.count_records()
    _, shown = await watched.dispatch(payload)
    if any(shown) or action == ids.DISMISS:
        return
    assert watched.office.world.count_records() > before


@given(payload=mutated(payloads))
@attack(50)
async def test_no_payload_of_another_shape_makes_us_fail(watched: Watched, payload: Json) -> None:
    status, _ = await watched.dispatch(payload)
    assert status < 500
