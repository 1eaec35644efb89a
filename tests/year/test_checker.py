"""The checker notices: a year in which all is well, and what it says of each way to spoil it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.year import journal as happened
from tests.year.checker import complaints
from tests.year.dates import months_after
from tests.year.journal import ADMINS, Fact, Journal, Said

OMAR, CARLA, MIA = "UOMAR", "UCARLA", "UMIA"
ZONES: Final = {OMAR: "Europe/Berlin", MIA: "Europe/Berlin", CARLA: "America/New_York"}
ACME, OLD, NEW = "Acme", "01d00000", "4e400000"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def day(text: str) -> datetime:
    """`02-27 13:00`, of 2026, in UTC."""
    return datetime.strptime(f"2026-{text} +0000", "%Y-%m-%d %H:%M %z").astimezone(UTC)


ISSUED: Final = day("03-02 09:00")
EXPIRES: Final = day("09-02 09:00")  # a Wednesday
UNTIL: Final = day("10-01 00:00")
READ: Final = {
    OMAR: ["07-06 07:00", "08-03 07:00", "08-19 07:00", "08-26 07:00", "08-31 07:00", "09-01 07:00", "09-02 09:00"],
    ADMINS: ["08-26 09:00", "08-31 09:00", "09-01 09:00", "09-02 09:00"],
    CARLA: ["08-19 13:00", "08-26 13:00", "09-01 13:00", "09-02 13:00"],
}
"""When each of them has to be told, worked out by hand: 60 and 3 days before are on a weekend."""


def said(at: datetime, reader: str, *tokens: str) -> Said:
    name = f"{reader} {at}"
    return Said(at + MINUTE, reader, name, frozenset(tokens or [OLD]), name, is_new=True, repeat=False)


def beginning() -> list[Fact]:
    return [
        happened.BotUp(ISSUED - DAY),
        happened.OwnedBy(ISSUED, ACME, OMAR, MIA),
        happened.ContactIs(ISSUED, ACME, CARLA),
        happened.Switched(ISSUED, ACME, True),
        happened.Issued(ISSUED, ACME, OLD),
        happened.Collected(ISSUED + HOUR, ACME, OLD),
    ]


def calls() -> list[Fact]:
    """The program calls until the expiry and after it; the bot is not told."""
    return [happened.Called(EXPIRES + DAY * number, ACME, OLD) for number in range(-2, 3)]


def told() -> list[Said]:
    return [said(day(at), reader) for reader, times in READ.items() for at in times]


def checks() -> list[Fact]:
    before, after = EXPIRES - timedelta(seconds=1), EXPIRES
    return [happened.Checked(before, {OLD: True}), happened.Checked(after, {OLD: False})]


def a_year() -> list[Fact]:
    return [*beginning(), *calls(), *told(), *checks()]


def a_renewal() -> list[Fact]:
    """Renewed on 3 August; the old token is used until the 14th, so it retires on the 21st."""
    collected, used = day("08-03 12:00"), [day(f"08-{number:02} 05:00") for number in range(1, 15)]
    return [
        *beginning(),
        *[each for each in told() if each.at < collected],
        happened.Issued(day("08-03 11:00"), ACME, NEW, OLD),
        happened.Collected(collected, ACME, NEW),
        *[happened.Accepted(at, ACME, OLD) for at in used],
        *[happened.Accepted(at, ACME, NEW) for at in used if at > collected],
        happened.Mentioned(collected, CARLA, OLD),
        # On the first working day, and then weekly.
        *[said(day(at), OMAR) for at in ("08-04 07:00", "08-11 07:00", "08-18 07:00")],
        *[said(day(at), CARLA) for at in ("08-04 13:00", "08-11 13:00", "08-18 13:00")],
        happened.Checked(day("08-21 04:59"), {OLD: True, NEW: True}),
        happened.Checked(day("08-21 05:00"), {OLD: False, NEW: True}),
    ]


def found(facts: list[Fact], until: datetime = UNTIL) -> list[str]:
    return complaints(Journal(ZONES, sorted(facts, key=lambda fact: fact.at)), until)


def kinds(facts: list[Fact], until: datetime = UNTIL) -> set[str]:
    return {line.partition(":")[0] for line in found(facts, until)}


def test_a_year_in_which_all_is_well() -> None:
    assert found(a_year()) == []
    assert found(a_renewal(), day("10-01 00:00")) == []


@pytest.mark.parametrize("lost", range(len(told())))
def test_each_message_that_is_missing(lost: int) -> None:
    facts: list[Fact] = list(a_year())
    facts.remove(told()[lost])
    assert "missing" in kinds(facts)


@pytest.mark.parametrize("late", range(len(told())))
def test_each_message_that_is_late(late: int) -> None:
    facts: list[Fact] = list(a_year())
    facts.remove(told()[late])
    assert "late" in kinds([*facts, replace(told()[late], at=told()[late].at + 40 * MINUTE)])


@pytest.mark.parametrize("early", range(len(told())))
def test_each_message_that_is_early(early: int) -> None:
    facts: list[Fact] = list(a_year())
    facts.remove(told()[early])
    assert "needless" in kinds([*facts, replace(told()[early], at=told()[early].at - DAY)])


def after(*facts: Fact) -> Callable[[], list[Fact]]:
    """The same year, with more in it."""
    return lambda: [*a_year(), *facts]


NOTHING_LEFT: Final = {
    "revoked": happened.Revoked(day("08-10 12:00"), ACME, OLD),
    "suspended": happened.Suspended(day("08-10 12:00"), ACME, OLD),
    "disabled": happened.Switched(day("08-10 12:00"), ACME, False),
    "removed": happened.Removed(day("08-10 12:00"), ACME),
    "the contact is somebody else": happened.ContactIs(day("08-10 12:00"), ACME, None),
    "the owner is somebody else": happened.OwnedBy(day("08-10 12:00"), ACME, MIA),
    "to lapse": happened.LetLapse(day("08-10 12:00"), ACME, OLD),
}


@pytest.mark.parametrize("what", NOTHING_LEFT)
def test_what_is_still_said_though_it_is_not_needed_any_more(what: str) -> None:
    assert "needless" in kinds(after(NOTHING_LEFT[what])())


def test_what_is_still_said_though_the_token_was_replaced() -> None:
    for extra in (said(day("08-19 07:00"), OMAR), said(day("08-26 09:00"), ADMINS)):
        assert "needless" in kinds([*a_renewal(), extra])


def test_the_successor_was_never_used_so_people_are_told_on() -> None:
    facts = [fact for fact in a_renewal() if not (isinstance(fact, happened.Accepted) and fact.token == NEW)]
    assert "missing" in kinds(facts)


@pytest.mark.parametrize("lost", range(6))
def test_each_word_of_the_old_token_still_in_use(lost: int) -> None:
    facts = a_renewal()
    words = [fact for fact in facts if isinstance(fact, Said) and fact.at > day("08-04 00:00")]
    facts.remove(words[lost])
    assert {"missing", "late"} & kinds(facts), "the next one may come instead, a week late"


def test_a_message_outside_working_hours() -> None:
    facts = [
        replace(fact, at=day("08-19 18:00")) if fact == said(day("08-19 07:00"), OMAR) else fact for fact in a_year()
    ]
    assert "hours" in kinds(facts)


def test_a_second_message_of_one_day() -> None:
    other: list[Fact] = [
        happened.OwnedBy(ISSUED, "Other", OMAR),
        happened.Switched(ISSUED, "Other", True),
        happened.Issued(ISSUED, "Other", "07e40000"),
        happened.Collected(ISSUED + HOUR, "Other", "07e40000"),
    ]
    assert "second" in kinds([*a_year(), *other, said(day("07-06 07:30"), OMAR, "07e40000")])
    assert "second" not in kinds([*a_year(), *other, said(day("07-06 07:00"), OMAR, OLD, "07e40000")])


def test_one_message_twice() -> None:
    to_omar, to_admins = said(day("08-26 07:00"), OMAR), said(day("08-26 09:00"), ADMINS)
    again = {each: replace(each, at=each.at + 3 * MINUTE, message="again") for each in (to_omar, to_admins)}
    lost = happened.Trouble(to_admins.at, "lost", unknown=True)
    assert kinds(after(again[to_omar])()) == {"repeated"}
    assert kinds(after(again[to_admins])()) == {"repeated"}
    assert kinds(after(again[to_admins], lost)()) == {"repeated"}, "it does not say so"
    assert kinds(after(replace(again[to_admins], repeat=True), lost)()) == set()
    assert kinds(after(replace(again[to_omar], repeat=True), replace(lost, at=to_omar.at))()) == {"repeated"}


def test_a_message_without_reminders_twice() -> None:
    for reader in (OMAR, ADMINS):
        once = happened.Posted(ISSUED + HOUR, reader, "once", "promise", repeat=False)
        again = replace(once, at=once.at + 3 * MINUTE, message="again")
        lost = happened.Trouble(once.at, "lost", unknown=True)
        assert kinds(after(once)()) == set()
        assert kinds(after(once, again)()) == {"repeated"}
        excused = kinds(after(once, lost, replace(again, repeat=True))())
        assert excused == (set() if reader == ADMINS else {"repeated"})


def test_a_fault_excuses_minutes_and_no_more() -> None:
    late = said(day("08-26 07:00"), OMAR)
    others: list[Fact] = list(a_year())
    others.remove(late)
    fault = happened.Trouble(late.at, "500", unknown=True)
    assert kinds([*others, fault, replace(late, at=late.at + 20 * MINUTE)]) == set()
    assert kinds([*others, fault, replace(late, at=late.at + 60 * MINUTE)]) == {"late"}
    down, up = happened.BotDown(late.at - HOUR), happened.BotUp(late.at + 2 * HOUR)
    assert kinds([*others, down, up, replace(late, at=up.at + MINUTE)]) == set()
    assert kinds([*others, down, up, replace(late, at=up.at + 2 * HOUR)]) == {"late"}


@pytest.mark.parametrize(("number", "what"), [(-2, "refused"), (-1, "accepted")])
def test_what_the_api_was_told_wrongly(number: int, what: str) -> None:
    facts = a_year()
    checked = facts[number]
    assert isinstance(checked, happened.Checked)
    facts[number] = replace(checked, accepted={OLD: not checked.accepted[OLD]})
    assert kinds(facts) == {what}


@pytest.mark.parametrize("what", ["revoked", "suspended", "disabled", "removed"])
def test_a_token_accepted_that_should_not_be(what: str) -> None:
    facts = [*beginning(), NOTHING_LEFT[what], happened.Checked(day("08-11 12:00"), {OLD: True})]
    assert "accepted" in kinds(facts, day("08-11 12:00"))


def test_an_old_token_that_retires_too_soon_or_never() -> None:
    facts = a_renewal()
    assert "refused" in kinds([*facts, happened.Checked(day("08-20 12:00"), {OLD: False})])
    assert "accepted" in kinds([*facts, happened.Checked(day("08-22 12:00"), {OLD: True})])
    stopped = happened.Suspended(day("08-18 12:00"), ACME, NEW)
    assert "refused" in kinds([*facts, stopped]), "its retirement is cancelled"


@pytest.mark.parametrize("reader", [OMAR, ADMINS])
def test_an_integration_that_stops_without_a_warning(reader: str) -> None:
    silent = [fact for fact in a_year() if not (isinstance(fact, Said) and fact.reader == reader and fact.at < EXPIRES)]
    assert "stopped" in kinds(silent)
    decided = happened.LetLapse(day("07-01 12:00"), ACME, OLD)
    assert "stopped" not in kinds([*silent, decided])


def test_an_integration_that_stops_though_it_was_renewed() -> None:
    facts = [fact for fact in a_renewal() if not isinstance(fact, happened.Accepted | Said)]
    called = [happened.Called(day("08-09 12:00"), ACME, OLD)]
    assert "stopped" not in kinds([*facts, *called])
    assert "stopped" in kinds([*[fact for fact in facts if not isinstance(fact, happened.Mentioned)], *called])


def test_somebody_who_left_is_not_waited_for() -> None:
    left = happened.Left(day("08-10 12:00"), OMAR)
    facts = [fact for fact in a_year() if not (isinstance(fact, Said) and fact.reader == OMAR and fact.at > left.at)]
    deputy = [said(day(at), MIA) for at in ("08-11 14:00", *READ[OMAR][2:])]
    assert kinds([*facts, left]) >= {"missing"}
    assert kinds([*facts, left, *deputy]) == set()


def a_guest(*more: Fact) -> set[str]:
    """What is found in a year in which Carla's account ends on Friday, 31 July; two weeks before, Omar has to know."""
    ends = day("07-31 12:00")
    after = [fact for fact in a_year() if not (isinstance(fact, Said) and fact.reader == CARLA)]
    facts = [*after, happened.Left(ends, CARLA), happened.ContactIs(ends, ACME, None), *more]
    journal = Journal(ZONES, sorted(facts, key=lambda fact: fact.at), guests={CARLA: ends})
    return {line.partition(":")[0] for line in complaints(journal, UNTIL)}


