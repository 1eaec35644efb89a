"""Each ailment of the Slack app, of its tokens and of the clock, shown in the sandbox over real sockets."""

from datetime import timedelta

import pytest

from access.model.secret import Secret
from bot.doctor import slack
from bot.doctor.findings import State
from bot.doctor.slack_facts import Failure, introduce
from bot.slack_client import slack_client
from sandbox.faults import Dropped, Error, RateLimited, Status
from tests.bot.doctor.practice import MovedClock, Practice
from tests.manifest import our_manifest


async def test_a_wrong_bot_token_is_named_and_the_rest_is_looked_at(practice: Practice) -> None:
    practice.set(SLACK_BOT_TOKEN="xoxb-wrong")
    assert "Slack does not know SLACK_BOT_TOKEN" in await practice.problem("bot token")
    report = await practice.examined()
    states = {each.name: each.state for each in report.findings}
    assert {name for name, state in states.items() if state is State.NOT_LOOKED_AT} == {"scopes", "channel", "admins"}
    assert states["clock"] is states["socket mode"] is states["database"] is State.OK
    why = {each.found for each in report.findings if each.state is State.NOT_LOOKED_AT}
    assert why == {"The bot token has to work first."}


@pytest.mark.parametrize(
    ("code", "mend"),
    [("token_revoked", "install it to the workspace again"), ("team_access_not_granted", "again")],
)
async def test_a_token_that_slack_refuses_is_named_with_slacks_word(practice: Practice, code: str, mend: str) -> None:
    practice.slack.faults.always("auth.test", Error(code))
    said = await practice.problem("bot token")
    assert code in said
    assert mend in said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Dropped(), "Slack does not answer."),
        (Status(502), "Something else answers in Slack's place."),
        (RateLimited(30), "Slack asks to be left alone for a moment."),
    ],
    ids=repr,
)
async def test_what_is_between_us_and_slack_is_named(practice: Practice, fault: Dropped, words: str) -> None:
    practice.slack.faults.always("auth.test", fault)
    assert words in await practice.problem("bot token")


async def test_slack_out_of_reach_is_found_once_for_each_token(practice: Practice) -> None:
    practice.set(SLACK_API_URL="http://127.0.0.1:9/api/")
    report = await practice.examined()
    problems = {each.name: each.found for each in report.findings if each.state is State.PROBLEM}
    assert problems == dict.fromkeys(("bot token", "socket mode"), "Slack cannot be reached.")
    assert (await practice.finds("clock")).found == "Slack did not say what time it is."


async def test_a_missing_scope_is_named_with_what_it_is_for(practice: Practice) -> None:
    practice.slack.changes.withdraw_scope("im:write")
    said = await practice.problem("scopes")
    assert "The app lacks im:write (to open direct messages)." in said
    assert "add im:write on OAuth & Permissions" in said


async def test_an_optional_scope_is_a_note(practice: Practice) -> None:
    practice.slack.changes.withdraw_scope("im:history")
    practice.slack.changes.withdraw_scope("usergroups:read")
    found = await practice.finds("scopes")
    assert found.state is State.NOTE
    assert found.found.startswith("The app lacks im:history (to look before it repeats a message), usergroups:read (to")


async def test_user_groups_need_a_scope_once_they_are_used(practice: Practice) -> None:
    practice.slack.changes.withdraw_scope("usergroups:read")
    practice.set(THIRDPARTY_ADMINS="S01ACCESSAD")
    assert "usergroups:read" in await practice.problem("scopes")
    assert (await practice.finds("admins")).found.endswith("The app lacks the scope usergroups:read.")


async def test_without_users_read_the_admins_are_not_looked_at(practice: Practice) -> None:
    practice.slack.changes.withdraw_scope("users:read")
    await practice.problem("scopes")
    found = await practice.finds("admins")
    assert (found.state, found.found) == (State.NOT_LOOKED_AT, "The app lacks the scope users:read.")


async def test_without_groups_read_the_private_channel_is_not_looked_at(practice: Practice) -> None:
    practice.slack.changes.withdraw_scope("groups:read")
    await practice.problem("scopes")
    found = await practice.finds("channel")
    assert (found.state, found.found) == (State.NOT_LOOKED_AT, "The app lacks the scope groups:read.")
    practice.set(THIRDPARTY_CHANNEL="")
    assert (await practice.finds("scopes")).state is State.NOTE


def test_more_scopes_than_the_bot_needs_are_a_note() -> None:
    asked = our_manifest()["oauth_config"]["scopes"]
    everything = frozenset([*asked["bot"], *asked["bot_optional"]])
    found = slack.scopes(everything | {"channels:history"}, asked, ())
    assert (found.state, "channels:history" in found.found) == (State.NOTE, True)
    assert slack.scopes(None, asked, ()).state is State.NOT_LOOKED_AT


def test_every_scope_of_the_manifest_has_its_use() -> None:
    asked = our_manifest()["oauth_config"]["scopes"]
    assert slack.USES.keys() == {*asked["bot"], *asked["bot_optional"]}


async def test_an_app_token_without_connections_write(practice: Practice) -> None:
    practice.slack.changes.limit_app_token("authorizations:read")
    said = await practice.problem("socket mode")
    assert said.startswith("SLACK_APP_TOKEN lacks the scope connections:write.")
    assert "Basic Information" in said


async def test_a_wrong_app_token(practice: Practice) -> None:
    practice.set(SLACK_APP_TOKEN="xapp-wrong")
    assert "Slack does not know SLACK_APP_TOKEN." in await practice.problem("socket mode")


@pytest.mark.parametrize(
    ("code", "words"), [("not_allowed_token_type", "is no app-level token"), ("forbidden_team", "(forbidden_team)")]
)
async def test_another_refusal_of_the_app_token(practice: Practice, code: str, words: str) -> None:
    practice.slack.faults.always("apps.connections.open", Error(code))
    assert words in await practice.problem("socket mode")


@pytest.mark.parametrize(("ahead", "words"), [(300, "seconds ahead of Slack's"), (-300, "seconds behind Slack's")])
async def test_a_clock_that_is_off(practice: Practice, ahead: int, words: str) -> None:
    practice.clock = MovedClock(timedelta(seconds=ahead))
    said = await practice.problem("clock")
    assert words in said
    assert "timedatectl" in said


async def test_a_clock_that_is_a_little_off_is_well(practice: Practice) -> None:
    practice.clock = MovedClock(timedelta(seconds=30))
    assert (await practice.finds("clock")).state is State.OK


async def test_slacks_date_counts_though_it_refuses_the_token(practice: Practice) -> None:
    practice.slack.clock.advance(timedelta(hours=1))
    first = await introduce(slack_client(Secret("xoxb-wrong"), practice.slack.api_url), practice.clock)
    assert first.who == Failure("invalid_auth")
    assert first.ahead is not None
    assert timedelta(minutes=59) < -first.ahead <= timedelta(hours=1)


async def test_words_that_are_not_slacks_are_not_repeated(practice: Practice) -> None:
    practice.slack.faults.next("auth.test", Error("<!channel> tpt_"))
    first = await introduce(slack_client(Secret("xoxb-wrong"), practice.slack.api_url), practice.clock)
    assert first.who == Failure("")
