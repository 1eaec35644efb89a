"""What may be decided about a token's renewal, and until when a reminder may be put off."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from access.model import events
from access.model.care import (
    is_told_once_more,
    must_await_renewal,
    must_be_before,
    must_have_no_newer,
    newer_than,
    next_threshold_at,
    snooze_choices,
)
from access.model.errors import (
    AccessError,
    AlreadySnoozed,
    CannotSnooze,
    LeftToLapse,
    RenewalUnneeded,
    ThirdPartyDisabled,
    ThirdPartyNotFound,
    TokenEnded,
)
from access.model.ids import PersonId, TokenId
from access.model.people import Acquaintance, Gone
from access.model.policy import Policy
from tests.access.model.reminding import (
    ASKER,
    BERLIN,
    CONTACT,
    DAY,
    DEPUTY,
    EXPIRES,
    NEWER,
    OWNER,
    PARTY,
    TOKEN,
    Case,
)

NOW = EXPIRES - 30 * DAY
LATER = NOW + DAY
UNUSED = replace(NEWER, collected_at=None, collected_by=None)


def on(day: datetime, zone: str = "Europe/Berlin", case: Case | None = None, person: PersonId = OWNER) -> list[str]:
    """The choices, as they stand on somebody's wall."""
    it = case or Case()
    latest = next_threshold_at(it.situation(), person, it.policy, day)
    return [f"{choice:%a %d %b %H:%M}" for choice in snooze_choices(latest, zone, day)]


def test_somebody_looks_after_it_until_somebody_else_does() -> None:
    claimed, news = TOKEN.claim(OWNER, NOW)
    assert (claimed.claimed_by, claimed.claimed_at) == (OWNER, NOW)
    assert news == [events.TokenClaimed(PARTY.id, token=TOKEN.id)]
    assert claimed.claim(OWNER, LATER) == (claimed, [])
    taken_over, _ = claimed.claim(ASKER, LATER)
    assert (taken_over.claimed_by, taken_over.claimed_at) == (ASKER, LATER)


def test_one_person_at_a_time_is_reminded_again() -> None:
    snoozed, news = TOKEN.snooze(OWNER, LATER, NOW)
    assert (snoozed.snoozed_by, snoozed.snoozed_until) == (OWNER, LATER)
    assert news == [events.TokenSnoozed(PARTY.id, token=TOKEN.id, until=LATER)]
    assert snoozed.snooze(OWNER, LATER, NOW) == (snoozed, [])
    assert snoozed.snooze(OWNER, LATER + DAY, NOW)[0].snoozed_until == LATER + DAY
    with pytest.raises(AlreadySnoozed) as refused:
        snoozed.snooze(ASKER, LATER, LATER - timedelta(seconds=1))
    assert refused.value.fields == {"until": LATER}
    assert snoozed.snooze(ASKER, LATER + DAY, LATER)[0].snoozed_by == ASKER


def test_what_is_to_lapse_is_neither_looked_after_nor_put_off_until_that_is_undone() -> None:
    lapsing, news = TOKEN.let_lapse(OWNER, NOW)
    assert news == [events.TokenLetLapse(PARTY.id, token=TOKEN.id)]
    assert lapsing.let_lapse(ASKER, LATER) == (lapsing, [])
    with pytest.raises(LeftToLapse):
        lapsing.claim(ASKER, LATER)
    with pytest.raises(LeftToLapse):
        lapsing.snooze(ASKER, LATER + DAY, LATER)
    kept, news = lapsing.undo_lapse()
    assert kept == TOKEN
    assert news == [events.LapseUndone(PARTY.id, token=TOKEN.id)]
    assert kept.undo_lapse() == (kept, [])


@pytest.mark.parametrize(
    ("of_token", "of_party", "others", "refusal", "fields"),
    [
        ({}, {"enabled": False}, [], ThirdPartyDisabled, {}),
        ({}, {"enabled": False, "removed_at": NOW}, [], ThirdPartyNotFound, {}),
        ({"revoked_at": NOW}, {}, [], TokenEnded, {"state": "revoked"}),
        ({"succeeded_at": NOW - DAY, "retired_at": NOW}, {}, [], TokenEnded, {"state": "retired"}),
        ({"expires_at": NOW}, {}, [], TokenEnded, {"state": "expired"}),
        ({"collected_at": None}, {}, [], RenewalUnneeded, {"state": "pending"}),
        ({"suspended_at": NOW}, {}, [], RenewalUnneeded, {"state": "suspended"}),
        ({}, {}, [NEWER], RenewalUnneeded, {"state": "renewed"}),
    ],
)
def test_what_does_not_wait_for_a_renewal_is_not_decided_about(
    of_token: dict[str, Any], of_party: dict[str, Any], others: list[Any], refusal: type[AccessError], fields: object
) -> None:
    token = replace(TOKEN, **of_token)
    with pytest.raises(refusal) as refused:
        must_await_renewal(token, replace(PARTY, **of_party), [*others, token], NOW)
    assert refused.value.fields == fields


