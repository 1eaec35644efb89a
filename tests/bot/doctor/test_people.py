"""Each ailment of the admins and of their channel, shown in the sandbox over real sockets."""

import pytest

from bot.doctor.findings import State
from sandbox.faults import Error, Silence
from tests.bot.doctor.practice import Practice

CHANNEL = "#third-party-access"


async def test_a_bot_that_is_not_in_its_channel(practice: Practice) -> None:
    practice.set(THIRDPARTY_CHANNEL="C01GENERAL0")
    assert await practice.problem("channel") == (
        "The bot is not in #general. In Slack, type /invite @thirdparty in that channel."
    )


async def test_a_private_channel_that_the_bot_is_not_in_looks_like_none(practice: Practice) -> None:
    practice.slack.changes.remove_from_channel(CHANNEL, "thirdparty")
    said = await practice.problem("channel")
    assert "there is none, or it is private and the bot is not in it" in said
    assert "/invite @thirdparty" in said


async def test_an_archived_channel(practice: Practice) -> None:
    practice.slack.changes.archive_channel(CHANNEL)
    assert "is archived" in await practice.problem("channel")


async def test_a_channel_shared_outside(practice: Practice) -> None:
    practice.slack.changes.share_channel(CHANNEL, "erik")
    assert "shared with another organisation" in await practice.problem("channel")


async def test_a_channel_into_which_somebody_outside_is_invited(practice: Practice) -> None:
    practice.slack.changes.invite_organisation(CHANNEL, "T02FJORD000")
    assert "Another organisation is invited" in await practice.problem("channel")


async def test_a_public_channel_is_a_note_and_so_is_none(practice: Practice) -> None:
    practice.set(THIRDPARTY_CHANNEL=practice.slack.changes.add_channel("open", "anna", "thirdparty"))
    found = await practice.finds("channel")
    assert (found.state, "everybody in the workspace can read" in found.found) == (State.NOTE, True)
    practice.set(THIRDPARTY_CHANNEL="")
    found = await practice.finds("channel")
    assert (found.state, "No admin channel is set" in found.found) == (State.NOTE, True)


async def test_a_channel_about_which_slack_says_nothing(practice: Practice) -> None:
    practice.slack.faults.always("conversations.info", Error("internal_error"))
    report = await practice.examined()
    assert (report.ok, report.exit_status) == (False, 1)
    found = await practice.finds("channel")
    assert (found.state, found.found) == (State.NOT_LOOKED_AT, "Slack did not say (internal_error).")


async def test_a_single_admin_is_a_deadlock_unless_they_may_approve_themselves(practice: Practice) -> None:
    practice.slack.changes.make_admin("ben", False)
    said = await practice.problem("admins")
    assert "nobody could approve" in said
    assert "THIRDPARTY_SELF_APPROVAL=true" in said
    practice.set(THIRDPARTY_SELF_APPROVAL="true")
    found = await practice.finds("admins")
    assert (found.state, found.found.startswith("There is a single admin")) == (State.NOTE, True)


async def test_self_approval_where_there_are_two_is_a_note(practice: Practice) -> None:
    practice.set(THIRDPARTY_SELF_APPROVAL="true")
    assert (await practice.finds("admins")).state is State.NOTE


async def test_nobody_is_an_admin(practice: Practice) -> None:
    practice.slack.changes.make_admin("anna", False)
    practice.slack.changes.make_admin("ben", False)
    assert "Nobody is an admin here" in await practice.problem("admins")


async def test_a_user_group_that_slack_does_not_know(practice: Practice) -> None:
    anna, ben = (practice.slack.people[name].id for name in ("anna", "ben"))
    practice.set(THIRDPARTY_ADMINS=f"S0NOBODY {anna} {ben}")
    assert await practice.problem("admins") == (
        "Slack knows no user group S0NOBODY. Correct or remove it in THIRDPARTY_ADMINS."
    )


async def test_a_user_group_is_a_reminder_of_who_may_edit_it(practice: Practice) -> None:
    practice.set(THIRDPARTY_ADMINS="S01ACCESSAD")
    found = await practice.finds("admins")
    assert (found.state, "with 2 people" in found.found) == (State.NOTE, True)
    assert "only admins may edit user groups" in str(found.mend)


@pytest.mark.parametrize(
    ("handle", "why"),
    [
        ("hookbot", "is a bot"),
        ("dora", "is deactivated"),
        ("carla", "is a guest"),
        ("erik", "belongs to another organisation"),
    ],
)
async def test_somebody_on_the_list_who_can_never_be_one(practice: Practice, handle: str, why: str) -> None:
    practice.set(THIRDPARTY_AUDITORS=practice.slack.people[handle].id)
    said = await practice.problem("auditors")
    assert f"{practice.slack.people[handle].id} is on the list, but {why}." in said


async def test_somebody_on_the_list_whom_slack_does_not_know(practice: Practice) -> None:
    anna, ben = (practice.slack.people[name].id for name in ("anna", "ben"))
    practice.set(THIRDPARTY_ADMINS=f"{anna} {ben} U0NOBODY")
    assert "U0NOBODY is on the list, but Slack knows no such person." in await practice.problem("admins")


async def test_slack_silent_about_people(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.examiner.TIMEOUT_SECONDS", 0.05)
    practice.set(THIRDPARTY_AUDITORS=practice.slack.people["mia"].id)
    for method in ("users.list", "users.info"):
        practice.slack.faults.always(method, Silence())
    found = await practice.examined()
    unseen = {each.name: each.found for each in found.findings if each.state is State.NOT_LOOKED_AT}
    assert unseen == {
        "admins": "Slack did not say (no_answer).",
        "auditors": f"{practice.slack.people['mia'].id}: Slack did not say (no_answer).",
    }
