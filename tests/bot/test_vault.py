import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.errors import CredentialsUnreadable
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.ports.machine import Place
from bot.keyring import Key, Keyring, Root, load_keyring, make_keyring
from bot.vault import ChainSeal, SealingVault
from tests.bot.fakes import NOW, NumberedRandom

PLACE = Place(WorkspaceId("T01MEADOW00"), "sealed_credentials", "row1", "client_secret")


def key(key_id: str) -> Key:
    name = key_id.encode()
    return Key(key_id, NOW, Root(name * 4), Root(name[::-1] * 4))


OLD, NEW = key("aaaaaaab"), key("aaaaaaac")


def vault(*keys: Key) -> SealingVault:
    return SealingVault(Keyring(keys), NumberedRandom())


def unreadable_key(vault: SealingVault, sealed: bytes, place: Place = PLACE) -> object:
    with pytest.raises(CredentialsUnreadable) as refusal:
        vault.open(sealed, place)
    assert refusal.value.__cause__ is None
    return refusal.value.fields["key_id"]


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_opens_in_its_place(text: str) -> None:
    sealed = vault(NEW).seal(Secret(text), PLACE)
    assert vault(NEW).open(sealed, PLACE).reveal() == text


@pytest.mark.parametrize("part", ["workspace", "table", "row", "column"])
@given(other=st.text(st.characters(codec="utf-8")))
def test_a_moved_ciphertext_does_not_open(part: str, other: str) -> None:
    changed: dict[str, Any] = {part: f"{getattr(PLACE, part)}{other}x"}
    elsewhere = dataclasses.replace(PLACE, **changed)
    sealed = vault(NEW).seal(Secret("secret"), PLACE)
    assert unreadable_key(vault(NEW), sealed, elsewhere) == NEW.id


def test_places_whose_names_run_together_are_different_places() -> None:
    sealed = vault(NEW).seal(Secret("secret"), Place(WorkspaceId("T1"), "table", "row", "column"))
    shifted = Place(WorkspaceId("T1t"), "able", "rowc", "olumn")
    assert unreadable_key(vault(NEW), sealed, shifted) == NEW.id


@given(st.data())
def test_a_changed_or_cut_ciphertext_does_not_open(data: st.DataObject) -> None:
    sealed = vault(NEW).seal(Secret("secret"), PLACE)
    position = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[position] ^ data.draw(st.integers(1, 255))
    unreadable_key(vault(NEW), sealed[:position] + bytes([flipped]) + sealed[position + 1 :])
    unreadable_key(vault(NEW), sealed[:position])


def test_the_key_id_is_bound_to_the_ciphertext() -> None:
    """Two ids for one root must not make one ciphertext valid under both."""
    twin = dataclasses.replace(NEW, id=OLD.id)
    sealed = vault(NEW).seal(Secret("secret"), PLACE)
    renamed = sealed.replace(NEW.id.encode(), twin.id.encode(), 1)
    assert unreadable_key(vault(twin), renamed) == twin.id


def test_the_first_key_seals_and_all_open() -> None:
    before = vault(OLD).seal(Secret("before"), PLACE)
    rotated = vault(NEW, OLD)
    after = rotated.seal(Secret("after"), PLACE)
    assert rotated.open(before, PLACE).reveal() == "before"
    assert vault(NEW).open(after, PLACE).reveal() == "after"
    assert unreadable_key(vault(OLD), after) == NEW.id


TEXTS = st.text(st.characters(codec="utf-8"))


def resealed(vault: SealingVault, sealed: dict[str, bytes]) -> list[bytes]:
    return vault.reseal(PLACE.workspace, PLACE.table, PLACE.row, [*sealed.items()])


@given(TEXTS, TEXTS)
def test_what_is_sealed_anew_opens_with_the_first_key_alone_and_in_its_place(one: str, other: str) -> None:
    places = [dataclasses.replace(PLACE, column=column) for column in ("one", "other")]
    before = {
        place.column: vault(OLD).seal(Secret(text), place) for place, text in zip(places, (one, other), strict=True)
    }
    anew = resealed(vault(NEW, OLD), before)
    assert [vault(NEW).open(value, place).reveal() for value, place in zip(anew, places, strict=True)] == [one, other]
    assert len({value[9:21] for value in anew}) == 2, "each has a nonce of its own"


