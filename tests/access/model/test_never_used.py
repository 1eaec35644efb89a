"""The reminder that nothing has used what was collected."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from access.model.ids import PersonId, TokenId
from access.model.people import Acquaintance, Gone
from access.model.policy import Policy
from access.model.reminder import Reminder, ReminderKind, is_waiting_for_use
from access.model.token import Token
from tests.access.model.reminding import CONTACT, DAY, EXPIRES, NEWER, OWNER, PARTY, TOKEN, Case, said
from tests.access.model.test_working_hours import at

COLLECTED = at("2026-03-04 14:00")
"""A Wednesday; so is the day a week later."""
A_WEEK_LATER = ("Wed 11 Mar 09:00", 175)
LONG_AGO = COLLECTED - 300 * DAY
WITHOUT_EXPIRY = Policy(reminder_days=(), time_zone="Europe/Berlin")


def collected(**given: object) -> Case:
    case = Case(policy=WITHOUT_EXPIRY, checked_since=LONG_AGO)
    return case.change(collected_at=COLLECTED, **given)


def heard(case: Case, start: datetime = COLLECTED, end: datetime = EXPIRES - DAY) -> list[tuple[datetime, Reminder]]:
    return case.live(start, end)


def test_owner_and_contact_are_told_once_on_the_morning_of_the_day_a_week_after_the_collection() -> None:
    told = heard(collected())
    assert said(told, "owner") == said(told, "contact") == [A_WEEK_LATER]
    assert {reminder.kind for _, reminder in told} == {ReminderKind.NEVER_USED}
    assert [reminder.key for _, reminder in told] == [
        f"never_used:t:2026-03-04T13:00:00Z:{reader}" for reader in (OWNER, CONTACT)
    ]
    assert {reminder.message.value for _, reminder in told} == {"reminders"}


def test_on_a_weekend_it_waits_for_monday() -> None:
    case = collected()
    case.change(collected_at=at("2026-03-07 10:00"))
    assert said(heard(case), "owner") == [("Mon 16 Mar 09:00", 170)]


def test_looked_at_every_few_minutes_it_is_the_same() -> None:
    often = collected().live(COLLECTED, COLLECTED + 9 * DAY, step=timedelta(minutes=15))
    assert said(often, "owner") == said(often, "contact") == [A_WEEK_LATER]


@pytest.mark.parametrize(
    "case",
    [
        replace(collected(), checked_since=None),
        replace(collected(), party=replace(PARTY, enabled=False)),
        collected(last_accepted_at=COLLECTED + DAY),
        collected(suspended_at=COLLECTED + DAY),
        collected(revoked_at=COLLECTED + DAY),
        collected(let_lapse_by=OWNER, let_lapse_at=COLLECTED + DAY),
        replace(collected(succeeded_at=COLLECTED + DAY), others=[NEWER]),
    ],
    ids=["nobody asks", "disabled", "used", "suspended", "revoked", "to lapse", "renewed"],
)
def test_nobody_is_told_where_nobody_can_know_or_it_is_no_matter(case: Case) -> None:
    assert heard(case) == []


def test_where_checks_began_later_the_week_counts_from_then() -> None:
    case = replace(collected(), checked_since=at("2026-04-01 12:00"))
    assert said(heard(case), "owner") == [("Wed 08 Apr 09:00", 147)]


def test_used_in_the_last_moment_it_is_not_said() -> None:
    case = collected()
    assert case.look(COLLECTED + DAY).next_at == at("2026-03-11 09:00")
    case.change(last_accepted_at=at("2026-03-11 08:59"))
    assert heard(case, COLLECTED + DAY) == []


def test_a_contact_who_has_not_opened_it_is_not_told() -> None:
    case = replace(collected(), party=replace(PARTY, contact=PersonId("another")))
    told = heard(case)
    assert said(told, "owner") == [A_WEEK_LATER]
    assert said(told, "contact") == []


def test_without_an_owner_the_admins_are_told() -> None:
    case = collected()
    case.people[OWNER] = Acquaintance(gone=Gone.DEACTIVATED)
    told = heard(case)
    assert (said(told, "admins"), said(told, "owner")) == ([A_WEEK_LATER], [])


def test_an_owner_who_is_the_contact_is_told_once() -> None:
    case = replace(collected(collected_by=OWNER), party=replace(PARTY, contact=OWNER))
    assert [reminder.role.value for _, reminder in heard(case)] == ["owner"]


# --- beside an old one ------------------------------------------------------------------------------------------------


def renewal(old: Token) -> Case:
    new = replace(TOKEN, id=TokenId("new"), renews=old.id, collected_at=COLLECTED, issued_at=COLLECTED - DAY)
    return replace(collected(), token=new, others=[old])


OLD = replace(TOKEN, id=TokenId("old"), collected_at=COLLECTED - 90 * DAY, succeeded_at=COLLECTED)
USED = replace(OLD, last_accepted_at=COLLECTED + 3 * DAY)


def test_while_the_old_one_is_in_use_that_is_said_instead() -> None:
    """The old one was used last on Saturday at two; a week after that is a weekend."""
    told = heard(renewal(USED))
    assert said(told, "owner") == said(told, "contact") == [("Mon 16 Mar 09:00", 170)]


def test_as_long_as_the_old_one_is_used_it_is_put_off() -> None:
    case = renewal(USED)
    assert case.look(at("2026-03-13 10:00")).next_at == at("2026-03-16 09:00")
    case.others = [replace(USED, last_accepted_at=at("2026-03-13 09:00"))]
    assert heard(case, at("2026-03-16 09:00"), at("2026-03-20 12:00")) == []
    assert said(heard(case, at("2026-03-20 12:00")), "owner") == [("Mon 23 Mar 09:00", 163)]


@pytest.mark.parametrize(
    ("expires_at", "told"),
    [
        (at("2026-03-06 10:00"), "Wed 11 Mar 09:00"),
        (at("2026-03-12 11:00"), "Thu 12 Mar 11:00"),
        (at("2026-03-12 20:00"), "Fri 13 Mar 09:00"),
        (at("2026-03-20 10:00"), "Mon 16 Mar 09:00"),
    ],
)
def test_an_old_one_puts_nothing_off_beyond_its_expiry(expires_at: datetime, told: str) -> None:
    """It was used on Wednesday, and looked at then: no event tells when it expires."""
    case = renewal(replace(OLD, last_accepted_at=at("2026-03-05 09:00"), expires_at=expires_at))
    if expires_at > at("2026-03-13 00:00"):
        case.others = [replace(case.others[0], last_accepted_at=COLLECTED + 3 * DAY)]
    assert [when for when, _ in said(heard(case), "owner")] == [told]


@pytest.mark.parametrize(
    "old",
    [
        OLD,
        replace(OLD, last_accepted_at=COLLECTED - DAY),
        replace(USED, revoked_at=COLLECTED + 4 * DAY),
        replace(USED, id=TokenId("another")),
    ],
    ids=["never used", "not used since", "revoked", "no predecessor"],
)
def test_an_old_one_that_is_not_in_use_puts_nothing_off(old: Token) -> None:
    case = renewal(old)
    case.token = replace(case.token, renews=TokenId("old"))
    assert said(heard(case), "owner") == [A_WEEK_LATER]


@pytest.mark.parametrize(
    ("token", "waits"),
    [
        (TOKEN, True),
        (replace(TOKEN, last_accepted_at=COLLECTED), False),
        (replace(TOKEN, let_lapse_at=COLLECTED), False),
        (replace(TOKEN, succeeded_at=COLLECTED), False),
        (replace(TOKEN, collected_at=None), False),
        (replace(TOKEN, expires_at=COLLECTED), False),
    ],
)
def test_what_waits_to_be_used(token: Token, waits: bool) -> None:
    assert is_waiting_for_use(token, COLLECTED + DAY) == waits
