"""What is said after a restore, in every state that it can be in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from access.model.ids import ThirdPartyId
from access.model.people import SlackUser
from access.model.rendered import Rendered
from access.model.restored import BackupEnd, RestoredLine
from handlers.views.restored import (
    RestoredShown,
    confirm_question,
    confirmed,
    restored_for_admins,
    restored_for_owner,
    unconfirmed_page,
)
from tests.handlers.views.report_gallery import NOW, OWNER, party, token

END = BackupEnd(4_711, NOW - timedelta(hours=9))
CARLA = SlackUser("U0CARLA", "T0HOME")
PARTY = ThirdPartyId("party")


def _lines(name: str, count: int) -> list[RestoredLine]:
    waits = party(name, enabled=False, contact=OWNER, restored_at=NOW)
    works, suspended = token(timedelta(days=90)), replace(token(timedelta(days=90)), suspended_at=NOW)
    several = [
        RestoredLine(waits, CARLA, [works, suspended], None),
        RestoredLine(waits, CARLA, [works], works),
        RestoredLine(replace(waits, contact=None), None, [], None),
    ]
    return [several[number % 3] for number in range(count)]


def _shown(name: str, waiting: int, servers: int) -> RestoredShown:
    return RestoredShown(
        end=END,
        count=waiting + 1,
        waiting=waiting,
        lines=_lines(name, min(waiting, 10)),
        following=PARTY if waiting > 10 else None,
        servers=[name] * servers,
        now=NOW,
    )


def restored_messages(name: str) -> Iterator[tuple[str, Rendered]]:
    for waiting, servers in ((0, 1), (1, 0), (3, 1), (10, 10), (200, 30)):
        yield f"restored: {waiting} {servers}", restored_for_admins(_shown(name, waiting, servers))
    yield "restored: nothing was enabled", restored_for_admins(replace(_shown(name, 0, 0), count=0))
    for count in (1, 3, 40):
        lines = _lines(name, count)
        yield f"restored: owner {count}", restored_for_owner(END, lines)
        on = [replace(line, party=replace(line.party, enabled=True, decided_at=NOW)) for line in lines]
        yield f"restored: owner {count}, enabled", restored_for_owner(END, on)


def restored_answers(name: str) -> Iterator[tuple[str, Rendered]]:
    for count in (1, 10, 200):
        parties = [line.party for line in _lines(name, count)]
        yield f"restored_question: {count}", confirm_question(parties)
        yield f"restored_done: {count}", confirmed(parties)
        following = PARTY if count > 10 else None
        for may in (True, False):
            page = unconfirmed_page(_lines(name, min(count, 10)), count, following, NOW, may_confirm=may)
            yield f"restored_page: {count} {may}", page
