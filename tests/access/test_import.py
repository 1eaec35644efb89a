"""Importing, in one transaction: what is new comes, what is there stays, and everything is recorded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.errors import ImportOutdated, TokenExists
from access.model.ids import ClientId, ProposalId, ThirdPartyId
from access.model.import_plan import ImportPlan, people_in
from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.imported import Imported
from access.model.messages import MessageKind
from access.model.sheet import Wrong, read_sheet
from access.model.token import TokenState
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.import_third_parties import ImportFile, import_third_parties, preview_import
from access.operations.issue_token import IssueToken, issue_token
from storage.chain import verify_chain
from tests.access.world import TEAM, World

HEADER = "name,owner,contact,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
MIGRATED = "Acme,UMIA,UCARLA,yes,migrated,former-token-0001,former-secret-1,2026-01-15,2026-07-15,yes"
EXTERNAL = "Far,UMIA,UCARLA,yes,external,,,2026-01-15,2026-07-15,"
RENEWED = "Far,UMIA,UCARLA,yes,external,,,2026-02-15,2026-09-15,"
OFFERED = "Far,UMIA,UCARLA,yes,external,their-token-0001,their-secret-1,2026-02-15,2026-09-15,no"
BARE = "Bare,UBEN,,no,,,,,,"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.make(tmp_path)
    yield world
    await world.close()


def file_of(world: World, *rows: str) -> ImportFile:
    sheet = read_sheet("\n".join([HEADER, *rows]).encode(), known=COLUMNS, required=REQUIRED)
    parties, problems = parties_of(sheet, world.clock.now())
    return ImportFile(parties, problems, {text: world.town.people.get(text) for text in people_in(parties)})


async def bring(world: World, *rows: str) -> Imported:
    return await import_third_parties(TEAM, file_of(world, *rows), world.ports)


async def preview(world: World, *rows: str) -> ImportPlan:
    return await preview_import(TEAM, file_of(world, *rows), world.ports)


async def test_what_a_file_describes_is_there_afterwards_with_a_record_of_each(world: World) -> None:
    assert await bring(world, MIGRATED, EXTERNAL, BARE) == Imported(3, 2, 2)
    async with world.database.read(TEAM) as reading:
        party = await reading.third_parties.by_name("ACME")
        assert party is not None
        assert (party.enabled, party.contact) == (True, None)
        [token] = await reading.tokens.of(party.id)
    assert token.state(world.clock.now()) is TokenState.ACTIVE
    assert (token.issued_by, token.collected_by, token.collected_at) == (None, None, world.clock.now())
    assert world.rows("SELECT action, count(*) FROM audit GROUP BY 1 ORDER BY 1") == [
        ("contact.proposed", 2),
        ("imported", 1),
        ("third_party.imported", 3),
        ("token.imported", 2),
    ]
    assert (await verify_chain(world.database, TEAM, world.seal)).first_wrong is None
    assert world.rows("SELECT count(*) FROM sealed_credentials") == [(0,)]


async def test_the_same_file_twice_does_nothing_the_second_time(world: World) -> None:
    before = await bring(world, MIGRATED, EXTERNAL, BARE)
    records = world.count_records()
    assert before.third_parties == 3
    assert not (await preview(world, MIGRATED, EXTERNAL, BARE)).changes
    assert await bring(world, MIGRATED, EXTERNAL, BARE) == Imported()
    assert world.count_records() == records


async def test_one_that_expired_before_it_was_offered_makes_room(world: World) -> None:
    await bring(world, OFFERED)
    world.clock.advance(timedelta(days=300))
    later = (
        OFFERED.replace("2026-02-15,2026-09-15", "2026-10-15,2027-09-15")
        .replace("-0001", "-0002")
        .replace("-1,", "-2,")
    )
    assert await bring(world, later) == Imported(0, 0, 1)
    assert world.rows("SELECT revoked_at IS NULL FROM tokens ORDER BY position") == [(0,), (1,)]
    assert world.rows("SELECT count(*) FROM sealed_credentials") == [(1,)]


async def test_everybody_hears_of_it_once(world: World) -> None:
    await bring(world, MIGRATED, EXTERNAL, BARE)
    posted = await world.deliver()
    assert posted[:1] == [MessageKind.IMPORTED]  # introductions, as many as there may be, keep nothing else waiting
    assert set(posted) == {MessageKind.IMPORTED, MessageKind.INTRODUCTION}
    assert world.rows("SELECT count(*) FROM contact_proposals WHERE reached_at IS NULL") == [(0,)]
    assert await world.deliver() == []


async def test_who_cannot_be_introduced_is_no_contact_of_any(world: World) -> None:
    await bring(world, MIGRATED, EXTERNAL)
    await world.deliver(introductions_arrive=False)
    assert world.rows("SELECT DISTINCT outcome FROM contact_proposals") == [("unreachable",)]


async def test_what_is_there_stays_as_it_is(world: World) -> None:
    await bring(world, MIGRATED)
    [step] = (await preview(world, MIGRATED.replace("UMIA", "UBEN").replace(",yes,m", ",no,m"))).steps
    assert (step.changes, step.same, set(step.differs)) == (False, 1, {"owner", "enabled"})


async def test_the_owner_brings_a_renewed_external_token(world: World) -> None:
    await bring(world, EXTERNAL)
    world.clock.advance(timedelta(days=1))
    assert await bring(world, EXTERNAL, RENEWED) == Imported(0, 0, 1)
    assert world.rows("SELECT count(*) FROM tokens AS n JOIN tokens AS o ON o.id = n.renews") == [(1,)]
    assert world.rows("SELECT count(*) FROM tokens WHERE succeeded_at IS NOT NULL") == [(1,)]
    plan = await preview(world, EXTERNAL, RENEWED, RENEWED.replace("2026-02-15", "2026-02-16"))
    assert [problem.wrong for problem in plan.problems] == [Wrong.TOO_MANY_TOKENS]


async def test_what_is_to_be_handed_over_waits_sealed(world: World) -> None:
    assert await bring(world, OFFERED) == Imported(1, 1, 1)
    [(token, state)] = world.rows("SELECT id, collected_at FROM tokens")
    assert state is None
    assert [secret.reveal() for secret in world.vault.sealed[str(token)]] == ["their-secret-1", "their-token-0001"]
    assert world.rows("SELECT count(*) FROM sealed_credentials WHERE client_secret IS NOT NULL") == [(1,)]
    plan = await preview(world, OFFERED, OFFERED.replace("their", "more"))
    assert [problem.wrong for problem in plan.problems] == [Wrong.TOO_MANY_UNDELIVERED]


async def test_a_secret_belongs_to_one_third_party_after_a_rotation_too(world: World) -> None:
    await bring(world, MIGRATED)
    [plan] = [await preview(world, MIGRATED.replace("Acme", "Other"))]
    assert {(each.line, each.column) for each in plan.problems} == {(2, "token"), (2, "client_secret")}


async def test_a_client_id_belongs_to_one_third_party(world: World) -> None:
    named = replace(file_of(world, BARE).parties[0], client_id=ClientId("former-id"))
    known = file_of(world, BARE)
    await import_third_parties(TEAM, replace(known, parties=[named]), world.ports)
    other = replace(known, parties=[replace(named, name="Another")])
    plan = await preview_import(TEAM, other, world.ports)
    assert [problem.wrong for problem in plan.problems] == [Wrong.CLIENT_ID_TAKEN]


async def test_a_new_token_with_the_client_secret_that_is_there_is_not_taken_for_the_old_one(world: World) -> None:
    await bring(world, MIGRATED)
    newer = MIGRATED.replace("-0001", "-0002").replace("2026-07-15", "2026-10-15")
    plan = await preview(world, newer)
    assert [(each.column, each.wrong) for each in plan.problems] == [("client_secret", Wrong.CLIENT_SECRET_KEPT)]
    assert await bring(world, newer.replace("former-secret-1", "")) == Imported(0, 0, 1)


async def test_what_a_file_does_not_say_differs_from_nothing(world: World) -> None:
    await bring(world, EXTERNAL)
    [step] = (await preview(world, EXTERNAL.replace("UCARLA,yes", ","))).steps
    assert (step.same, step.differs) == (1, ())


async def test_what_came_in_between_stops_all_of_it_and_is_recorded(world: World) -> None:
    file = file_of(world, MIGRATED, BARE)
    await bring(world, MIGRATED.replace("Acme", "Other"))
    with pytest.raises(ImportOutdated):
        await import_third_parties(TEAM, file, world.ports)
    assert world.rows("SELECT name FROM third_parties") == [("Other",)]
    assert world.rows("SELECT action, outcome FROM audit ORDER BY number DESC LIMIT 1") == [
        ("import_third_parties", "import_outdated")
    ]


async def test_an_error_half_way_leaves_nothing(world: World) -> None:
    class Failing(Exception):
        pass

    def fail(_: int) -> None:
        raise Failing

    with pytest.raises(Failing):
        await import_third_parties(TEAM, file_of(world, MIGRATED, BARE), world.ports, progress=fail)
    for table in ("third_parties", "tokens", "contact_proposals", "people", "audit", "outbox"):
        assert world.rows(f"SELECT count(*) FROM {table}") == [(0,)]


async def test_many_at_once_go_the_same_way(world: World) -> None:
    many = [
        MIGRATED.replace("Acme", f"Acme {n}").replace("-0001", f"-{n}").replace("secret-1", f"secret-{n}")
        for n in range(250)
    ]
    assert await bring(world, *many) == Imported(250, 250, 250)
    assert (await verify_chain(world.database, TEAM, world.seal)).first_wrong is None
    assert await bring(world, *many) == Imported()


async def test_what_waited_is_offered_once(world: World) -> None:
    await bring(world, OFFERED)
    await world.deliver()
    [(party, proposal)] = world.rows("SELECT third_party, id FROM contact_proposals")
    approval = ApproveContact(caller=world.caller("UANNA"), proposal=ProposalId(proposal))
    await approve_contact(approval, world.ports)
    issuing = IssueToken(caller=world.caller("UANNA"), third_party=ThirdPartyId(party))
    issued = await issue_token(issuing, world.ports)
    assert world.rows("SELECT id FROM tokens") == [(issued.token.id,)]
    with pytest.raises(TokenExists):
        await issue_token(issuing, world.ports)
