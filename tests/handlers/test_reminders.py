"""Reminders over a real database: what each reader is sent, and what stands in it when something was decided since."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from access.model.check import Noted
from access.model.errors import DirectoryUnavailable
from access.model.ids import TokenId
from access.model.messages import MessageKind as Kind
from access.model.messages import PlannedMessage
from access.model.people import Role, SlackUser
from access.model.reminder import ReaderRole, Reminder, ReminderKind
from access.model.rendered import Rendered
from access.operations import (
    claim_token,
    confirm_handoff,
    disable_third_party,
    enable_third_party,
    issue_token,
    let_token_lapse,
    register_third_party,
    remove_third_party,
    renew_token,
    retire_token,
    revoke_token,
    show_third_party,
    snooze_token,
    undo_lapse,
)
from access.operations.deliver_messages import note_dropped, note_posted, note_undeliverable, spread_to_admins
from access.operations.plan_reminders import plan_reminders
from access.operations.record_checks import record_checks
from handlers.mrkdwn import command, escape
from handlers.reminders import reminders_message
from handlers.views.card import third_party_card
from handlers.views.reminder_words import until_words
from tests.access.books import Books
from tests.access.world import TEAM, World
from tests.checking import ASKER, add_resource_server, note_accepted
from tests.crash.truths import complaints
from tests.handlers.story import NAME, Sent, Story, retelling
from tests.handlers.test_messages import labels, words
from tests.noting import noting

OWNERS, ADMINS, CONTACTS = (Kind.REMINDERS, "UANNA"), (Kind.REMINDERS, "admins"), (Kind.REMINDERS, "UCARLA")
DAY = timedelta(days=1)
SEVEN_DAYS = datetime(2026, 8, 26, 9, tzinfo=UTC)
"""The token expires on Wednesday the 2nd of September at nine."""
EVERYTHING = ["Renew now", "I'm on it", "Snooze", "Let it lapse", "Show"]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """Carla has a token."""
    async with retelling(tmp_path) as told:
        yield told
    with closing(sqlite3.connect(told.world.file)) as database:
        assert complaints(database) == []


async def at(story: Story, moment: datetime) -> Sent:
    """Let it be that time; return what is posted."""
    clock = story.world.clock
    clock.advance(moment - clock.now())
    return await remind(story)


async def remind(story: Story) -> Sent:
    await plan_reminders(TEAM, story.world.ports)
    story.world.clock.advance(timedelta(minutes=1))
    return await story.post()


async def decide(story: Story, module: Any, name: str, who: str = "UBEN", **about: Any) -> Sent:
    """Let somebody press a button of the token; return what is shown anew."""
    await story.act(module, name, who, token=story.token, **about)
    return await story.post()


def plain(rendered: Rendered | None) -> str:
    """The words, every date left out."""
    return re.sub(r"<!date[^>]*>", "then", words(rendered))


async def renew(story: Story) -> Sent:
    """Let Ben renew it; from then on the story's token is the new one."""
    await story.note(await story.act(renew_token, "RenewToken", "UBEN", third_party=story.party))
    return await story.post()


async def used(story: Story, token: TokenId) -> None:
    await note_accepted(TEAM, [token], story.world.clock.now(), story.world.ports)


