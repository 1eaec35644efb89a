from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model import events
from access.model.errors import TokenEnded, TokenExists, TokenNotSuspended
from access.model.ids import ClientId, Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token, TokenState, Verdict, expiry, must_be_first, verdict

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = datetime(2026, 9, 2, 9, tzinfo=UTC)
CARLA = PersonId("carla")
SECOND = timedelta(seconds=1)

PENDING = Token(
    id=TokenId("t"),
    third_party=ThirdPartyId("tp"),
    fingerprint=Fingerprint("00000000"),
    token_digest=bytes(32),
    secret_digest=bytes(32),
    issued_at=NOW,
    expires_at=END,
    issued_by=PersonId("anna"),
)
ACTIVE = PENDING.collect(CARLA, NOW)
SUSPENDED = ACTIVE.suspend(NOW)[0]
REVOKED = ACTIVE.revoke(RevocationCause.BY_HAND, PersonId("anna"), NOW)[0]
OVERLAPPING = ACTIVE.succeed(TokenId("new"), NOW)[0]
RETIRED = OVERLAPPING.retire(PersonId("anna"), CARLA, NOW)[0]
ENABLED = ThirdParty(ThirdPartyId("tp"), "Acme", ClientId("tpc"), PersonId("anna"), NOW, enabled=True)


@pytest.mark.parametrize(
    ("token", "at", "state"),
    [
        (PENDING, NOW, TokenState.PENDING),
        (ACTIVE, NOW, TokenState.ACTIVE),
        (ACTIVE, END - SECOND, TokenState.ACTIVE),
        (ACTIVE, END, TokenState.EXPIRED),
        (OVERLAPPING, END - SECOND, TokenState.OVERLAPPING),
        (OVERLAPPING, END, TokenState.EXPIRED),
        (replace(OVERLAPPING, suspended_at=NOW), NOW, TokenState.SUSPENDED),
        (RETIRED, NOW, TokenState.RETIRED),
        (RETIRED, END, TokenState.RETIRED),
        (SUSPENDED, NOW, TokenState.SUSPENDED),
        (SUSPENDED, END, TokenState.EXPIRED),
        (REVOKED, NOW, TokenState.REVOKED),
        (REVOKED, END, TokenState.REVOKED),
        (PENDING, END, TokenState.EXPIRED),
    ],
)
def test_state(token: Token, at: datetime, state: TokenState) -> None:
    assert token.state(at) is state
    assert token.is_live(at) == (state not in (TokenState.RETIRED, TokenState.EXPIRED, TokenState.REVOKED))
    assert token.works(at) == (state in (TokenState.ACTIVE, TokenState.OVERLAPPING))


@pytest.mark.parametrize(
    ("issued", "months", "expires"),
    [
        ("2026-08-31T10:00:00", 6, "2027-02-28T10:00:00"),
        ("2027-08-31T10:00:00", 6, "2028-02-29T10:00:00"),
        ("2026-03-15T23:59:59", 6, "2026-09-15T23:59:59"),
        ("2026-12-31T00:00:00", 2, "2027-02-28T00:00:00"),
    ],
)
def test_six_calendar_months_to_the_second(issued: str, months: int, expires: str) -> None:
    issued_at = datetime.fromisoformat(issued).replace(tzinfo=UTC, microsecond=123)
    assert expiry(issued_at, months) == datetime.fromisoformat(expires).replace(tzinfo=UTC)


@given(st.integers(0, 2_000_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds)), st.integers(1, 60))
def test_expiry_lies_that_many_months_ahead(issued_at: datetime, months: int) -> None:
    ends = expiry(issued_at, months)
    assert (ends.year - issued_at.year) * 12 + ends.month - issued_at.month == months
    assert ends.microsecond == 0