@given(st.data())
def test_what_cannot_be_opened_is_not_sealed_anew(data: st.DataObject) -> None:
    """It is refused with the very words that opening it is."""
    sealed = vault(NEW).seal(Secret("secret"), PLACE)
    position = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:position] + data.draw(st.binary(max_size=60).filter(lambda end: end != sealed[position:]))
    with pytest.raises(CredentialsUnreadable) as opening:
        vault(NEW).open(changed, PLACE)
    with pytest.raises(CredentialsUnreadable) as sealing:
        resealed(vault(NEW), {PLACE.column: changed})
    assert (opening.value.fields, sealing.value.__cause__) == (sealing.value.fields, None)


def test_what_names_no_key_is_unreadable() -> None:
    assert unreadable_key(vault(NEW), b"") is None
    assert unreadable_key(vault(NEW), b"\x01\xff\xff\xff\xff\xff\xff\xff\xff") is None


@given(st.sampled_from([b"", b"\x01", b"\x01" + NEW.id.encode(), b"\x02" + NEW.id.encode()]), st.binary(max_size=80))
def test_whatever_is_there_instead_is_refused(begins: bytes, rest: bytes) -> None:
    instead: list[Any] = [begins + rest, (begins + rest).decode("latin-1")]  # SQLite keeps a text there, too
    for found in instead:
        with pytest.raises(CredentialsUnreadable):
            vault(NEW).open(found, PLACE)


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    one = vault(NEW)
    assert one.seal(Secret("secret"), PLACE) != one.seal(Secret("secret"), PLACE)


def test_neither_keyring_nor_vault_shows_a_key(tmp_path: Path) -> None:
    make_keyring(tmp_path / "keyring", now=NOW, random=NumberedRandom())
    keyring = load_keyring(tmp_path / "keyring")
    shown = f"{keyring!r} {keyring.first} {SealingVault(keyring, NumberedRandom())} {ChainSeal(keyring)!r}"
    for root in (keyring.first.sealing, keyring.first.audit):
        assert str(root) == "Root(…)"
        assert all(repr(root.derive(purpose)) not in shown for purpose in ("seal", "reason", "audit chain"))
    [entry] = json.loads((tmp_path / "keyring").read_text())["keys"]
    assert entry["sealing"] not in shown
    assert entry["audit"] not in shown


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_reason_hashes_the_same_only_in_its_workspace(one: str, other: str) -> None:
    hashes = {
        vault(NEW).hash_reason(WorkspaceId(workspace), text)
        for workspace, text in {("T1", one), ("T1", other), ("T2", one), ("T1" + one, "")}
    }
    assert len(hashes) == len({("T1", one), ("T1", other), ("T2", one), ("T1" + one, "")})
    assert vault(NEW).hash_reason(WorkspaceId("T1"), one) == vault(NEW).hash_reason(WorkspaceId("T1"), one)
    assert vault(OLD).hash_reason(WorkspaceId("T1"), one) not in hashes


def test_a_secret_that_was_made_elsewhere_is_found_under_every_key_and_only_in_its_workspace() -> None:
    secret, here = Secret("summer2024"), WorkspaceId("T1")
    before = vault(OLD).keyed_digest(here, secret)
    now = vault(NEW, OLD).keyed_digest(here, secret)
    assert (before.key_id, now.key_id) == (OLD.id, NEW.id)
    assert vault(NEW, OLD).keyed_digests(here, secret) == [now, before]
    elsewhere = vault(NEW, OLD).keyed_digests(WorkspaceId("T2"), secret)
    others = [vault(NEW).keyed_digest(here, Secret(text)) for text in ("summer2025", "", "\ud800\0")]
    digests = {each.digest for each in (before, now, *elsewhere, *others)}
    assert len(digests) == 7
    assert hashlib.sha256(b"summer2024").digest() not in digests


@given(st.binary(), st.binary())
def test_a_chained_record_verifies(previous: bytes, record: bytes) -> None:
    mac = ChainSeal(Keyring([OLD])).mac(previous, record)
    assert mac.startswith(OLD.id.encode())
    assert ChainSeal(Keyring([NEW, OLD])).verify(previous, record, mac)
    assert not ChainSeal(Keyring([NEW])).verify(previous, record, mac)


@given(st.binary(), st.binary(min_size=1), st.data())
def test_a_changed_record_or_mac_does_not_verify(previous: bytes, record: bytes, data: st.DataObject) -> None:
    seal = ChainSeal(Keyring([NEW, OLD]))
    mac = seal.mac(previous, record)
    position = data.draw(st.integers(0, len(mac) - 1))
    flipped = mac[position] ^ data.draw(st.integers(1, 255))
    assert not seal.verify(previous, record, mac[:position] + bytes([flipped]) + mac[position + 1 :])
    assert not seal.verify(previous, record, mac[:position])
    assert not seal.verify(previous, record + b"x", mac)
    assert not seal.verify(previous + record[:1], record[1:], mac)