def test_a_guest_whose_account_ends_before_the_token() -> None:
    assert a_guest(said(day("07-17 07:00"), OMAR)) == set()
    assert a_guest() == {"missing"}
    assert a_guest(said(day("07-20 07:00"), OMAR)) == {"late"}
    assert "needless" in a_guest(said(day("07-16 07:00"), OMAR))
    assert "needless" in a_guest(said(day("07-17 07:00"), OMAR), said(day("07-17 09:00"), ADMINS))


def test_whoever_lets_the_token_lapse_need_not_hear_of_the_account_that_ends_before() -> None:
    lapses, undone = (
        happened.LetLapse(day(f"{at} 12:00"), ACME, OLD, undone=at > "07-20") for at in ("07-16", "07-21")
    )
    assert a_guest(lapses, undone, said(day("07-21 12:00"), OMAR)) == set()
    assert a_guest(lapses, undone) == {"missing"}
    assert "needless" in a_guest(lapses, undone, said(day("07-17 07:00"), OMAR))


def test_a_setting_that_was_changed() -> None:
    """Between the reminders of 30 and of 14 days before; 5 days before is a Friday."""
    changed = happened.RemindedAt(day("08-10 12:00"), (45, 21, 14, 5, 2))
    others = [fact for fact in a_year() if not (isinstance(fact, Said) and day("08-10 12:00") < fact.at < EXPIRES)]
    told = {
        OMAR: ["08-12 07:00", "08-19 07:00", "08-28 07:00", "08-31 07:00"],
        ADMINS: ["08-28 09:00", "08-31 09:00"],
        CARLA: ["08-19 13:00", "08-28 13:00"],
    }
    said_then = [said(day(at), reader) for reader, times in told.items() for at in times]
    assert "missing" in kinds([*a_year(), changed])
    assert found([*others, changed, *said_then]) == []
    assert {"missing"} <= kinds([*others, changed, *said_then[1:]])