def recorded(story: Story, action: str) -> int:
    with closing(sqlite3.connect(story.world.file)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM audit WHERE action = ?", [action]).fetchone()
    return int(count)


async def test_seven_days_before_everybody_reads_what_is_theirs_to_do(story: Story) -> None:
    sent = await at(story, SEVEN_DAYS)
    head = f"The token `{story.fingerprint}` of *{escape(NAME)}* expires then, in 7 days."
    assert plain(sent[OWNERS]) == f"{head} Nobody has offered a new one yet."
    assert plain(sent[ADMINS]) == f"{head} Nobody has offered a new one yet. Responsible is <@UANNA>."
    assert plain(sent[CONTACTS]) == (
        f"{head} There is nothing to do for you now: <@UANNA> is reminded, too. When I offer you new credentials, "
        "please switch to them before then."
    )
    assert labels(sent[OWNERS]) == labels(sent[ADMINS]) == EVERYTHING
    assert labels(sent[CONTACTS]) == ["Ask for a new token", "What I hold"]


async def test_a_renewal_shows_to_everybody_until_it_is_settled(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    sent = await renew(story)
    for place in (OWNERS, ADMINS):
        assert f"`{story.fingerprint}`, offered by <@UBEN> then, waits for <@UCARLA> until then." in plain(sent[place])
        assert labels(sent[place]) == ["I'm on it", "Snooze", "Show"]
    assert "New credentials wait for you in my message" in plain(sent[CONTACTS])
    await story.collect()
    sent = await story.post()
    settled = (
        f"Settled: <@UBEN> offered a new one then. It is `{story.fingerprint}`, opened then, and works until then."
    )
    for place in (OWNERS, ADMINS):
        assert settled in plain(sent[place])
        assert labels(sent[place]) == []
    assert "Settled: you have a newer one" in plain(sent[CONTACTS])


async def test_where_use_is_known_a_new_one_that_nobody_uses_is_not_the_end(story: Story) -> None:
    await at(story, SEVEN_DAYS - DAY * 30)
    old = story.token
    await used(story, old)
    await renew(story)
    await story.collect()
    sent = await at(story, SEVEN_DAYS)
    assert "was opened then, but no program uses it yet. Please ask <@UCARLA> to switch." in plain(sent[OWNERS])
    assert "You opened the new credentials then, but no program uses them yet." in plain(sent[CONTACTS])
    assert labels(sent[ADMINS]) == ["I'm on it", "Snooze", "Show"]
    for token in (old, story.token):
        await used(story, token)
    sent = await at(story, SEVEN_DAYS + DAY)
    for place in (OWNERS, CONTACTS):
        assert "but a program still uses this old one, last then. The old one works until then." in plain(sent[place])
    assert labels(sent[OWNERS]) == ["Retire the old one", "Show"]
    assert labels(sent[CONTACTS]) == ["Everything is switched", "What I hold"]
    await story.act(retire_token, "RetireToken", "UBEN", token=old)
    assert "It was retired then: a newer one has taken its place." in plain((await story.post())[OWNERS])


async def test_who_looks_after_it_is_named_in_the_owners_place(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    sent = await decide(story, claim_token, "ClaimToken", "UBEN")
    assert plain(sent[ADMINS]).endswith("Nobody has offered a new one yet. <@UBEN> is on it, since then.")
    assert "<@UBEN> is on it" in plain(sent[OWNERS])
    assert set(sent) == {OWNERS, ADMINS, CONTACTS}
    sent = await decide(story, claim_token, "ClaimToken", "UANNA")
    assert "<@UANNA> is on it" in plain(sent[ADMINS])
    assert "I'm on it" not in labels(sent[OWNERS])
    assert "I'm on it" in labels(sent[ADMINS])
    assert (await at(story, SEVEN_DAYS + 5 * DAY))[ADMINS] is not None, "it stops nothing"


async def test_where_whoever_looked_after_it_is_gone_the_owner_is_named_again(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    await decide(story, claim_token, "ClaimToken", "UBEN")
    with closing(sqlite3.connect(story.world.file)) as connection, connection:
        connection.execute("UPDATE people SET gone = 'deactivated' WHERE user_id = 'UBEN'")
    told = plain((await at(story, SEVEN_DAYS + 5 * DAY))[ADMINS])
    assert told.endswith("<@UBEN>, who was on it, is gone, so somebody else has to be. Responsible is <@UANNA>.")


async def test_who_wanted_to_be_reminded_again_but_is_no_admin_any_more_learns_nothing(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    until = datetime(2026, 8, 27, 7, tzinfo=UTC)
    await decide(story, snooze_token, "SnoozeToken", "UBEN", until=until)
    await decide(story, snooze_token, "SnoozeToken", "UBEN", until=until + timedelta(hours=1))
    story.world.town.settle("UBEN", Role.MEMBER)
    assert await at(story, until + timedelta(hours=1)) == {(Kind.REMINDERS, "UBEN"): None}


async def test_who_wanted_to_be_reminded_again_is_and_nobody_else(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    until = datetime(2026, 8, 27, 7, tzinfo=UTC)  # nine where Ben is
    sent = await decide(story, snooze_token, "SnoozeToken", "UBEN", until=until)
    assert "I remind <@UBEN> again then." in plain(sent[OWNERS])
    sent = await at(story, until)
    bens = (Kind.REMINDERS, "UBEN")
    assert set(sent) == {bens}
    assert plain(sent[bens]).startswith("You wanted to be reminded again. The token")
    assert labels(sent[bens]) == EVERYTHING
    assert (await remind(story)) == {}
    assert "I remind" not in plain((await decide(story, claim_token, "ClaimToken", "UANNA"))[bens])


async def test_what_is_to_lapse_is_told_once_more_and_as_what_it_is_when_it_has(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    sent = await decide(story, let_token_lapse, "LetTokenLapse", "UANNA")
    for place in (OWNERS, ADMINS):
        assert "<@UANNA> decided then to let it lapse: I remind you once more" in plain(sent[place])
        assert labels(sent[place]) == ["Renew now", "Undo", "Show"]
    assert "It was decided that it is not renewed. If you still need the access" in plain(sent[CONTACTS])
    assert await at(story, SEVEN_DAYS + 5 * DAY) == {}
    sent = await at(story, SEVEN_DAYS + 6 * DAY)
    assert set(sent) == {OWNERS, ADMINS, CONTACTS}
    last_call = "<@UANNA> <@UBEN>: this is the last call before a token expires. That was decided.\nThe token"
    assert plain(sent[ADMINS]).startswith(last_call)
    assert "<@UANNA> decided then to let it lapse: I tell you when it has." in plain(sent[OWNERS])
    sent = await at(story, SEVEN_DAYS + 7 * DAY)
    expired = "expired then: calls with it are refused since."
    for reader in ("UANNA", "admins"):
        told = plain(sent[Kind.EXPIRED, reader])
        assert f"{expired} That was decided by <@UANNA>, so there is nothing to do." in told
    assert "It was decided that it is not renewed." in plain(sent[Kind.EXPIRED, "UCARLA"])


async def test_undone_or_renewed_nothing_is_left_of_it(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    await decide(story, let_token_lapse, "LetTokenLapse")
    sent = await decide(story, undo_lapse, "UndoLapse", "UANNA")
    assert labels(sent[ADMINS]) == EVERYTHING
    await decide(story, let_token_lapse, "LetTokenLapse")
    sent = await renew(story)
    assert "to let it lapse" not in plain(sent[OWNERS])
    assert "waits for <@UCARLA>" in plain(sent[OWNERS])
    assert OWNERS in await at(story, SEVEN_DAYS + 5 * DAY), "reminders go on while the new one waits"


async def test_an_expiry_is_told_with_what_to_do(story: Story) -> None:
    await at(story, SEVEN_DAYS + 6 * DAY)
    sent = await at(story, SEVEN_DAYS + 7 * DAY)
    theirs, admins, contacts = (sent[Kind.EXPIRED, reader] for reader in ("UANNA", "admins", "UCARLA"))
    assert f"To go on: an admin types {command('issue', NAME)}." in plain(theirs)
    assert labels(theirs) == ["Show"]
    assert plain(admins).startswith("<@UANNA> <@UBEN>: a token has expired.")
    assert f"Nobody has offered a new one. To go on: {command('issue', NAME)}. Responsible is" in plain(admins)
    assert labels(admins) == ["Issue a token", "Show"]
    assert "If you still need the access, please ask <@UANNA> for new credentials." in plain(contacts)
    await story.note(await story.act(issue_token, "IssueToken", "UBEN", third_party=story.party))
    sent = await story.post()
    assert "waits for <@UCARLA> until then" in plain(sent[Kind.EXPIRED, "admins"])
    assert labels(sent[Kind.EXPIRED, "admins"]) == ["Show"]
    await story.collect()
    assert "Settled: you have a newer one" in plain((await story.post())[Kind.EXPIRED, "UCARLA"])


async def test_what_was_said_stays_with_what_became_of_it(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    await story.act(disable_third_party, "DisableThirdParty", "UBEN", third_party=story.party, reason="")
    sent = await story.post()
    off = "The third party is not enabled at the moment, so calls are refused and I remind nobody."
    assert f"{off} To switch it on: {command('enable', NAME)}." in plain(sent[ADMINS])
    assert f"{off} To switch it on: an admin types {command('enable', NAME)}." in plain(sent[OWNERS])
    assert f"{off} Please ask <@UANNA> when it is on again." in plain(sent[CONTACTS])
    sent = await decide(story, revoke_token, "RevokeToken")
    assert "was to expire then. It was revoked then and doesn't work any more." in plain(sent[CONTACTS])
    await story.act(remove_third_party, "RemoveThirdParty", "UBEN", third_party=story.party)
    sent = await story.post()
    for place in (OWNERS, ADMINS, CONTACTS):
        assert "was to expire then. The third party was removed then, so there is nothing to do." in plain(sent[place])
        assert labels(sent[place]) == []


async def test_what_nobody_has_to_do_anything_about_any_more_is_not_sent(story: Story) -> None:
    clock = story.world.clock
    clock.advance(SEVEN_DAYS - clock.now())
    await plan_reminders(TEAM, story.world.ports)
    await story.act(revoke_token, "RevokeToken", "UBEN", token=story.token)
    clock.advance(timedelta(minutes=1))
    due = await story.claim()
    moot = [each for each in due if each.message.kind is Kind.REMINDERS]
    assert len(moot) == 3
    for each in moot:
        assert await story.renderer.render(TEAM, each.message) is None
        await note_dropped(each, story.world.ports)
    assert recorded(story, "message.dropped") == 3


@pytest.mark.parametrize("who", ["UANNA", "UBEN"])
async def test_what_was_held_up_until_the_token_expired_is_told_by_the_news_of_that(story: Story, who: str) -> None:
    """Anna owns it; Ben is an admin, and reads in the channel that it has expired."""
    await at(story, SEVEN_DAYS)
    await decide(story, snooze_token, "SnoozeToken", who, until=SEVEN_DAYS + DAY)
    clock = story.world.clock
    for moment in (SEVEN_DAYS + 6 * DAY, SEVEN_DAYS + 7 * DAY):  # and Slack takes nothing
        clock.advance(moment - clock.now())
        await plan_reminders(TEAM, story.world.ports)
    clock.advance(timedelta(minutes=1))
    new = [each.message for each in await story.claim() if each.ts is None]
    sent = [each for each in new if await story.renderer.render(TEAM, each) is not None]
    assert len(new) > len(sent)
    assert {each.kind for each in sent} == {Kind.EXPIRED}
    assert sorted([await story.reader(each) for each in sent]) == ["UANNA", "UCARLA", "admins"]


async def test_what_came_as_news_stays_out_of_the_message_that_was_held_up(story: Story) -> None:
    first, clock = story.party, story.world.clock
    clock.advance(timedelta(hours=2))
    await another(story, "Globex")
    clock.advance(SEVEN_DAYS + 6 * DAY - clock.now())
    await plan_reminders(TEAM, story.world.ports)  # of both, and Slack takes nothing
    clock.advance(DAY + timedelta(hours=1))
    told = plain((await story.post())[OWNERS])
    assert [escape(NAME) in told, "Globex" in told] == [False, True]
    await story.act(remove_third_party, "RemoveThirdParty", "UBEN", third_party=first)
    assert OWNERS not in await story.post()


async def told_but_for_one_that_was_switched_off(story: Story) -> Rendered | None:
    """Both are planned; before the message goes out, somebody switches the first one off."""
    first, clock = story.party, story.world.clock
    clock.advance(timedelta(hours=2))
    await another(story, "Globex")
    clock.advance(SEVEN_DAYS - clock.now())
    await plan_reminders(TEAM, story.world.ports)
    await story.act(disable_third_party, "DisableThirdParty", "UBEN", third_party=first, reason="")
    clock.advance(timedelta(minutes=1))
    story.party = first
    return (await story.post())[OWNERS]


async def test_what_was_moot_when_the_message_went_out_is_not_named_in_it_later(story: Story) -> None:
    told = plain(await told_but_for_one_that_was_switched_off(story))
    assert [escape(NAME) in told, "Globex" in told] == [False, True]
    await story.act(remove_third_party, "RemoveThirdParty", "UBEN", third_party=story.party)
    assert OWNERS not in await story.post()
    assert recorded(story, "message.dropped") == 3


async def test_what_was_moot_when_the_message_went_out_and_matters_again_is_told(story: Story) -> None:
    await told_but_for_one_that_was_switched_off(story)
    await story.act(enable_third_party, "EnableThirdParty", "UBEN", third_party=story.party)
    await story.post()
    told = plain((await at(story, SEVEN_DAYS + DAY))[OWNERS])
    assert [escape(NAME) in told, "Globex" in told] == [True, False]


async def test_two_tokens_are_one_message_the_most_urgent_first(story: Story) -> None:
    first, name = story.party, "Globex"
    story.world.clock.advance(timedelta(hours=2))
    await another(story, name)
    sent = await at(story, SEVEN_DAYS)
    told = plain(sent[OWNERS]).splitlines()
    assert told[0] == "*2 tokens*, the most urgent first:"
    assert [escape(NAME) in told[1], name in told[2]] == [True, True]
    assert labels(sent[OWNERS]) == EVERYTHING * 2
    await story.act(remove_third_party, "RemoveThirdParty", "UBEN", third_party=first)
    told = plain((await story.post())[OWNERS]).splitlines()
    assert ["was removed" in line for line in told[1:]] == [True, False]


async def another(story: Story, name: str) -> None:
    """Let a second third party come as far; from then on the story is about that one."""
    story.party = (await story.act(register_third_party, "RegisterThirdParty", "UANNA", name=name)).id
    await story.offer()
    await story.collect()
    await story.post()


async def test_a_token_of_which_somebody_is_reminded_twice_is_told_once(story: Story) -> None:
    await at(story, SEVEN_DAYS)
    until = datetime(2026, 8, 28, 7, tzinfo=UTC)
    await decide(story, snooze_token, "SnoozeToken", "UANNA", until=until)
    told = (await at(story, until + timedelta(hours=2, minutes=1)))[OWNERS]
    assert plain(told).startswith("You wanted to be reminded again. The token")
    assert labels(told) == EVERYTHING
    sent = await at(story, SEVEN_DAYS + 5 * DAY)
    assert plain(sent[OWNERS]).count("expires then") == 1


async def test_without_a_channel_each_admin_reads_the_same_and_a_press_shows_in_all_of_them(story: Story) -> None:
    clock = story.world.clock
    clock.advance(SEVEN_DAYS - clock.now())
    await plan_reminders(TEAM, story.world.ports)
    clock.advance(timedelta(minutes=1))
    (to_admins,) = [
        each for each in await story.claim() if each.message.kind is Kind.REMINDERS and not each.message.reader
    ]
    await spread_to_admins(to_admins, story.world.ports)
    clock.advance(timedelta(minutes=3))
    copies: dict[tuple[str, bool], Rendered | None] = await copied(story)
    assert set(copies) == {("UANNA", True), ("UBEN", True), ("UANNA", False), ("UCARLA", False)}
    assert plain(copies["UBEN", True]).endswith("Responsible is <@UANNA>.")
    await story.act(claim_token, "ClaimToken", "UBEN", token=story.token)
    copies = await copied(story)
    for place in (("UANNA", True), ("UBEN", True), ("UANNA", False)):
        assert "<@UBEN> is on it, since then." in plain(copies[place])
    assert "I'm on it" in labels(copies["UBEN", True]), "it is the admins' message, in which others may press"


async def copied(story: Story) -> dict[tuple[str, bool], Rendered | None]:
    """Post what is due; return it by reader, and whether they read it as admins."""
    written = {}
    for queued in await story.claim():
        if queued.message.kind is not Kind.REMINDERS:
            continue
        shown = await story.renderer.render(TEAM, queued.message, sent_at=queued.sent_at)
        written[await story.reader(queued.message), queued.message.is_for_admins] = shown
        await note_posted(queued, "D1", "1.0", story.world.ports)
    return written


async def test_a_reminder_that_cannot_be_delivered_is_told_for_each_third_party_that_it_is_about(story: Story) -> None:
    await another(story, "Globex")
    clock = story.world.clock
    clock.advance(SEVEN_DAYS - clock.now())
    await plan_reminders(TEAM, story.world.ports)
    clock.advance(timedelta(minutes=1))
    for queued in await story.claim():
        if queued.message.kind is Kind.REMINDERS and await story.reader(queued.message) == "UCARLA":
            await note_undeliverable(queued, "user_disabled", story.world.ports)
    told = [
        (await story.reader(each.message), words(await story.renderer.render(TEAM, each.message)))
        for each in await story.claim()
        if each.message.kind is Kind.UNDELIVERABLE
    ]
    assert [reader for reader, _ in told] == ["UANNA"] * 2
    for name in (NAME, "Globex"):
        (text,) = [text for _, text in told if f"Something about *{escape(name)}* could not be delivered." in text]
        assert "the reminder that its token expires, because the account is deactivated." in text


async def test_what_the_owner_cannot_be_told_is_told_to_the_admins(story: Story) -> None:
    clock = story.world.clock
    clock.advance(SEVEN_DAYS + 7 * DAY - clock.now())
    await plan_reminders(TEAM, story.world.ports)
    clock.advance(timedelta(minutes=1))
    for queued in await story.claim():
        if queued.message.kind is Kind.EXPIRED and await story.reader(queued.message) == "UANNA":
            await note_undeliverable(queued, "user_disabled", story.world.ports)
    (told,) = [each for each in await story.claim() if each.message.kind is Kind.UNDELIVERABLE]
    assert told.message.reader is None
    assert "the message that its token has expired" in words(await story.renderer.render(TEAM, told.message))


async def test_where_slack_does_not_say_who_the_admins_are_the_last_call_goes_out_all_the_same(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> list[SlackUser]:
        raise DirectoryUnavailable

    monkeypatch.setattr(story.world.town, "admins", silent)
    sent = await at(story, SEVEN_DAYS + 6 * DAY)
    assert plain(sent[ADMINS]).startswith("The token")
    assert plain(sent[ADMINS]).endswith("Responsible is <@UANNA>.")


async def test_an_account_that_ends_before_the_token_and_an_owner_who_is_gone_are_said_with_what_to_do(
    story: Story,
) -> None:
    with closing(sqlite3.connect(story.world.file)) as connection, connection:
        ends_at = int((SEVEN_DAYS - 30 * DAY).timestamp() * 1_000_000)
        connection.execute("UPDATE people SET account_ends_at = ? WHERE user_id = 'UCARLA'", [ends_at])
    await story.act(disable_third_party, "DisableThirdParty", "UBEN", third_party=story.party, reason="")
    await story.act(enable_third_party, "EnableThirdParty", "UBEN", third_party=story.party)
    sent = await at(story, SEVEN_DAYS - 44 * DAY)
    ends = "The guest account of <@UCARLA>, the contact, ends then, before the token does. Please have it extended"
    assert ends in plain(sent[OWNERS])
    sent = await decide(story, let_token_lapse, "LetTokenLapse")
    assert "account" not in plain(sent[OWNERS])
    assert labels(sent[OWNERS]) == ["Renew now", "Undo", "Show"]
    assert ends in plain((await decide(story, undo_lapse, "UndoLapse"))[OWNERS])
    with closing(sqlite3.connect(story.world.file)) as connection, connection:
        connection.execute("UPDATE people SET gone = 'deactivated' WHERE user_id = 'UANNA'")
    sent = await at(story, SEVEN_DAYS)
    card = await story.act(show_third_party, "ShowThirdParty", "UBEN", third_party=story.party)
    assert "*Owner:* <@UANNA> (gone)" in words(third_party_card(card))
    assert f"It needs a new owner, because the one it had is gone: {command('edit', NAME)}." in plain(sent[ADMINS])
    assert "an admin of the workspace is reminded, too" in plain(sent[CONTACTS])


@pytest.mark.parametrize(
    ("left", "zone", "said"),
    [
        ({"minutes": 59}, "UTC", "in less than an hour"),
        ({"hours": 1, "minutes": 59}, "UTC", "in 1 hour"),
        ({"hours": 38, "minutes": 59}, "UTC", "in 38 hours"),
        ({"hours": 39}, "UTC", "in 2 days"),
        ({"hours": 38}, "Asia/Tokyo", "in 2 days"),
        ({"days": 6, "hours": 23}, "UTC", "in 7 days"),
        ({"days": 7, "hours": 6}, "UTC", "in 7 days"),
    ],
)
def test_how_long_it_is_goes_by_the_readers_calendar(left: dict[str, int], zone: str, said: str) -> None:
    assert until_words(SEVEN_DAYS + timedelta(**left), SEVEN_DAYS, ZoneInfo(zone)) == said


# --- never used -------------------------------------------------------------------------------------------------------

A_WEEK_LATER = datetime(2026, 3, 9, 9, tzinfo=UTC)


async def asked(story: Story) -> None:
    """A resource server asks about some token or other."""
    await add_resource_server(TEAM, story.world.ports)
    await record_checks(TEAM, Noted(asked={ASKER: story.world.clock.now()}), story.world.ports)


async def test_what_nobody_has_used_is_said_to_contact_and_owner_and_settled_by_the_first_use(story: Story) -> None:
    await asked(story)
    sent = await at(story, A_WEEK_LATER)
    assert set(sent) == {OWNERS, CONTACTS}
    head = f"The token `{story.fingerprint}` of *{escape(NAME)}* was opened then, and no program has used it yet."
    assert plain(sent[OWNERS]) == (
        f"{head} Please ask <@UCARLA> whether something is missing: {command('test', NAME)} shows what the access "
        "depends on."
    )
    assert labels(sent[OWNERS]) == ["Test", "Show"]
    assert plain(sent[CONTACTS]) == (
        f"{head} Please put the credentials into your program; *Test my access* shows what I know. If you don't have "
        "them any more, ask for new ones, or ask <@UANNA>."
    )
    assert labels(sent[CONTACTS]) == ["Ask for a new token", "Test my access", "What I hold"]
    await used(story, story.token)
    sent = await story.post()
    for place in (OWNERS, CONTACTS):
        assert "A program uses it now, so there is nothing to do." in plain(sent[place])
    assert labels(sent[OWNERS]) == []
    assert {(Kind.FIRST_USE, "UANNA"), (Kind.FIRST_USE, "UCARLA")} <= set(sent)
    assert "A program uses them, and they work." in plain(sent[Kind.HANDOFF, "UCARLA"])
    assert "A program uses it, so it works." in plain(sent[Kind.HANDOFF_COLLECTED, "UANNA"])
    assert "It works" not in labels(sent[Kind.HANDOFF, "UCARLA"])


async def test_after_it_works_the_first_use_settles_the_reminder_without_news(story: Story) -> None:
    await story.press(confirm_handoff, "ConfirmHandoff")
    await asked(story)
    await at(story, A_WEEK_LATER)
    await used(story, story.token)
    sent = await story.post()
    assert "A program uses it now" in plain(sent[OWNERS])
    assert {kind for kind, _ in sent} & {Kind.FIRST_USE} == set()


async def test_what_is_to_lapse_or_renewed_needs_no_use(story: Story) -> None:
    await asked(story)
    await at(story, A_WEEK_LATER)
    sent = await decide(story, let_token_lapse, "LetTokenLapse")
    assert "decided then to let it lapse" in plain(sent[OWNERS])
    assert labels(sent[OWNERS]) == []
    await decide(story, undo_lapse, "UndoLapse")
    await renew(story)
    await story.collect()
    sent = await story.post()
    assert "Settled: <@UBEN> offered a new one then." in plain(sent[OWNERS])


async def test_beside_another_reminder_it_is_a_sentence(story: Story) -> None:
    await asked(story)
    story.world.clock.set(SEVEN_DAYS - 7 * DAY)
    sent = await at(story, SEVEN_DAYS)
    for place in (OWNERS, CONTACTS):
        assert f"The token `{story.fingerprint}` of *{escape(NAME)}* expires then, in 7 days." in plain(sent[place])
    assert "No program has used it yet, though it was opened then. Please ask <@UCARLA>" in plain(sent[OWNERS])
    assert "No program has used it yet. Please put the credentials into your program" in plain(sent[CONTACTS])
    assert labels(sent[OWNERS]) == ["Renew now", "I'm on it", "Snooze", "Let it lapse", "Test", "Show"]


async def test_the_first_use_of_a_renewal_tells_how_long_the_old_one_works(story: Story) -> None:
    await used(story, story.token)
    old = story.fingerprint
    await renew(story)
    await story.collect()
    await story.post()
    await used(story, story.token)
    sent = await story.post()
    told = plain(sent[Kind.FIRST_USE, "UCARLA"])
    works = f"The old token `{old}` works until the new one is in use and nothing has used the old one for 7 days"
    assert f"(fingerprint `{story.fingerprint}`), and they work. {works}, at most until then." in told
    assert "When every program of yours is switched, press *Everything is switched* in my message about them." in told
    assert "If it was no program of yours, press *That wasn't me*" in told
    assert works in plain(sent[Kind.FIRST_USE, "UANNA"])


async def test_the_news_of_a_first_use_is_moot_once_it_is_over(story: Story) -> None:
    await used(story, story.token)
    assert await story.render(Kind.FIRST_USE, story.token, "UANNA") is not None
    await story.approve("UERIK")
    assert await story.render(Kind.FIRST_USE, story.token, "UCARLA") is None, "a former contact reads nothing"
    assert await story.render(Kind.FIRST_USE, story.token, "UANNA") is not None
    await story.act(revoke_token, "RevokeToken", "UBEN", token=story.token)
    assert await story.render(Kind.FIRST_USE, story.token, "UANNA") is None


async def asked_by_message(books: Books, about: int) -> int:
    """Let a message bring so many reminders of tokens that were renewed; return what showing it takes."""
    bundle, brought = f"of {about}", list[Reminder]()
    for number in range(about):
        party = await books.party(f"Acme {about} {number}")
        old = await books.token(party, "old", left=7 * DAY)
        await books.token(party, "new", renews=old.id)
        what = (ReminderKind.EXPIRY, old.id, party.id, 7, party.owner, ReaderRole.OWNER)
        brought.append(Reminder(*what, occasion="", message=Kind.REMINDERS, bundle=bundle))
    async with books.world.ports.write(TEAM) as uow:
        await uow.reminders.plan(brought, books.now)
        await uow.commit()
    message = PlannedMessage(Kind.REMINDERS, brought[0].reader, None, bundle)
    with noting() as asked:
        shown = await reminders_message(TEAM, message, books.world.ports, sent_at=books.now)
    assert shown is not None
    assert shown.text.count("Settled") == min(about, 8)
    return len(asked)


async def test_a_message_that_brings_many_is_read_like_one_that_brings_two(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    assert await asked_by_message(Books(world), 20) == await asked_by_message(Books(world), 2)
    await world.close()