def test_a_newer_one_that_nobody_uses_yet_leaves_everything_to_be_decided_but_that_it_lapses() -> None:
    used = replace(TOKEN, last_accepted_at=NOW)
    for tokens in ([TOKEN], [UNUSED, TOKEN], [NEWER, used]):
        must_await_renewal(tokens[-1], PARTY, tokens, NOW)
    must_have_no_newer(TOKEN, [TOKEN, replace(UNUSED, revoked_at=NOW)], NOW)
    for newer in (UNUSED, NEWER):
        with pytest.raises(RenewalUnneeded):
            must_have_no_newer(TOKEN, [newer, TOKEN], NOW)


def test_the_newest_of_those_that_have_not_ended_is_the_newer_one() -> None:
    newest = replace(UNUSED, id=TokenId("newest"), renews=None, issued_at=UNUSED.issued_at + DAY)
    assert newer_than(TOKEN, [newest, NEWER, TOKEN], NOW) == newest
    assert newer_than(TOKEN, [replace(newest, revoked_at=NOW), NEWER, TOKEN], NOW) == NEWER
    assert newer_than(newest, [newest, NEWER, TOKEN], NOW) is None
    same_moment = replace(NEWER, issued_at=TOKEN.issued_at)
    assert newer_than(TOKEN, [same_moment, TOKEN], NOW) == same_moment


def test_a_reminder_is_put_off_to_the_morning_of_a_working_day_before_the_next_one() -> None:
    """The thresholds of 30 and 14 days lie on Monday the 3rd and Wednesday the 19th of August."""
    just_told = datetime.fromisoformat("2026-08-03T09:30:00+02:00")
    assert on(just_told) == ["Tue 04 Aug 07:00", "Thu 06 Aug 07:00", "Mon 10 Aug 07:00", "Mon 17 Aug 07:00"]
    friday = datetime.fromisoformat("2026-08-07T09:30:00+02:00")
    assert on(friday) == ["Mon 10 Aug 07:00", "Fri 14 Aug 07:00"], "in 3 days is the Monday, too; in 14 is too late"
    assert on(just_told, "Asia/Tokyo")[0] == "Tue 04 Aug 00:00"
    assert on(just_told, "America/New_York")[-1] == "Mon 17 Aug 13:00"


def test_an_admin_counts_to_the_next_reminder_of_the_admins_and_an_owner_to_the_owners() -> None:
    day = datetime.fromisoformat("2026-08-14T09:30:00+02:00")
    assert on(day)[-1] == "Mon 17 Aug 07:00"
    assert on(day, person=ASKER)[-1] == "Fri 21 Aug 07:00", "the admins' first is on the 26th"
    deputy = Case(party=replace(PARTY, deputy_owner=DEPUTY))
    assert on(day, case=deputy, person=DEPUTY) == on(day)
    alone = Case(people={OWNER: Acquaintance(gone=Gone.UNKNOWN), CONTACT: BERLIN})
    assert on(day, case=alone, person=ASKER) == on(day), "without an owner, the admins read what the owner would"


def test_what_was_told_or_will_never_be_counts_for_nothing() -> None:
    told = Case()
    told.look(told_at := datetime.fromisoformat("2026-08-26T09:00:00+02:00"))
    assert on(told_at, case=told) == ["Thu 27 Aug 07:00"], "before the three days, on Monday the 31st, comes Friday"
    late = Case().change(collected_at=EXPIRES - 2 * DAY)
    assert next_threshold_at(late.situation(), OWNER, Policy(), EXPIRES - 2 * DAY) < EXPIRES


def test_where_no_morning_is_left_it_is_said_when_the_next_reminder_comes() -> None:
    last = datetime.fromisoformat("2026-09-01T09:30:00+02:00")
    case = Case()
    case.look(last)
    latest = next_threshold_at(case.situation(), OWNER, case.policy, last)
    assert latest == EXPIRES
    assert [f"{each:%d %b}" for each in snooze_choices(latest, "Europe/Berlin", last)] == ["02 Sep"]
    with pytest.raises(CannotSnooze) as refused:
        snooze_choices(last + timedelta(hours=20), "Europe/Berlin", last)
    assert refused.value.fields == {"problem": "no_time", "next_at": last + timedelta(hours=20)}


def test_a_time_that_has_passed_or_comes_too_late_is_refused() -> None:
    must_be_before(LATER, LATER + timedelta(seconds=1), NOW)
    for until, problem in ((NOW, "passed"), (LATER, "no_time")):
        with pytest.raises(CannotSnooze) as refused:
            must_be_before(until, LATER, NOW)
        assert refused.value.fields == {"problem": problem, "next_at": LATER}


@pytest.mark.parametrize("reminder_days", [(60, 30, 14, 7, 3, 1), (30,), ()])
def test_what_is_to_lapse_is_told_once_more_only_where_a_threshold_is_left(reminder_days: tuple[int, ...]) -> None:
    case = Case(policy=Policy(reminder_days=reminder_days, time_zone="Europe/Berlin"))
    last = min(reminder_days, default=0)
    before = EXPIRES - (last + 5) * DAY
    assert is_told_once_more(case.situation(), case.policy, before) is bool(reminder_days)
    told_at = EXPIRES - max(last, 1) * DAY
    case.look(told_at)
    assert not is_told_once_more(case.situation(), case.policy, told_at)
