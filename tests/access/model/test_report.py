"""What the report says of a token that expires, and when the week's digest may go out."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.ids import PersonId, TokenId
from access.model.months import Month
from access.model.report import (
    LOOKS_AHEAD,
    Renewal,
    Report,
    Some,
    digest_week,
    expiry_matters,
    renewal_of,
    week_of,
)
from access.model.resource_server import Askers
from access.model.token import Token
from access.model.working_hours import CLOSING, OPENING, zone_of
from tests.access.model.reminding import DAY, EXPIRES, NEWER, TOKEN

NOW = EXPIRES - 20 * DAY
SECOND = timedelta(seconds=1)
PENDING = replace(NEWER, collected_at=None, collected_by=None)
OLD = replace(TOKEN, succeeded_at=NOW - DAY)
"""With a collected successor beside it."""


@pytest.mark.parametrize("days", [1, 59, 60])
def test_what_expires_within_sixty_days_matters(days: int) -> None:
    assert expiry_matters(TOKEN, [TOKEN], EXPIRES - days * DAY)


@pytest.mark.parametrize("now", [EXPIRES - LOOKS_AHEAD - SECOND, EXPIRES, EXPIRES + DAY])
def test_what_expires_later_or_has_expired_does_not(now: datetime) -> None:
    assert not expiry_matters(TOKEN, [TOKEN], now)


@pytest.mark.parametrize(
    "ended",
    [
        {"revoked_at": NOW - DAY},
        {"succeeded_at": NOW - DAY, "retired_at": NOW - SECOND},
        {"collected_at": None, "collected_by": None},
    ],
)
def test_what_has_ended_or_was_never_collected_does_not(ended: dict[str, Any]) -> None:
    assert not expiry_matters(replace(TOKEN, **ended), [TOKEN], NOW)


def test_what_a_successor_has_replaced_does_not() -> None:
    assert not expiry_matters(OLD, [NEWER, OLD], NOW)
    used = replace(OLD, last_accepted_at=NOW - DAY)
    assert expiry_matters(used, [NEWER, used], NOW), "use is known, and the successor is not in use"
    in_use = replace(NEWER, last_accepted_at=NOW - DAY)
    assert not expiry_matters(used, [in_use, used], NOW)


def test_a_suspended_one_matters_still() -> None:
    assert expiry_matters(replace(TOKEN, suspended_at=NOW), [TOKEN], NOW)


CLAIMED: dict[str, Any] = {"claimed_by": PersonId("omar"), "claimed_at": NOW}
LAPSING: dict[str, Any] = {"let_lapse_by": PersonId("omar"), "let_lapse_at": NOW}


@pytest.mark.parametrize(
    ("token", "others", "renewal"),
    [
        (TOKEN, [], Renewal.NOTHING_YET),
        (replace(TOKEN, **CLAIMED), [], Renewal.CLAIMED),
        (replace(TOKEN, **LAPSING), [], Renewal.LET_LAPSE),
        (replace(TOKEN, **CLAIMED, **LAPSING), [], Renewal.LET_LAPSE),
        (replace(TOKEN, **CLAIMED), [PENDING], Renewal.WAITS),
        (replace(TOKEN, **LAPSING), [PENDING], Renewal.WAITS),
        (TOKEN, [replace(PENDING, revoked_at=NOW)], Renewal.NOTHING_YET),
        (replace(OLD, **CLAIMED), [NEWER], Renewal.UNUSED),
        (replace(TOKEN, suspended_at=NOW, **CLAIMED), [PENDING], Renewal.SUSPENDED),
    ],
)
def test_how_far_the_renewal_has_come(token: Token, others: list[Token], renewal: Renewal) -> None:
    assert renewal_of(token, [*others, token], NOW) is renewal


def test_a_token_is_not_its_own_successor() -> None:
    assert renewal_of(PENDING, [PENDING], NOW) is Renewal.NOTHING_YET


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-03-02T07:59:59", None),
        ("2026-03-02T08:00:00", "2026-W10"),
        ("2026-03-02T15:59:59", "2026-W10"),
        ("2026-03-02T16:00:00", None),
        ("2026-03-04T21:00:00", None),
        ("2026-03-05T08:00:00", "2026-W10"),
        ("2026-03-06T15:59:59", "2026-W10"),
        ("2026-03-06T16:00:00", None),
        ("2026-03-07T10:00:00", None),
        ("2026-03-08T10:00:00", None),
        ("2026-03-09T08:00:00", "2026-W11"),
        ("2027-01-01T09:00:00", "2026-W53"),
        ("2026-03-30T07:00:00", "2026-W14"),  # summer time
    ],
)
def test_the_digest_goes_out_when_the_weeks_work_begins_or_in_what_is_left_of_it(now: str, week: str | None) -> None:
    assert digest_week(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN) == week


@pytest.mark.parametrize(
    ("zone", "hour"), [("Asia/Kolkata", "2026-03-02T03:30:00"), ("Pacific/Kiritimati", "2026-03-01T19:00:00")]
)
def test_monday_is_where_the_channel_is(zone: str, hour: str) -> None:
    nine = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    assert digest_week(nine, zone) == week_of(nine, zone) == "2026-W10"
    assert digest_week(nine - SECOND, zone) is None


@given(
    st.timedeltas(timedelta(0), 730 * DAY).map(lambda later: datetime(2026, 1, 1, tzinfo=UTC) + later),
    st.sampled_from([BERLIN, "America/Los_Angeles", "Asia/Kolkata", "UTC", "Pacific/Auckland"]),
)
def test_it_goes_out_in_working_hours_alone(now: datetime, zone: str) -> None:
    week, local = digest_week(now, zone), now.astimezone(zone_of(zone))
    at_work = local.weekday() < 5 and OPENING <= local.time() < CLOSING
    assert week == (f"{local:%G-W%V}" if at_work else None)


def test_some_keeps_the_first_and_counts_them_all() -> None:
    some = Some.of(["a", "b", "c"], 2, exact=False)
    assert (some.lines, some.total, some.exact) == (["a", "b"], 3, False)


ABOUT: dict[str, Any] = {"now": NOW, "time_zone": BERLIN, "askers": Askers(), "may_manage": True}
PARTS = [field.name for field in fields(Report) if field.name not in (*ABOUT, "months")]


def report(**parts: Some[Any]) -> Report:
    return Report(**{**dict.fromkeys(PARTS, Some(list[Any](), 0)), **ABOUT, **parts})


def test_a_report_without_anything_is_empty() -> None:
    assert report().is_empty


@pytest.mark.parametrize("part", PARTS)
def test_a_report_with_anything_is_not(part: str) -> None:
    assert not report(**{part: Some([TokenId("t")], 1)}).is_empty


def test_what_expires_much_later_is_nothing_to_see_to() -> None:
    assert replace(report(), months=[Month(2026, 12, 9)]).is_empty
