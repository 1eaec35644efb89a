from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from access.model.errors import TokenNotFound
from access.model.ids import ThirdPartyId, TokenId
from storage.engine import Database
from storage.errors import ConstraintBroken
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, PARTY, THERE, TOKEN, keep_party, party, token

COLLECTED: dict[str, Any] = {"collected_at": NOW, "collected_by": CONTACT}


async def test_all_of_it_comes_back(database: Database) -> None:
    await keep_party(database)
    times = {"succeeded_at": NOW, "retires_at": NOW + HOUR, "last_accepted_at": NOW}
    used = token(**COLLECTED, **times, suspended_at=NOW + HOUR, renews=TokenId("before"))
    ended = token(**COLLECTED, suspended_at=NOW + HOUR, revoked_at=NOW + 2 * HOUR)
    retired = token(**COLLECTED, succeeded_at=NOW, retired_at=NOW + HOUR)
    async with database.write(HERE) as uow:
        await uow.tokens.add(token(id=TokenId("before"), **COLLECTED))
        await uow.tokens.add(token())
        assert await uow.tokens.get(TOKEN) == token()
        for each in (used, ended, retired):
            await uow.tokens.save(each)
            assert await uow.tokens.get(TOKEN) == each


async def test_an_unknown_one_is_not_found(database: Database) -> None:
    async with database.read(HERE) as reading:
        assert await reading.tokens.of(PARTY) == []
        with pytest.raises(TokenNotFound):
            await reading.tokens.get(TOKEN)


async def test_they_come_newest_first_even_within_one_instant(database: Database) -> None:
    await keep_party(database, party(), party("Other", id=ThirdPartyId("other")))
    issued = [token(id=TokenId(name), **COLLECTED) for name in ("b", "c", "a")]
    async with database.write(HERE) as uow:
        for each in issued:
            await uow.tokens.add(each)
        await uow.tokens.add(token(id=TokenId("theirs"), third_party=ThirdPartyId("other")))
        assert await uow.tokens.of(PARTY) == issued[::-1]


async def test_it_is_found_by_fingerprint_and_by_either_digest(database: Database) -> None:
    await keep_party(database)
    twin = token(id=TokenId("twin"), **COLLECTED)
    twin = replace(twin, fingerprint=token().fingerprint)
    async with database.write(HERE) as uow:
        await uow.tokens.add(token())
        await uow.tokens.add(twin)
        assert {each.id for each in await uow.tokens.by_fingerprint(twin.fingerprint)} == {"token", "twin"}
        assert await uow.tokens.by_digest(token().token_digest or b"") == token()
        assert await uow.tokens.by_digest(twin.secret_digest or b"") == twin
        assert await uow.tokens.by_digest(bytes(32)) is None


async def test_two_tokens_never_share_a_digest(database: Database) -> None:
    await keep_party(database)
    for digest in ("token_digest", "secret_digest"):
        double = token(id=TokenId("double"), **COLLECTED, **{digest: getattr(token(), digest)})
        async with database.write(HERE) as uow:
            await uow.tokens.add(token())
            with pytest.raises(ConstraintBroken, match=digest):
                await uow.tokens.add(double)


async def test_a_third_party_has_at_most_one_pending_token(database: Database) -> None:
    await keep_party(database)
    second = token(id=TokenId("second"))
    async with database.write(HERE) as uow:
        await uow.tokens.add(replace(token(), **COLLECTED))
        await uow.tokens.add(second)
        await uow.tokens.save(replace(second, revoked_at=NOW))
        await uow.tokens.add(token(id=TokenId("third")))
        with pytest.raises(ConstraintBroken, match=r"tokens\.workspace, tokens\.third_party|uq_tokens_pending"):
            await uow.tokens.add(token(id=TokenId("fourth"), issued_at=NOW + timedelta(1)))


async def test_a_token_needs_its_third_party_in_the_same_workspace(database: Database) -> None:
    await keep_party(database, workspace=THERE)
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken, match=r"FOREIGN KEY|fk_tokens_third_parties"):
            await uow.tokens.add(token())


async def test_a_token_renews_one_that_there_is(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken, match=r"FOREIGN KEY|fk_tokens_tokens"):
            await uow.tokens.add(token(renews=TokenId("nothing")))


async def test_those_are_due_whose_time_to_retire_has_come_the_longest_overdue_first(database: Database) -> None:
    await keep_party(database)
    times = {"later": NOW + HOUR, "b": NOW, "a": NOW, "first": NOW - HOUR, "never": None}
    async with database.write(HERE) as uow:
        for name, at in times.items():
            await uow.tokens.add(token(id=TokenId(name), **COLLECTED, succeeded_at=NOW - HOUR, retires_at=at))
        assert [each.id for each in await uow.tokens.due(NOW, 9)] == ["first", "a", "b"]
        assert [each.id for each in await uow.tokens.due(NOW, 1)] == ["first"]
