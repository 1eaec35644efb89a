"""Tables of words leave nothing out and hold nothing that does not exist."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import access.operations
from access.model.card import Undelivered
from access.model.events import Event
from access.model.messages import MessageKind
from handlers import ids
from handlers.views.delivery import undelivered_line
from handlers.views.trail import WORDS
from tests.handlers.views.gallery import NOW, views

OPERATIONS = [path.read_text() for path in Path(access.operations.__path__[0]).glob("*.py")]


def events(kind: type[Event] = Event) -> Iterator[type[Event]]:
    for below in kind.__subclasses__():
        yield below
        yield from events(below)


def test_every_action_of_the_audit_trail_has_words() -> None:
    happened = {event.action for event in events() if hasattr(event, "action")}
    refused = {name for source in OPERATIONS for name in re.findall(r'(?:@operation|record_refusal)\("(\w+)"', source)}
    assert len(refused) > 20
    assert set(WORDS) == happened | refused


def test_every_message_that_may_not_arrive_has_words() -> None:
    lines = {undelivered_line(Undelivered(kind, "is_archived", NOW, to_person=False)) for kind in MessageKind}
    assert len(lines) == len(MessageKind)


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"])
def test_whose_conversation_could_not_be_used_is_told_apart(error: str) -> None:
    admins = Undelivered(MessageKind.DISPUTE, error, NOW, to_person=False)
    assert "I can't post in the admin channel. Invite me to it" in undelivered_line(admins)
    somebody = undelivered_line(replace(admins, to_person=True))
    assert "channel. Invite me" not in somebody
    assert "Invite them to this workspace" in somebody


def test_a_message_that_is_still_tried_is_not_called_lost() -> None:
    waits = Undelivered(MessageKind.INTRODUCTION, "messages_tab_disabled", NOW, to_person=True, delayed=True)
    line = undelivered_line(waits)
    assert line.startswith("*Delayed,* since ")
    assert "Whoever installed me can switch it on. I keep trying." in line
    assert "sending it failed (`no_answer`)" in undelivered_line(replace(waits, error="no_answer"))


def test_every_modal_is_known_by_its_callback_id() -> None:
    forms = {ids.ADD_FORM, ids.EDIT_FORM, ids.CONTACT_FORM, ids.REJECT_FORM, ids.HANDOFF_FORM, ids.DISPUTE_FORM}
    forms |= {ids.RETIRE_FORM, ids.SNOOZE_FORM, ids.ASK_FORM, ids.KEY_FORM}
    assert {view["callback_id"] for view in views().values()} == forms | {ids.NOTICE}
    assert all(("submit" in view) == (view["callback_id"] in forms) for view in views().values())


def test_no_two_ids_are_the_same() -> None:
    values = [value for name, value in vars(ids).items() if name.isupper()]
    assert len(values) == len(set(values))
