"""What checks show, written down over a real database: whatever comes, in any order, and what follows from it."""

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.check import Noted, Use
from access.model.ids import ResourceServerId, TokenId
from access.model.messages import MessageKind as Kind
from access.model.token import TokenState, Verdict
from access.operations import record_checks as module
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.record_checks import record_checks
from access.operations.succession import plan_retirement
from access.ports import Ports, UnitOfWork
from tests.access.books import Books
from tests.access.renewing import Begun, Renewing
from tests.access.world import TEAM, World
from tests.checking import ASKER, add_resource_server

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NOBODY = TokenId("nothing")
GONE = ResourceServerId("tpr_gone")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return Begun.make(tmp_path_factory.mktemp("begun"))


@pytest.fixture
async def acme(begun: Begun, tmp_path: Path) -> AsyncIterator[Renewing]:
    async with begun.go_on(tmp_path, Renewing) as acme:
        await add_resource_server(TEAM, acme.world.ports)
        yield acme


async def use(acme: Renewing, *tokens: TokenId, at: datetime | None = None) -> None:
    noted = Noted({token: Use(at or acme.world.clock.now(), ASKER) for token in tokens})
    await record_checks(TEAM, noted, acme.world.ports)


async def refuse(acme: Renewing, refused: Mapping[tuple[TokenId, Verdict], Use]) -> None:
    await record_checks(TEAM, Noted(refused=dict(refused)), acme.world.ports)


async def confirmed_at(acme: Renewing, token: TokenId) -> datetime | None:
    async with acme.world.ports.read(TEAM) as reading:
        return (await reading.handoffs.of_token(token)).confirmed_at


# --- the first use ----------------------------------------------------------------------------------------------------


async def test_the_first_use_confirms_the_handoff_and_owner_and_contact_are_told_once(acme: Renewing) -> None:
    acme.world.clock.advance(DAY)
    at = acme.world.clock.now() - SECOND
    await use(acme, acme.first, at=at)
    assert await confirmed_at(acme, acme.first) == at
    used = await acme.token(acme.first)
    assert (used.last_accepted_at, used.last_accepted_by) == (at, ASKER)
    assert (await acme.records())[0] == "handoff.confirmed_by_use"
    told = await acme.world.deliver()
    assert told.count(Kind.FIRST_USE) == 2
    assert {Kind.HANDOFF, Kind.HANDOFF_COLLECTED} < set(told), "what was sent before says it, too"
    await use(acme, acme.first)
    assert await acme.world.deliver() == []


async def test_after_it_works_the_first_use_is_no_news(acme: Renewing) -> None:
    await acme.of_handoff(confirm_handoff, ConfirmHandoff, acme.first)
    before = acme.world.count_records()
    pressed_at = await confirmed_at(acme, acme.first)
    acme.world.clock.advance(DAY)
    await use(acme, acme.first)
    assert await confirmed_at(acme, acme.first) == pressed_at
    assert acme.world.count_records() == before
    assert Kind.FIRST_USE not in await acme.world.deliver()


async def test_a_former_contact_reads_nothing_of_it(acme: Renewing) -> None:
    await acme.contact_is("UERIK")
    await acme.world.deliver()
    await use(acme, acme.first)
    readers = "SELECT user_id FROM outbox JOIN people ON people.id = reader WHERE kind = 'first_use'"
    assert acme.world.rows(readers) == [("UANNA",)]


async def test_what_is_in_dispute_is_not_confirmed_by_use(acme: Renewing) -> None:
    await acme.of_handoff(dispute_handoff, DisputeHandoff, acme.first)
    await use(acme, acme.first)
    assert await confirmed_at(acme, acme.first) is None
    assert (await acme.token(acme.first)).last_accepted_at is not None


async def test_the_first_use_makes_reminders_say_and_be_thought_over_anew(acme: Renewing) -> None:
    acme.world.rows("UPDATE tokens SET next_reminder_at = NULL")
    await use(acme, acme.first)
    assert acme.world.rows("SELECT id FROM tokens WHERE next_reminder_at = 0") == [(acme.first,)]
    acme.world.rows("UPDATE tokens SET next_reminder_at = NULL")
    acme.world.clock.advance(DAY)
    await use(acme, acme.first)
    assert acme.world.rows("SELECT id FROM tokens WHERE next_reminder_at = 0") == []


# --- an overlap -------------------------------------------------------------------------------------------------------


async def test_use_decides_when_the_old_one_retires(acme: Renewing) -> None:
    new = await acme.renewed()
    begun = acme.world.clock.now()
    assert (await acme.token(acme.first)).retires_at == begun + 7 * DAY
    acme.world.clock.advance(DAY)
    await use(acme, acme.first)
    assert (await acme.token(acme.first)).retires_at is None, "use is known now, and the new one is not in use"
    await use(acme, new)
    assert (await acme.token(acme.first)).retires_at == begun + 8 * DAY
    acme.world.clock.advance(2 * DAY)
    await use(acme, acme.first, new)
    assert (await acme.token(acme.first)).retires_at == begun + 10 * DAY