UNDECIDED: Final[list[happened.Revoked | happened.Suspended | happened.Switched | happened.Removed]] = [
    happened.Revoked(day("08-10 12:00"), ACME, OLD, by_nobody=True),
    happened.Suspended(day("08-10 12:00"), ACME, OLD, by_nobody=True),
    happened.Switched(day("08-10 12:00"), ACME, enabled=False, by_nobody=True),
    happened.Removed(day("08-10 12:00"), ACME, by_nobody=True),
]


@pytest.mark.parametrize("what", UNDECIDED)
def test_a_token_that_stops_though_nobody_decided_it(what: happened.Revoked) -> None:
    assert "stopped" in kinds([*a_year(), what])
    assert "stopped" not in kinds([*a_year(), replace(what, by_nobody=False)])


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        ("2026-08-31 12:00:00.9", "2027-02-28 12:00"),
        ("2027-08-31 12:00:00", "2028-02-29 12:00"),
        ("2026-03-02 09:00:00", "2026-09-02 09:00"),
        ("2026-10-30 23:59:00", "2027-04-30 23:59"),
    ],
)
def test_months_of_the_calendar(issued: str, expires: str) -> None:
    assert months_after(datetime.fromisoformat(f"{issued}+00:00"), 6) == datetime.fromisoformat(f"{expires}+00:00")


