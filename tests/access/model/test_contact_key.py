from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model import events as happened
from access.model.contact import ContactProposal
from access.model.contact_key import (
    MOST_CHANGES,
    ContactKey,
    ContactKeys,
    KeyKind,
    KeyOutcome,
    PublicKey,
    change_key,
    contains_private_key,
    file_for,
    is_not_to_be_kept,
    may_have_key,
    sole_line,
)
from access.model.credentials import Credentials
from access.model.errors import (
    KeyChangeDecided,
    KeyRequired,
    KeysChangedOften,
    KeyUnchanged,
    KeyUnusable,
    NoKeyToRemove,
    NotTheContact,
    OwnKey,
)
from access.model.ids import (
    ClientId,
    ContactKeyId,
    Fingerprint,
    HandoffId,
    PersonId,
    ProposalId,
    ReasonHash,
    ThirdPartyId,
)
from access.model.policy import Policy
from access.model.secret import Secret
from access.model.third_party import ThirdParty

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTY, K, L = ThirdPartyId("tp"), ContactKeyId("k"), ContactKeyId("l")
CARLA, BEN, ERIK = PersonId("carla"), PersonId("ben"), PersonId("erik")


def key(**given: Any) -> ContactKey:
    fields: dict[str, Any] = {"kind": KeyKind.AGE, "text": "age1x", "fingerprint": "SHA256:x", **given}
    return ContactKey(**{"id": K, "third_party": PARTY, "contact": CARLA, "asked_at": NOW, **fields})


def removal() -> ContactKey:
    return key(id=L, kind=None, text=None, fingerprint=None)


def in_force() -> ContactKey:
    return key(id=ContactKeyId("old"), outcome=KeyOutcome.APPROVED, decided_at=NOW, decided_by=BEN)


def party(**given: Any) -> ThirdParty:
    fields = {"name": "Acme", "client_id": ClientId("c"), "owner": BEN, "registered_at": NOW, "contact": CARLA}
    return ThirdParty(**{"id": PARTY, **fields, **given})


def proposal(contact: PersonId, **given: Any) -> ContactProposal:
    return ContactProposal(ProposalId("p"), PARTY, contact, proposed_by=BEN, proposed_at=NOW, **given)


GIVEN = PublicKey(KeyKind.ED25519, "ssh-ed25519 AAAA", "SHA256:new")


def ask(wanted: PublicKey | None, keys: ContactKeys, **given: Any) -> tuple[Any, Any, list[happened.Event]]:
    rest = {"party": party(), "proposal": None, "by": CARLA, "hashed": ReasonHash("h"), "lately": 0, "now": NOW}
    of_party, waiting, *_ = (given.pop(name, rest.pop(name)) for name in ("party", "proposal"))
    return change_key(L, wanted, keys, of_party, waiting, **{**rest, **given})


def test_a_key_that_is_approved_takes_the_place_of_the_one_before_whose_text_is_forgotten() -> None:
    approved, ended, news = key().approve(BEN, in_force(), NOW)
    assert approved.is_in_force
    assert approved.text == "age1x"
    assert ended is not None
    assert (ended.is_in_force, ended.text, ended.fingerprint) == (False, None, "SHA256:x")
    assert news == [happened.ContactKeyApproved(PARTY, key=K, contact=CARLA, former=ContactKeyId("old"))]
    assert key().approve(BEN, None, NOW)[1] is None


def test_a_removal_that_is_approved_leaves_none() -> None:
    approved, ended, _ = removal().approve(BEN, in_force(), NOW)
    assert not approved.is_in_force
    assert ended is not None
    assert not ended.is_in_force


def test_whatever_is_not_approved_keeps_no_text() -> None:
    rejected, news = key().reject(BEN, NOW)
    superseded, _ = key().supersede(NOW)
    withdrawn, _ = key().end(NOW)
    ended, last = in_force().end(NOW)
    assert [each.text for each in (rejected, superseded, withdrawn, ended)] == [None] * 4
    assert [each.outcome for each in (rejected, superseded, withdrawn, ended)] == [
        KeyOutcome.REJECTED,
        KeyOutcome.SUPERSEDED,
        KeyOutcome.WITHDRAWN,
        KeyOutcome.APPROVED,
    ]
    assert not ended.is_in_force
    assert news == [happened.ContactKeyRejected(PARTY, key=K, contact=CARLA)]
    assert last == [happened.ContactKeyEnded(PARTY, key=ContactKeyId("old"))]


