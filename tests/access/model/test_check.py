"""What is kept in memory of checks, and what of it matters."""

from datetime import UTC, datetime, timedelta

import pytest

from access.model.check import CheckNotes, Noted, Refusal, Use
from access.model.ids import ResourceServerId, TokenId, WorkspaceId
from access.model.resource_server import Askers, ResourceServer, askers_of
from access.model.token import Verdict

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
HERE, THERE = WorkspaceId("here"), WorkspaceId("there")
API, OTHER = ResourceServerId("api"), ResourceServerId("other")
T = TokenId("t")


def used(at: datetime = NOW, to: ResourceServerId = API) -> Use:
    return Use(at, to)


def test_of_each_kind_the_last_is_kept_by_workspace() -> None:
    notes = CheckNotes()
    later = used(NOW + SECOND, OTHER)
    for use in (used(), later):
        notes.note(HERE, T, Verdict.ACCEPTED, use)
        notes.note(HERE, T, Verdict.EXPIRED, use)
    notes.note(HERE, T, Verdict.DISABLED, used())
    notes.note(THERE, None, Verdict.UNKNOWN, used())
    refused = {(T, Verdict.EXPIRED): later, (T, Verdict.DISABLED): used()}
    assert notes.take() == {
        HERE: Noted({T: later}, refused, {API: NOW, OTHER: NOW + SECOND}),
        THERE: Noted(asked={API: NOW}),
    }
    assert notes.take() == {}


def test_what_could_not_be_written_down_is_taken_back_without_hiding_what_is_newer() -> None:
    notes, newer, old = CheckNotes(), used(NOW + SECOND), TokenId("old")
    for token in (T, old):
        notes.note(HERE, token, Verdict.ACCEPTED, used())
        notes.note(HERE, token, Verdict.EXPIRED, used())
    taken = notes.take()
    notes.note(HERE, T, Verdict.ACCEPTED, newer)
    notes.note(HERE, T, Verdict.EXPIRED, newer)
    notes.give_back(taken)
    expired = {(T, Verdict.EXPIRED): newer, (old, Verdict.EXPIRED): used()}
    assert notes.take() == {HERE: Noted({T: newer, old: used()}, expired, {API: NOW + SECOND})}


@pytest.mark.parametrize(
    ("accepted", "refused", "sizes"),
    [(0, 0, [(0, 0)]), (1, 0, [(1, 0)]), (3, 1, [(3, 1)]), (4, 0, [(3, 0), (1, 0)]), (1, 7, [(1, 3), (0, 3), (0, 1)])],
)
def test_much_is_given_in_parts(accepted: int, refused: int, sizes: list[tuple[int, int]]) -> None:
    noted = Noted(
        {TokenId(f"{n}"): used() for n in range(accepted)},
        {(TokenId(f"{n}"), Verdict.EXPIRED): used() for n in range(refused)},
        {API: NOW},
    )
    parts = list(noted.parts(3))
    assert [(len(part.accepted), len(part.refused)) for part in parts] == sizes
    assert [part.asked for part in parts] == [{API: NOW}, *[{}] * (len(sizes) - 1)]
    together = Noted()
    for part in parts:
        together.accepted |= part.accepted
        together.refused |= part.refused
    assert (together.accepted, together.refused) == (noted.accepted, noted.refused)


@pytest.mark.parametrize(
    ("at", "last_accepted_at", "matters"),
    [
        (NOW, None, True),
        (NOW - 30 * DAY + SECOND, None, True),
        (NOW - 30 * DAY, None, False),
        (NOW - DAY, NOW - 2 * DAY, True),
        (NOW - DAY, NOW - DAY, False),
        (NOW - DAY, NOW, False),
    ],
)
def test_a_refusal_matters_a_while_and_until_the_token_works_again(
    at: datetime, last_accepted_at: datetime | None, matters: bool
) -> None:
    assert Refusal(T, Verdict.DISABLED, used(at)).matters(last_accepted_at, NOW) == matters


def server(name: str, **given: datetime) -> ResourceServer:
    return ResourceServer(ResourceServerId(name), name.title(), bytes(32), NOW, **given)


def asking(name: str, since: datetime, **given: datetime) -> ResourceServer:
    return server(name, first_asked_at=since, last_asked_at=NOW, **given)


@pytest.mark.parametrize(
    ("servers", "there", "since"),
    [
        ([], False, None),
        ([server("a")], True, None),
        ([server("a"), asking("b", NOW - DAY)], True, NOW - DAY),
        ([asking("a", NOW - DAY), asking("b", NOW - 2 * DAY)], True, NOW - 2 * DAY),
        ([asking("a", NOW - DAY), asking("b", NOW - 2 * DAY, removed_at=NOW)], True, NOW - 2 * DAY),
        ([server("a"), asking("b", NOW - DAY, removed_at=NOW)], True, None),
        ([asking("b", NOW - DAY, removed_at=NOW)], False, None),
    ],
)
def test_use_is_known_since_the_first_check_while_somebody_asks(
    servers: list[ResourceServer], there: bool, since: datetime | None
) -> None:
    askers = askers_of(servers)
    assert askers == Askers({each.id: each.name for each in servers}, there, since)
    assert askers.unnamed == Askers({}, there, since)