# --- never used -------------------------------------------------------------------------------------------------------

OTHER, BETA = "07e40000", "Beta"


def an_unused_year() -> list[Fact]:
    """Somebody else's program is seen in use, so it is known that nothing uses this one: told on Monday, 9 March."""
    beta = [
        happened.OwnedBy(ISSUED, BETA, MIA),
        happened.ContactIs(ISSUED, BETA, "UERIK"),
        happened.Switched(ISSUED, BETA, True),
        happened.Issued(ISSUED, BETA, OTHER),
        happened.Collected(ISSUED + HOUR, BETA, OTHER),
        happened.Accepted(ISSUED + 2 * HOUR, BETA, OTHER),
    ]
    return [*beginning(), *beta, *nudges()]


def nudges() -> list[Said]:
    return [said(day("03-09 08:00"), OMAR), said(day("03-09 13:00"), CARLA)]


SPRING = day("04-20 00:00")


def test_what_is_never_used_is_told_once_where_use_is_known() -> None:
    assert found(an_unused_year(), SPRING) == []
    assert kinds([*beginning(), *nudges()], SPRING) == {"needless"}, "nobody could know"


@pytest.mark.parametrize("lost", [0, 1])
def test_a_nudge_that_is_missing_late_early_or_needless(lost: int) -> None:
    facts, nudge = an_unused_year(), nudges()[lost]
    facts.remove(nudge)
    assert kinds(facts, SPRING) == {"missing"}
    assert "late" in kinds([*facts, replace(nudge, at=nudge.at + 40 * MINUTE)], SPRING)
    assert "needless" in kinds([*facts, replace(nudge, at=nudge.at - HOUR)], SPRING)
    again = replace(nudge, at=nudge.at + 7 * DAY, message="again", mark="again")
    assert "needless" in kinds([*facts, nudge, again], SPRING)