@pytest.mark.parametrize(
    ("token", "party", "at", "answer"),
    [
        (ACTIVE, ENABLED, NOW, Verdict.ACCEPTED),
        (ACTIVE, ENABLED, END - SECOND, Verdict.ACCEPTED),
        (ACTIVE, ENABLED, END, Verdict.EXPIRED),
        (ACTIVE, replace(ENABLED, enabled=False), NOW, Verdict.DISABLED),
        (ACTIVE, replace(ENABLED, removed_at=NOW), NOW, Verdict.REMOVED),
        (PENDING, ENABLED, NOW, Verdict.NOT_COLLECTED),
        (SUSPENDED, ENABLED, NOW, Verdict.SUSPENDED),
        (REVOKED, ENABLED, NOW, Verdict.REVOKED),
        (OVERLAPPING, ENABLED, NOW, Verdict.ACCEPTED),
        (RETIRED, ENABLED, NOW, Verdict.RETIRED),
        (None, ENABLED, NOW, Verdict.UNKNOWN),
        (ACTIVE, None, NOW, Verdict.UNKNOWN),
    ],
)
def test_verdict(token: Token | None, party: ThirdParty | None, at: datetime, answer: Verdict) -> None:
    assert verdict(token, party, at) is answer


def test_what_has_ended_is_not_revoked_or_suspended_again() -> None:
    for ended, at in ((REVOKED, NOW), (RETIRED, NOW), (ACTIVE, END)):
        with pytest.raises(TokenEnded) as revoking:
            ended.revoke(RevocationCause.BY_HAND, PersonId("anna"), at)
        with pytest.raises(TokenEnded) as suspending:
            ended.suspend(at)
        assert revoking.value.fields == suspending.value.fields == {"state": ended.state(at).value}


def test_an_uncollected_token_goes_with_its_offer_even_after_it_expired() -> None:
    withdrawn, _ = PENDING.withdraw(RevocationCause.LAPSED, PersonId("anna"), END + SECOND)
    assert withdrawn.revoked_at == END + SECOND


def test_a_suspension_is_said_once_and_lifted_once() -> None:
    assert SUSPENDED.suspend(NOW) == (SUSPENDED, [])
    lifted, _ = SUSPENDED.lift_suspension(NOW)
    assert lifted == ACTIVE
    for token, at in ((ACTIVE, NOW), (SUSPENDED, END)):
        with pytest.raises(TokenNotSuspended) as error:
            token.lift_suspension(at)
        assert error.value.fields == {"state": token.state(at).value}


@pytest.mark.parametrize("token", [PENDING, ACTIVE, OVERLAPPING, SUSPENDED])
def test_a_live_token_is_in_the_way_of_a_first_one(token: Token) -> None:
    with pytest.raises(TokenExists) as error:
        must_be_first([REVOKED, token], NOW)
    assert error.value.fields["state"] == token.state(NOW).value


def test_ended_tokens_are_not_in_the_way() -> None:
    must_be_first([REVOKED, RETIRED, PENDING], END)


def test_it_remembers_who_opened_it_and_when() -> None:
    assert (ACTIVE.collected_by, ACTIVE.collected_at) == (CARLA, NOW)


def test_a_revocation_names_cause_owner_and_who_had_opened_it() -> None:
    for token, contact in ((PENDING, None), (ACTIVE, CARLA)):
        revoked, news = token.revoke(RevocationCause.REPLACED, PersonId("omar"), NOW)
        assert revoked == replace(token, revoked_at=NOW)
        assert news == [
            events.TokenRevoked(
                ThirdPartyId("tp"),
                token=TokenId("t"),
                cause="replaced",
                owner=PersonId("omar"),
                contact=contact,
                collected=contact is not None,
            )
        ]


def test_nobody_had_opened_what_goes_with_its_offer() -> None:
    _, news = ACTIVE.withdraw(RevocationCause.DECLINED, PersonId("omar"), NOW)
    assert news == [
        events.TokenRevoked(
            ThirdPartyId("tp"),
            token=TokenId("t"),
            cause="declined",
            owner=PersonId("omar"),
            contact=None,
            collected=False,
        )
    ]


def test_a_suspension_and_its_end_name_the_token() -> None:
    assert ACTIVE.suspend(NOW) == (
        replace(ACTIVE, suspended_at=NOW),
        [events.TokenSuspended(ThirdPartyId("tp"), token=TokenId("t"))],
    )
    assert SUSPENDED.lift_suspension(NOW)[1] == [events.SuspensionLifted(ThirdPartyId("tp"), token=TokenId("t"))]