@pytest.mark.parametrize("outcome", KeyOutcome)
def test_it_is_decided_once(outcome: KeyOutcome) -> None:
    decided = key(outcome=outcome, decided_at=NOW)
    for decide in (
        lambda: decided.approve(BEN, None, NOW),
        lambda: decided.reject(BEN, NOW),
        lambda: decided.supersede(NOW),
    ):
        with pytest.raises(KeyChangeDecided) as refused:
            decide()
        assert refused.value.fields == {"outcome": outcome.value}


def test_nobody_decides_about_their_own() -> None:
    with pytest.raises(OwnKey):
        key().approve(CARLA, None, NOW)
    with pytest.raises(OwnKey):
        key().reject(CARLA, NOW)


def test_the_contact_and_who_waits_to_become_it_may_have_a_key() -> None:
    assert may_have_key(CARLA, party(), None)
    assert may_have_key(ERIK, party(), proposal(ERIK))
    assert not may_have_key(ERIK, party(), None)
    assert not may_have_key(ERIK, party(), proposal(ERIK, deputy=True))
    assert not may_have_key(ERIK, party(), proposal(BEN))
    assert not may_have_key(CARLA, party(removed_at=NOW), None)
    assert not may_have_key(CARLA, None, None)


def test_asking_for_another_key_ends_what_waited_and_says_whether_an_admin_is_asked_about_it_alone() -> None:
    asked, ended, news = ask(GIVEN, ContactKeys(in_force(), key()))
    assert (asked.text, asked.fingerprint, asked.outcome) == ("ssh-ed25519 AAAA", "SHA256:new", None)
    assert ended.outcome is KeyOutcome.SUPERSEDED
    assert news == [
        happened.ContactKeySuperseded(PARTY, key=K),
        happened.ContactKeyRegistered(
            PARTY, key=L, contact=CARLA, kind="ssh-ed25519", hashed=ReasonHash("h"), of_contact=True
        ),
    ]
    _, none, (registered,) = ask(GIVEN, ContactKeys(), by=ERIK, proposal=proposal(ERIK))
    assert none is None
    assert isinstance(registered, happened.ContactKeyRegistered)
    assert not registered.of_contact


def test_a_removal_is_asked_for_of_a_key_that_there_is() -> None:
    asked, _, news = ask(None, ContactKeys(in_force()))
    assert asked.is_removal
    assert news == [happened.ContactKeyRemovalAsked(PARTY, key=L, contact=CARLA)]
    with pytest.raises(NoKeyToRemove):
        ask(None, ContactKeys(None, key()))


@pytest.mark.parametrize(
    ("wanted", "keys", "state"),
    [
        (PublicKey(KeyKind.AGE, "age1x", "SHA256:x"), ContactKeys(in_force()), "in_force"),
        (PublicKey(KeyKind.AGE, "age1x", "SHA256:x"), ContactKeys(None, key()), "waiting"),
        (None, ContactKeys(in_force(), removal()), "waiting"),
    ],
)
def test_what_is_so_already_is_not_asked_for(wanted: PublicKey | None, keys: ContactKeys, state: str) -> None:
    with pytest.raises(KeyUnchanged) as refused:
        ask(wanted, keys)
    assert refused.value.fields == {"state": state}


def test_to_go_back_to_the_key_in_force_while_another_one_waits_is_a_change_too() -> None:
    waiting = key(id=ContactKeyId("w"), fingerprint="SHA256:w")
    asked, ended, _ = ask(PublicKey(KeyKind.AGE, "age1x", "SHA256:x"), ContactKeys(in_force(), waiting))
    assert asked.fingerprint == "SHA256:x"
    assert ended.id == "w"