@pytest.mark.parametrize(
    "fact",
    [
        happened.Accepted(day("03-08 12:00"), ACME, OLD),
        happened.LetLapse(day("03-08 12:00"), ACME, OLD),
        happened.Switched(day("03-08 12:00"), ACME, False),
        happened.Suspended(day("03-08 12:00"), ACME, OLD),
    ],
)
def test_a_nudge_that_is_no_matter_any_more(fact: Fact) -> None:
    without = [each for each in an_unused_year() if each not in nudges()]
    assert found([*without, fact], SPRING) == []
    assert kinds([*without, fact, *nudges()], SPRING) == {"needless"}


def test_a_contact_who_has_not_opened_it_is_not_nudged() -> None:
    facts = [*an_unused_year(), happened.ContactIs(day("03-05 12:00"), ACME, "UERIK")]
    assert kinds(facts, SPRING) == {"needless"}
    facts.remove(nudges()[1])
    assert found(facts, SPRING) == []


# --- more than a message holds ----------------------------------------------------------------------------------------


def test_what_a_full_message_leaves_out_is_said_with_it() -> None:
    nudge = nudges()[0]
    facts = [each for each in an_unused_year() if each != nudge]
    full = replace(said(nudge.at - MINUTE, OMAR, OTHER), more=True)
    assert "missing" in kinds([*facts, replace(full, more=False)], SPRING)
    with_room = replace(full, at=full.at + DAY, tokens=frozenset([OLD]), is_new=False)
    for read in ([full], [full, with_room]):
        assert [line for line in found([*facts, *read], SPRING) if OLD in line] == []


def test_who_has_read_of_it_since_is_not_told_of_their_snoozing_once_more() -> None:
    decided: list[Fact] = [
        happened.Snoozed(day("08-31 08:00"), ACME, OLD, OMAR, day("09-01 07:00")),
        happened.LetLapse(day("08-31 12:00"), ACME, OLD),
        happened.LetLapse(day("09-01 08:00"), ACME, OLD, undone=True),
    ]
    assert found([*a_year(), *decided]) == []
    decided[0] = happened.Snoozed(day("08-31 08:00"), ACME, OLD, OMAR, day("09-01 07:30"))
    assert kinds([*a_year(), *decided]) == {"missing"}


def full(in_place_of: Said) -> Said:
    """It has no room for the token."""
    return replace(in_place_of, tokens=frozenset(), more=True)


def test_what_was_read_while_it_was_left_to_lapse_is_not_missing_when_that_is_undone() -> None:
    sent = said(day("08-26 09:00"), ADMINS)
    decided: list[Fact] = [
        happened.LetLapse(sent.at - MINUTE / 2, ACME, OLD),
        happened.LetLapse(day("08-26 12:00"), ACME, OLD, undone=True),
    ]
    without = [each for each in a_year() if each != sent]
    assert found([*without, sent, *decided]) == []
    assert found([*without, full(sent), *decided]) == []
    assert kinds([*without, *decided]) == {"missing"}


def test_what_a_full_message_names_when_it_is_shown_anew_may_be_told_all_the_same() -> None:
    sent = said(day("08-31 09:00"), ADMINS)
    anew = replace(sent, at=EXPIRES + MINUTE / 2, is_new=False, more=True)
    assert found([*(full(each) if each == sent else each for each in a_year()), anew]) == []


