"""Somebody with a copy of the database, and without the keyring."""

import re
from pathlib import Path

import pytest

from access.model.credentials import digest
from access.model.errors import CredentialsUnreadable
from access.model.ids import ReasonHash, TokenId
from access.model.secret import Secret
from access.operations.look_at_people import look_at_people
from access.operations.offering import bearer_place, secret_place
from bot.keyring import load_keyring, make_keyring
from bot.vault import SealingVault
from handlers import ids
from storage.tables import metadata
from tests.access.world import TEAM
from tests.attacks.town import COLLECTED, OFFERED, Attacked, edit_fields, edit_form
from tests.fakes import CountingRandom
from tests.handlers.office import typed
from tests.scenarios.stage import encodings

PERSONAL = {
    "third_parties.name": "Aurora Systems",
    "third_parties.name_key": "aurora systems",
    "third_parties.callback_url": "https://evil.example/",
    "third_parties.notes": "call Zoe",
    "reasons.text": "because of Zoe",
    "people.user_id": "UCARLA",
    "people.time_zone": "Europe/Berlin",
    "outbox.channel": "D1",
}
"""Each place in which something stands that people typed or by which Slack knows them. SECURITY.md says the same."""


async def test_a_copy_opens_nothing_without_the_keyring(town: Attacked, tmp_path: Path) -> None:
    make_keyring(tmp_path / "another", now=town.office.world.clock.now(), random=CountingRandom(9))
    another = SealingVault(load_keyring(tmp_path / "another"), CountingRandom(9))
    ((token, client_secret, bearer),) = town.rows("SELECT token, client_secret, bearer FROM sealed_credentials")
    places = {secret_place(TEAM, TokenId(token)): client_secret, bearer_place(TEAM, TokenId(token)): bearer}
    for place, sealed in places.items():
        with pytest.raises(CredentialsUnreadable):
            another.open(sealed, place)
        assert town.office.world.vault.open(sealed, place).reveal() in town.secrets()


async def test_a_copy_holds_no_secret_in_any_encoding(town: Attacked) -> None:
    everything = b"".join(town.files())
    for secret in town.secrets():
        for form in encodings(secret):
            assert form.encode() not in everything
            assert form[4:40].encode() not in everything


async def test_a_digest_is_all_that_is_kept_of_a_token_and_its_own_bytes_are_not_in_it(town: Attacked) -> None:
    kept = town.rows("SELECT token_digest, secret_digest FROM tokens ORDER BY position, third_party")
    expected = {digest(Secret(secret)) for secret in town.secrets()}
    assert {each for row in kept for each in row} == expected


async def test_a_reason_cannot_be_guessed_from_the_trail_once_its_row_is_deleted(town: Attacked) -> None:
    """Its hash is keyed: guesses need the keyring."""
    world = town.office.world
    await town.office.types("UANNA", f'disable "{OFFERED}" because of Zoe')
    ((hashed,),) = town.rows(
        "SELECT json_extract(details, '$.reason') FROM audit WHERE action = 'third_party.disabled'"
    )
    assert hashed == world.vault.hash_reason(TEAM, "because of Zoe")
    assert ReasonHash(digest(Secret("because of Zoe")).hex()) != hashed


async def test_what_a_copy_tells_of_people_is_what_security_md_says(town: Attacked) -> None:
    office = town.office
    await office.types("UANNA", f'disable "{OFFERED}" because of Zoe')
    await look_at_people(TEAM, office.world.ports)
    about = await edit_form(office, COLLECTED)
    fields = edit_fields(COLLECTED) | {ids.TEXT_FIELD: typed("call Zoe")}
    await office.submits("UANNA", ids.EDIT_FORM, about, **fields)
    found = set()
    for table, columns in metadata.tables.items():
        for column in columns.columns:
            values = town.rows(f'SELECT DISTINCT "{column.name}" FROM {table}')
            texts = [value for (value,) in values if isinstance(value, str)]
            if any(
                mark in text for mark in PERSONAL.values() for text in texts if not re.fullmatch("[a-z2-7]{26}", text)
            ):
                found.add(f"{table}.{column.name}")
    assert found == PERSONAL.keys()


async def test_a_backup_with_the_keyring_opens_what_still_waits_and_nothing_that_was_collected(town: Attacked) -> None:
    """Not from the rows, and not from what deleted rows leave behind in the file and its journal."""
    world = town.office.world
    waits = town.rows("SELECT token, client_secret, bearer FROM sealed_credentials")
    ((token, client_secret, bearer),) = waits
    assert client_secret in b"".join(town.files())
    await town.office.submits("UCARLA", ids.HANDOFF_FORM, town.ids["handoff"])
    after = b"".join(town.files())
    for sealed, place in ((client_secret, secret_place), (bearer, bearer_place)):
        assert not any(sealed[at : at + 16] in after for at in range(0, len(sealed) - 16, 4))
        older = world.vault.open(sealed, place(TEAM, TokenId(token)))  # a backup of that time still gives it
        assert older.reveal() in town.secrets()
    assert town.rows("SELECT * FROM sealed_credentials") == []


async def test_what_is_withdrawn_leaves_the_files_as_well(town: Attacked) -> None:
    ((_, client_secret, bearer),) = town.rows("SELECT token, client_secret, bearer FROM sealed_credentials")
    await town.office.types("UANNA", f'remove "{OFFERED}"')
    await town.office.presses("UANNA", ids.REMOVE_NOW, town.ids["offered"])
    after = b"".join(town.files())
    assert client_secret[20:60] not in after
    assert bearer[20:60] not in after
