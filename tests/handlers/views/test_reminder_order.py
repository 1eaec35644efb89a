"""In which order a message shows what it reminds of."""

from dataclasses import replace

from access.model.ids import TokenId
from access.model.reminder import ReaderRole
from handlers.views.reminders import reminders
from tests.handlers.views.reminder_gallery import EXPIRING, reminded


def test_what_expires_at_the_same_moment_keeps_its_place_whatever_became_of_it() -> None:
    first, second = (replace(EXPIRING, id=TokenId(name)) for name in ("a", "b"))
    waits = [
        reminded("nothing yet", ReaderRole.OWNER, name, token=token) for name, token in (("A", first), ("B", second))
    ]
    assert reminders(waits) == reminders(waits[::-1])
    settled = [reminded("replaced", ReaderRole.OWNER, "A", token=first), waits[1]]
    places = [shown.text.index("*B*") > shown.text.index("*A*") for shown in map(reminders, (settled, settled[::-1]))]
    assert places == [True, True]