def test_what_a_full_message_may_have_left_out_may_be_said_once_more_and_counts_as_a_warning() -> None:
    other: list[Fact] = [happened.OwnedBy(ISSUED, BETA, OMAR), happened.Issued(ISSUED, BETA, OTHER)]
    full = replace(said(day("08-26 09:00") - MINUTE, ADMINS, OTHER), more=True)
    facts = [*beginning(), *calls(), *told(), *other]
    needless = [line for line in found([*facts, full], UNTIL) if line.startswith("needless") and OLD in line]
    assert needless == []
    unwarned = [each for each in facts if not (isinstance(each, Said) and each.reader == ADMINS and each.at < EXPIRES)]
    read_late = replace(full, at=day("08-31 09:00") + MINUTE)
    for read in (read_late, replace(read_late, more=False)):
        lines = [line for line in found([*unwarned, read], UNTIL) if OLD in line and ADMINS in line]
        assert any("not warned" in line for line in lines) is not read.more


def test_of_what_has_expired_a_message_may_be_full_too() -> None:
    facts = [*beginning(), *[each for each in told() if not (each.reader == ADMINS and each.at > EXPIRES)]]
    expired = [happened.OwnedBy(ISSUED, BETA, OMAR), happened.Issued(ISSUED, BETA, OTHER)]
    full = replace(said(EXPIRES, ADMINS, OTHER), more=True)
    assert [line for line in found([*facts, *expired, full], UNTIL) if OLD in line] == []
    lives = [happened.OwnedBy(ISSUED, BETA, OMAR), happened.Issued(ISSUED + DAY, BETA, OTHER)]
    assert any(line.startswith("missing") and OLD in line for line in found([*facts, *lives, full], UNTIL))


def test_what_an_outage_held_up_until_the_morning_may_be_followed_by_the_message_of_the_day() -> None:
    late, of_the_day = said(day("08-31 07:00") - MINUTE, OMAR), said(day("08-31 07:00"), OMAR, OTHER)
    other = [happened.OwnedBy(ISSUED, BETA, OMAR), happened.Issued(ISSUED, BETA, OTHER)]
    outage = [happened.SlackDown(day("08-30 01:00")), happened.SlackUp(day("08-30 20:00"))]
    two: list[Fact] = [*beginning(), *other, late, of_the_day]
    assert "second" in kinds(two, day("08-31 12:00"))
    assert "second" not in kinds([*two, *outage], day("08-31 12:00"))


def test_what_an_outage_held_up_may_be_followed_by_what_was_needed_only_when_it_was_over() -> None:
    over = day("03-10 10:00")
    outage = [happened.SlackDown(day("03-08 01:00")), happened.SlackUp(over)]
    nudged = [said(over, OMAR), said(day("03-10 13:00"), CARLA)]
    facts = [*[each for each in an_unused_year() if each not in nudges()], *outage, *nudged]
    next_day = said(day("03-11 08:00"), OMAR)
    changed = happened.RemindedAt(over, (176, 60, 30, 14, 7, 3, 1))
    assert found(facts, SPRING) == []
    assert kinds([*facts, next_day], SPRING) == {"needless"}
    facts += [next_day, said(over + 10 * MINUTE, MIA, OTHER)]
    assert found([*facts, changed], SPRING) == []
    assert kinds([*facts, replace(changed, at=over - HOUR)], SPRING) == {"needless"}


def test_what_an_outage_left_in_doubt_may_be_followed_by_the_same_a_moment_later() -> None:
    first = said(day("08-31 07:00"), OMAR)
    again = replace(first, at=first.at + MINUTE, message="again", mark="again")
    outage = [happened.SlackDown(day("08-29 01:00")), happened.SlackUp(day("08-30 20:00"))]
    two: list[Fact] = [*beginning(), *[each for each in told() if each.at <= first.at], again]
    assert "needless" in kinds(two, day("08-31 12:00"))
    assert "needless" not in kinds([*two, *outage], day("08-31 12:00"))
    much_later = [replace(each, at=again.at + HOUR) if each == again else each for each in two]
    assert "needless" in kinds([*much_later, *outage], day("08-31 12:00"))


def test_who_reads_in_anothers_place_before_the_bot_has_to_know_reads_all_that_a_message_brings() -> None:
    """Omar and Mia leave; the admins are reminded on the next morning already, of the nudge and of a threshold."""
    left = [happened.Left(day("07-05 20:00"), who) for who in (OMAR, MIA)]
    facts = [each for each in an_unused_year() if not (isinstance(each, Said) and each.reader == CARLA)]
    facts += [nudges()[1], *left, said(day("07-06 09:00"), ADMINS)]
    assert [line for line in found(facts, day("07-20 00:00")) if ADMINS in line and OLD in line] == []
