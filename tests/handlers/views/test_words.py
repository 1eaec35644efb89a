"""Tables of words leave nothing out and hold nothing that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

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
    lines = {undelivered_line(Undelivered(kind.value, "is_archived", NOW)) for kind in MessageKind}
    assert len(lines) == len(MessageKind)


def test_every_modal_is_known_by_its_callback_id() -> None:
    forms = {ids.ADD_FORM, ids.EDIT_FORM, ids.CONTACT_FORM, ids.REJECT_FORM, ids.HANDOFF_FORM, ids.DISPUTE_FORM}
    assert {view["callback_id"] for view in views().values()} == forms | {ids.NOTICE}
    assert all(("submit" in view) == (view["callback_id"] in forms) for view in views().values())


def test_no_two_ids_are_the_same() -> None:
    values = [value for name, value in vars(ids).items() if name.isupper()]
    assert len(values) == len(set(values))