def test_nobody_else_asks_and_nobody_too_often() -> None:
    with pytest.raises(NotTheContact):
        ask(GIVEN, ContactKeys(), by=ERIK)
    assert ask(GIVEN, ContactKeys(), lately=MOST_CHANGES - 1)
    with pytest.raises(KeysChangedOften):
        ask(GIVEN, ContactKeys(), lately=MOST_CHANGES)


def test_where_a_key_is_compulsory_there_has_to_be_one_in_force() -> None:
    strict, problem = Policy(require_contact_key=True), "reveal"
    ContactKeys().must_do(Policy(), problem=problem)
    ContactKeys(in_force()).must_do(strict, problem=problem)
    for keys in (ContactKeys(), ContactKeys(None, key())):
        with pytest.raises(KeyRequired) as refused:
            keys.must_do(strict, problem=problem)
        assert refused.value.fields == {"problem": problem}


def test_what_is_encrypted_is_a_file_of_these_very_bytes() -> None:
    credentials = Credentials(
        HandoffId("h"), "Acme", ClientId("tpc_1"), Secret("tps_s"), Secret("tpt_t"), Fingerprint("01234567"), NOW
    )
    lines = "API_CLIENT_ID=tpc_1\nAPI_CLIENT_SECRET=tps_s\nAPI_TOKEN=tpt_t\n"
    assert file_for(credentials, None).reveal() == lines
    assert file_for(credentials, "https://a.example").reveal() == f"API_URL=https://a.example\n{lines}"
    assert file_for(credentials, f"https://a.example/{'x' * 500}").reveal() == lines


ARMOUR = "-----BEGIN {}PRIVATE KEY-----\nMIIE\n-----END {}PRIVATE KEY-----"
PRIVATE = [
    "AGE-SECRET-KEY-1QQQQQQQQQQQQ",
    "age-secret-key-1qqqqqqqqqqqq",
    "AGE-SECRET-KEY-PQ-1QQQQQQQQQ",
    "AGE-PLUGIN-YUBIKEY-1QQQQQQQQ",
    *(ARMOUR.format(kind, kind) for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")),
    "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
    "\u2014BEGIN OPENSSH PRIVATE KEY\u2014",
    "PuTTY-User-Key-File-3: ssh-ed25519",
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU",
]
BETWEEN = st.sampled_from(["", " ", "\n", "\u200b", "\r\n\t"])


@given(st.sampled_from(PRIVATE), st.text(max_size=9), st.text(max_size=9), BETWEEN, st.integers(1, 30))
def test_a_private_key_is_known_however_it_is_broken_up(text: str, before: str, after: str, gap: str, at: int) -> None:
    assert contains_private_key(f"{before}\n{text[:at]}{gap}{text[at:]}\n{after}")


@pytest.mark.parametrize(
    "text",
    [
        "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE me@host",
        "never paste a private key, as in BEGIN PRIVATE KEY or AGE-SECRET-KEY-1",
        "contract under review",
    ],
)
def test_what_is_none_is_taken_for_none(text: str) -> None:
    assert not contains_private_key(text)


@given(st.text())
def test_of_any_text_one_line_is_taken_or_it_is_refused(text: str) -> None:
    try:
        line = sole_line(text)
    except KeyUnusable as error:
        refused = error
    else:
        assert line == line.strip()
        assert len(line.splitlines()) == 1
        return
    assert refused.fields["problem"] in ("empty", "several")


def test_comments_and_spaces_around_the_one_line_are_left_out() -> None:
    assert sole_line("# my key\n\n  ssh-ed25519   AAAA me \r\n") == "ssh-ed25519 AAAA me"
    for text, problem in {"": "empty", "# only this": "empty", "a\nb": "several"}.items():
        with pytest.raises(KeyUnusable) as refused:
            sole_line(text)
        assert refused.value.fields == {"problem": problem}


def test_what_is_not_to_be_kept_is_a_token_or_a_private_key() -> None:
    assert is_not_to_be_kept("AGE-SECRET-KEY-1QQQQQQQQQQQQ")
    assert is_not_to_be_kept("tpt_0123456789ABCDEF")
    assert not is_not_to_be_kept("age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v")