async def test_an_old_one_that_is_used_all_the_time_is_seldom_thought_about_and_yet_never_retires(
    acme: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = await acme.renewed()
    await use(acme, acme.first, new)
    thought = 0

    async def counted(uow: UnitOfWork, ports: Ports, *given: Any, **more: Any) -> Any:
        nonlocal thought
        thought += 1
        return await plan_retirement(uow, ports, *given, **more)

    monkeypatch.setattr(module, "plan_retirement", counted)
    for _ in range(120):
        acme.world.clock.advance(timedelta(minutes=1))
        await use(acme, acme.first, new)
    assert thought == 2
    acme.world.clock.advance(7 * DAY - timedelta(minutes=1))
    await acme.sweep_after(timedelta(0))
    assert await acme.state(acme.first) is TokenState.OVERLAPPING
    await acme.sweep_after(timedelta(minutes=1))
    assert await acme.state(acme.first) is TokenState.RETIRED


# --- whatever comes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1, 2])))
async def test_in_any_order_the_last_is_kept(acme: Renewing, order: tuple[int, ...]) -> None:
    start = acme.world.clock.now()
    for each in order:
        at = start + each * DAY
        noted = Noted({acme.first: Use(at, ASKER)}, {(acme.first, Verdict.DISABLED): Use(at, ASKER)}, {ASKER: at})
        await record_checks(TEAM, noted, acme.world.ports)
        await record_checks(TEAM, noted, acme.world.ports)
    async with acme.world.ports.read(TEAM) as reading:
        (refusal,) = await reading.checks.refusals([acme.first])
        (server,) = await reading.resource_servers.all()
    assert (await acme.token(acme.first)).last_accepted_at == start + 2 * DAY
    assert (refusal.token, refusal.verdict, refusal.use) == (acme.first, Verdict.DISABLED, Use(start + 2 * DAY, ASKER))
    assert (server.first_asked_at, server.last_asked_at) == (start, start + 2 * DAY)


async def test_each_reason_for_a_refusal_is_kept_the_latest_first(acme: Renewing) -> None:
    start = acme.world.clock.now()
    reasons = [each for each in Verdict if each not in (Verdict.ACCEPTED, Verdict.UNKNOWN)]
    uses: dict[tuple[TokenId, Verdict], Use] = {
        (acme.first, reason): Use(start + n * SECOND, ASKER) for n, reason in enumerate(reasons)
    }
    await refuse(acme, uses)
    async with acme.world.ports.read(TEAM) as reading:
        found = await reading.checks.refusals([acme.first, NOBODY])
        assert await reading.checks.refusals([NOBODY]) == []
    assert [(each.verdict, each.use) for each in found] == [
        (reason, uses[acme.first, reason]) for reason in reversed(reasons)
    ]


async def test_what_is_gone_is_left_out(acme: Renewing) -> None:
    """Tokens and resource servers that somebody deleted by hand, or that were never there."""
    now = acme.world.clock.now()
    before = acme.world.count_records()
    noted = Noted(
        {NOBODY: Use(now, ASKER)},
        {
            (NOBODY, Verdict.EXPIRED): Use(now, ASKER),
            (acme.first, Verdict.EXPIRED): Use(now, GONE),
            (acme.first, Verdict.DISABLED): Use(now, ASKER),
        },
        {GONE: now, ASKER: now},
    )
    await record_checks(TEAM, noted, acme.world.ports)
    assert acme.world.rows("SELECT token, verdict FROM check_refusals") == [(acme.first, "disabled")]
    assert acme.world.rows("SELECT last_asked_at IS NULL FROM resource_servers") == [(0,)]
    assert acme.world.count_records() == before


async def test_a_token_that_was_set_back_by_hand_holds_up_nothing(acme: Renewing) -> None:
    """One that nobody has collected, as far as the rows tell, has not been used either."""
    acme.world.rows("UPDATE tokens SET collected_at = NULL, collected_by = NULL")
    await use(acme, acme.first)
    assert acme.world.rows("SELECT last_accepted_at FROM tokens") == [(None,)]
    at = acme.world.clock.now()
    acme.world.rows(
        f"UPDATE tokens SET collected_at = 1, collected_by = 'p', expires_at = {int(at.timestamp()) * 2_000_000}"
    )


@pytest.mark.on_a_file  # PostgreSQL lets nobody delete it
@pytest.mark.parametrize("gone", ["handoffs", "third_parties"])
async def test_a_token_without_its_handoff_or_third_party_is_used_all_the_same(
    begun: Begun, tmp_path: Path, gone: str
) -> None:
    for file in begun.folder.iterdir():
        (tmp_path / file.name).touch(0o600)
        (tmp_path / file.name).write_bytes(file.read_bytes())
    world = await World.make(tmp_path, seed=1)
    acme = Renewing(world, begun.party, begun.first)
    await add_resource_server(TEAM, world.ports)
    acme.world.rows(f"DELETE FROM {gone}")
    before = world.count_records()
    await use(acme, acme.first)
    assert (await acme.token(acme.first)).last_accepted_at == world.clock.now()
    assert world.count_records() == before
    await world.close()


# --- much of it -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path)
    await add_resource_server(TEAM, world.ports)
    yield Books(world)
    await world.close()


async def test_much_is_written_in_short_transactions_and_most_of_it_without_a_look_at_the_model(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 10)
    monkeypatch.setattr(module, "_CONSIDERED_AT_ONCE", 3)
    party = await books.party("Acme")
    times = [books.now - DAY] * 31 + [None] * 4
    tokens = [
        await books.token(party, f"{number:x}", last_accepted_at=at, confirmed=False) for number, at in enumerate(times)
    ]
    at = books.now + SECOND
    opened = 0
    write = books.world.ports.write

    def counted(workspace: Any) -> Any:
        nonlocal opened
        opened += 1
        return write(workspace)

    ports = replace(books.world.ports, write=counted)
    await record_checks(TEAM, Noted({token.id: Use(at, ASKER) for token in tokens}), ports)
    assert opened == 4 + 2
    async with ports.read(TEAM) as reading:
        found = await reading.tokens.of(party.id)
    assert {token.last_accepted_at for token in found} == {at}
    assert books.world.count_records() == 4
