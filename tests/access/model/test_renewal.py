"""Which token may be renewed, and when the old one may retire."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.model.errors import (
    AccessError,
    NothingToRenew,
    NotOverlapping,
    RenewedSince,
    TokenEnded,
    TokenExists,
    TwoTokens,
)
from access.model.ids import Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.policy import Policy
from access.model.renewal import (
    is_use_known,
    must_have_room,
    must_not_be_renewed,
    retires_at,
    successor_of,
    token_to_renew,
    use_has_consequences,
)
from access.model.token import Token, TokenState

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA, CARLA = PersonId("anna"), PersonId("carla")
POLICY = Policy(overlap=5 * DAY)


def token(name: str, **given: Any) -> Token:
    fields: dict[str, Any] = {"collected_at": NOW - DAY, "collected_by": CARLA, **given}
    return Token(
        **{
            "id": TokenId(name),
            "third_party": ThirdPartyId("tp"),
            "fingerprint": Fingerprint("00000000"),
            "token_digest": bytes(32),
            "secret_digest": bytes(32),
            "issued_at": NOW - DAY,
            "expires_at": NOW + 100 * DAY,
            "issued_by": ANNA,
            **fields,
        }
    )


OLD = token("old")
OVERLAPPING = replace(OLD, succeeded_at=NOW)
NEW = token("new", renews=OLD.id)
WAITING = replace(NEW, collected_at=None, collected_by=None)


# --- renewing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "error", "state"),
    [
        ([], NothingToRenew, None),
        ([replace(OLD, expires_at=NOW), replace(NEW, revoked_at=NOW)], NothingToRenew, None),
        ([WAITING], TokenExists, "pending"),
        ([WAITING, OLD], TokenExists, "pending"),
        ([replace(OLD, suspended_at=NOW)], TokenExists, "suspended"),
        ([replace(NEW, suspended_at=NOW), OLD], TokenExists, "suspended"),
        ([WAITING, replace(OLD, suspended_at=NOW)], TokenExists, "pending"),
        ([NEW, OVERLAPPING], TwoTokens, None),
    ],
)
def test_what_is_not_renewed(tokens: list[Token], error: type[AccessError], state: str | None) -> None:
    with pytest.raises(error) as refused:
        token_to_renew(tokens, NOW)
    assert refused.value.fields.get("state") == state


@pytest.mark.parametrize("old", [OLD, OVERLAPPING])
def test_the_only_one_that_works_is_renewed_even_if_its_successor_ended_before_it(old: Token) -> None:
    assert token_to_renew([replace(NEW, revoked_at=NOW), old], NOW) is old


def test_there_is_room_beside_the_one_that_was_to_be_replaced_and_beside_no_other() -> None:
    must_have_room([replace(NEW, revoked_at=NOW), OLD], NEW, NOW)
    with pytest.raises(TokenExists):
        must_have_room([NEW, replace(OLD, revoked_at=NOW)], OLD, NOW)


def test_a_token_is_renewed_while_a_live_one_was_offered_in_its_place() -> None:
    for newer in (NEW, WAITING):
        with pytest.raises(RenewedSince):
            must_not_be_renewed(OLD, [newer, OLD], NOW)
    must_not_be_renewed(OLD, [replace(NEW, revoked_at=NOW), OLD], NOW)
    must_not_be_renewed(NEW, [NEW, OLD], NOW)


# --- the life of the old one ------------------------------------------------------------------------------------------


def test_the_overlap_begins_and_may_begin_anew() -> None:
    begun, (event,) = OLD.succeed(NEW.id, NOW)
    assert (begun.state(NOW), event.action) == (TokenState.OVERLAPPING, "token.overlap_started")
    assert begun.succeed(NEW.id, NOW + DAY)[0].succeeded_at == NOW + DAY


def test_what_has_ended_begins_no_overlap_and_has_none_cancelled() -> None:
    for ended in (replace(OVERLAPPING, revoked_at=NOW), replace(OVERLAPPING, expires_at=NOW)):
        assert ended.succeed(NEW.id, NOW) == (ended, [])
        assert ended.cancel_retirement(NEW.id, NOW) == (ended, [])
    assert OLD.cancel_retirement(NEW.id, NOW) == (OLD, [])


def test_a_cancelled_retirement_leaves_it_as_it_was() -> None:
    old, (event,) = replace(OVERLAPPING, retires_at=NOW + DAY).cancel_retirement(NEW.id, NOW)
    assert (old, event.action) == (OLD, "token.retirement_cancelled")


def test_retiring_is_final() -> None:
    retired, _ = replace(OVERLAPPING, retires_at=NOW + DAY).retire(ANNA, CARLA, NOW)
    assert (retired.state(NOW + 200 * DAY), retired.retires_at) == (TokenState.RETIRED, None)
    with pytest.raises(TokenEnded) as refused:
        retired.retire(ANNA, CARLA, NOW)
    assert refused.value.fields == {"state": "retired"}


@pytest.mark.parametrize("other", [WAITING, OLD, replace(OVERLAPPING, suspended_at=NOW)])
def test_only_an_old_one_that_works_retires(other: Token) -> None:
    with pytest.raises(NotOverlapping) as refused:
        other.retire(ANNA, CARLA, NOW)
    assert refused.value.fields == {"state": other.state(NOW).value}


def test_what_is_suspended_or_revoked_is_not_to_retire_any_more() -> None:
    planned = replace(OVERLAPPING, retires_at=NOW + DAY)
    assert planned.suspend(NOW)[0].retires_at is None


# --- when it retires --------------------------------------------------------------------------------------------------


def when(old: Token, new: Token, at: datetime = NOW) -> datetime | None:
    return retires_at(old, [new, old], POLICY, at)


def test_where_use_is_unknown_the_overlaps_end_decides() -> None:
    assert not is_use_known([OVERLAPPING, NEW])
    assert when(OVERLAPPING, NEW) == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("old_used_at", "new_used_at", "retires"),
    [
        (NOW - 9 * DAY, None, None),
        (NOW + DAY, None, None),
        (None, NOW, NOW + 7 * DAY),
        (NOW - 9 * DAY, NOW, NOW + 7 * DAY),
        (NOW + DAY, NOW, NOW + 8 * DAY),
        (NOW + 90 * DAY, NOW, NOW + 97 * DAY),
        (NOW + 93 * DAY, NOW, None),
    ],
)
def test_where_use_is_known_the_new_one_must_be_in_use_and_the_old_one_not(
    old_used_at: datetime | None, new_used_at: datetime | None, retires: datetime | None
) -> None:
    old, new = replace(OVERLAPPING, last_accepted_at=old_used_at), replace(NEW, last_accepted_at=new_used_at)
    assert when(old, new) == retires


def test_an_overlap_that_is_longer_than_the_time_unused_is_kept_all_the_same() -> None:
    new = replace(NEW, last_accepted_at=NOW)
    assert retires_at(OVERLAPPING, [new, OVERLAPPING], Policy(overlap=30 * DAY), NOW) == NOW + 30 * DAY


def test_use_is_known_by_any_token_there_ever_was() -> None:
    before = token("before", last_accepted_at=NOW - 300 * DAY, revoked_at=NOW - 200 * DAY)
    assert retires_at(OVERLAPPING, [NEW, OVERLAPPING, before], POLICY, NOW) is None


@pytest.mark.parametrize(
    "new",
    [WAITING, replace(NEW, suspended_at=NOW), replace(NEW, revoked_at=NOW), replace(NEW, expires_at=NOW)],
    ids=["not collected", "suspended", "revoked", "expired"],
)
def test_nothing_retires_without_a_successor_that_works(new: Token) -> None:
    assert successor_of(OVERLAPPING, [new, OVERLAPPING], NOW) is None
    assert when(OVERLAPPING, new) is None


@pytest.mark.parametrize(
    "old",
    [OLD, replace(OVERLAPPING, suspended_at=NOW), replace(OVERLAPPING, revoked_at=NOW)],
    ids=["active", "suspended", "revoked"],
)
def test_only_an_overlapping_one_is_to_retire(old: Token) -> None:
    assert when(old, NEW) is None


def test_one_that_expires_first_is_left_to_expire() -> None:
    assert when(replace(OVERLAPPING, expires_at=NOW + 5 * DAY), NEW) is None
    assert when(OVERLAPPING, NEW, at=OVERLAPPING.expires_at) is None


# --- what a use changes -----------------------------------------------------------------------------------------------

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last_accepted_at", "succeeded_at", "to_retire_at", "has"),
    [
        (None, None, None, True),
        (None, NOW, None, True),
        (NOW - 9 * DAY, None, None, False),
        (NOW - HOUR, NOW - DAY, None, False),
        (NOW - HOUR, NOW - HOUR, None, True),
        (NOW - 2 * HOUR, NOW - HOUR, None, True),
        (NOW - 7 * DAY, NOW - 9 * DAY, None, True),
        (NOW - 7 * DAY + HOUR, NOW - 9 * DAY, None, False),
        (NOW - HOUR, NOW - DAY, NOW + 7 * DAY - HOUR, True),
        (NOW - HOUR, NOW - DAY, NOW + 7 * DAY - HOUR / 2, False),
        (NOW + HOUR, NOW - DAY, NOW + 8 * DAY, False),
    ],
)
def test_the_first_use_and_that_of_an_old_token_now_and_then_change_more_than_its_time(
    last_accepted_at: datetime | None, succeeded_at: datetime | None, to_retire_at: datetime | None, has: bool
) -> None:
    before = {"last_accepted_at": last_accepted_at, "succeeded_at": succeeded_at, "retires_at": to_retire_at}
    assert use_has_consequences(NOW, policy=Policy(), **before) == has
