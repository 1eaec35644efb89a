import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.errors import DirectoryUnavailable
from access.model.people import Role, SlackPerson, SlackUser
from access.model.secret import Secret
from bot import directory
from bot.directory import SlackDirectory
from bot.slack_client import slack_client
from sandbox import MovableClock, Sandbox
from sandbox.faults import Delay, Dropped, Error, Fault, RateLimited, Silence, Status
from tests.manifest import our_manifest

GROUP = "S01ACCESSAD"  # anna and ben
Make = Callable[..., SlackDirectory]


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    clock = MovableClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    async with await Sandbox.start(manifest=our_manifest(), clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def make(slack: Sandbox) -> Make:
    def make_directory(*, admins: tuple[str, ...] = (), auditors: tuple[str, ...] = ()) -> SlackDirectory:
        return SlackDirectory(
            slack_client(Secret(slack.bot_token), slack.api_url),
            team=slack.team_id,
            enterprise=None,
            admins=admins,
            auditors=auditors,
            clock=slack.clock,
        )

    return make_directory


def user_id(slack: Sandbox, name: str) -> str:
    return slack.person(name).id


async def person(directory: SlackDirectory, slack: Sandbox, name: str) -> SlackPerson:
    found = await directory.look_up(user_id(slack, name))
    assert found is not None
    return found


def calls(slack: Sandbox, method: str) -> int:
    return sum(each.name == method and each.direction == "in" for each in slack.traffic)


async def test_the_cast_is_recognised(slack: Sandbox, make: Make) -> None:
    here = make()
    assert await person(here, slack, "anna") == SlackPerson(
        SlackUser(user_id(slack, "anna"), slack.team_id), Role.ADMIN, time_zone="Europe/Berlin"
    )
    assert (await person(here, slack, "ben")).role is Role.ADMIN
    assert (await person(here, slack, "mia")).role is Role.MEMBER
    carla = await person(here, slack, "carla")
    assert (carla.role, carla.is_guest, carla.is_foreign, carla.account_ends_at) == (Role.OUTSIDER, True, False, None)
    erik, sven = await person(here, slack, "erik"), await person(here, slack, "sven")
    assert (erik.role, erik.is_foreign, erik.is_reachable) == (Role.OUTSIDER, True, True)
    assert (sven.role, sven.is_foreign, sven.is_reachable) == (Role.OUTSIDER, True, False)
    assert erik.slack.org not in (slack.team_id, sven.slack.org)
    dora = await person(here, slack, "dora")
    assert (dora.role, dora.is_deactivated, dora.time_zone) == (Role.OUTSIDER, True, None)
    hookbot = await person(here, slack, "hookbot")
    assert (hookbot.role, hookbot.is_bot) == (Role.OUTSIDER, True)


async def test_a_guest_account_may_end(slack: Sandbox, make: Make) -> None:
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    slack.changes.make_guest_expire("carla", ends)
    assert (await person(make(), slack, "carla")).account_ends_at == ends


async def test_nobody_of_that_id(slack: Sandbox, make: Make) -> None:
    assert await make().look_up("U0NOBODY000") is None
    slack.faults.next("users.info", Error("user_not_visible"))
    assert await make().look_up(user_id(slack, "sven")) is None


async def test_named_admins_replace_those_of_the_workspace(slack: Sandbox, make: Make) -> None:
    here = make(admins=(user_id(slack, "omar"),), auditors=(user_id(slack, "mia"), user_id(slack, "omar")))
    assert (await person(here, slack, "omar")).role is Role.ADMIN
    assert (await person(here, slack, "anna")).role is Role.MEMBER
    assert (await person(here, slack, "mia")).role is Role.AUDITOR
    assert await here.admins() == [SlackUser(user_id(slack, "omar"), slack.team_id)]


async def test_user_groups_may_be_named(slack: Sandbox, make: Make) -> None:
    here = make(admins=(user_id(slack, "mia"),), auditors=(GROUP,))
    assert (await person(here, slack, "anna")).role is Role.AUDITOR
    assert (await person(make(admins=(GROUP,)), slack, "anna")).role is Role.ADMIN
    assert (await person(make(admins=(GROUP,)), slack, "mia")).role is Role.MEMBER


async def test_guests_and_foreigners_are_nothing_though_named(slack: Sandbox, make: Make) -> None:
    everybody = tuple(user_id(slack, name) for name in ("carla", "erik", "dora", "hookbot"))
    here = make(admins=everybody, auditors=everybody)
    assert {(await person(here, slack, name)).role for name in ("carla", "erik", "dora", "hookbot")} == {Role.OUTSIDER}
    assert await here.admins() == []


async def test_outsiders_do_not_wait_for_user_groups(slack: Sandbox, make: Make) -> None:
    await person(make(admins=(GROUP,)), slack, "carla")
    assert calls(slack, "usergroups.users.list") == 0


async def test_a_missing_user_group_is_empty_and_logged_once(slack: Sandbox, make: Make) -> None:
    here = make(admins=("S0MISSING00", GROUP))
    with structlog.testing.capture_logs() as log:
        assert (await person(here, slack, "anna")).role is Role.ADMIN
        slack.clock.advance(timedelta(minutes=2))
        assert (await person(here, slack, "mia")).role is Role.MEMBER
    assert log == [{"event": "user_group_missing", "user_group": "S0MISSING00", "log_level": "warning"}]


async def test_all_admins_of_the_workspace_are_found_page_by_page(
    slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_PAGE", 3)
    slack.changes.make_admin("omar")
    slack.changes.deactivate("ben")
    found = {admin.user_id for admin in await make().admins()}
    assert found == {user_id(slack, "anna"), user_id(slack, "omar")}
    assert calls(slack, "users.list") > 1


async def test_all_named_admins_are_found(slack: Sandbox, make: Make) -> None:
    here = make(admins=(GROUP, user_id(slack, "mia"), "U0NOBODY000"))
    found = {admin.user_id for admin in await here.admins()}
    assert found == {user_id(slack, name) for name in ("anna", "ben", "mia")}


async def test_what_is_known_is_kept_for_less_than_a_minute(slack: Sandbox, make: Make) -> None:
    here = make(admins=(GROUP,))
    assert (await person(here, slack, "mia")).role is Role.MEMBER
    slack.changes.set_user_group("access-admins", "mia")
    slack.changes.deactivate("ben")
    slack.clock.advance(timedelta(seconds=59))
    assert (await person(here, slack, "mia")).role is Role.MEMBER
    assert calls(slack, "users.info") == calls(slack, "usergroups.users.list") == 1
    slack.clock.advance(timedelta(seconds=1))
    assert (await person(here, slack, "mia")).role is Role.ADMIN


async def test_a_look_anew_asks_slack_whatever_is_kept_and_everybody_reads_its_answer(
    slack: Sandbox, make: Make
) -> None:
    here, mia = make(), user_id(slack, "mia")
    await person(here, slack, "mia")
    slack.changes.deactivate("mia")
    assert not (await person(here, slack, "mia")).is_deactivated
    found = await here.look_anew(mia)
    assert found is not None
    assert found.is_deactivated
    assert await person(here, slack, "mia") == found
    assert calls(slack, "users.info") == 2
    assert await here.look_anew("U0NOBODY000") is None
    slack.faults.next("users.info", Error("internal_error"))
    with pytest.raises(DirectoryUnavailable):
        await here.look_anew(mia)


async def test_a_look_anew_waits_longer_than_a_command_may(
    slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "WAIT_SECONDS", 0.05)
    slack.faults.next("users.info", Delay(0.15))
    assert await make().look_anew(user_id(slack, "mia")) is not None


async def test_a_person_seen_later_does_not_make_an_old_group_younger(slack: Sandbox, make: Make) -> None:
    here = make(admins=(GROUP,))
    await person(here, slack, "anna")
    slack.changes.set_user_group("access-admins", "anna")
    slack.clock.advance(timedelta(seconds=50))
    assert (await person(here, slack, "ben")).role is Role.ADMIN
    slack.clock.advance(timedelta(seconds=10))
    assert (await person(here, slack, "ben")).role is Role.MEMBER


async def test_who_asks_at_the_same_time_shares_one_call(slack: Sandbox, make: Make) -> None:
    here = make(admins=(GROUP,))
    await asyncio.gather(*(person(here, slack, "anna") for _ in range(20)))
    assert calls(slack, "users.info") == calls(slack, "usergroups.users.list") == 1


async def test_who_gives_up_waiting_does_not_fail_the_others(slack: Sandbox, make: Make) -> None:
    here = make()
    first, second = (asyncio.create_task(person(here, slack, "anna")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).role is Role.ADMIN
    assert calls(slack, "users.info") == 1


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
@pytest.mark.parametrize(
    "fault", [Error("internal_error"), Error("missing_scope"), Status(500), RateLimited(30), Dropped(), Silence()]
)
async def test_without_an_answer_nobody_is_anybody(
    slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch, method: str, fault: Fault
) -> None:
    monkeypatch.setattr("bot.slack_client.TIMEOUT_SECONDS", 0.2)
    here = make(admins=(GROUP,))
    slack.faults.always(method, fault)
    with structlog.testing.capture_logs() as log:
        with pytest.raises(DirectoryUnavailable):
            await person(here, slack, "anna")
        with pytest.raises(DirectoryUnavailable):
            await here.admins()
    assert {line["method"] for line in log} == {method}
    assert not any(word in str(log) for word in ("anna", "Anna", "Berg", "U01ANNABERG"))
    slack.faults.clear()
    assert (await person(here, slack, "anna")).role is Role.ADMIN


async def test_a_late_answer_is_there_for_the_next_question(
    slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "WAIT_SECONDS", 0.3)
    here = make(admins=(GROUP,))
    slack.faults.next("users.info", Delay(0.2))
    slack.faults.next("usergroups.users.list", Delay(0.2))
    with structlog.testing.capture_logs() as log, pytest.raises(DirectoryUnavailable):
        await person(here, slack, "anna")
    assert log == [{"event": "directory_late", "operation": "look_up", "log_level": "warning"}]
    assert (await person(here, slack, "anna")).role is Role.ADMIN
    assert calls(slack, "users.info") == calls(slack, "usergroups.users.list") == 1


async def test_the_pages_of_a_list_are_waited_for_together(
    slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_PAGE", 3)
    monkeypatch.setattr(directory, "WAIT_SECONDS", 0.2)
    here = make()
    slack.faults.next("users.list", Delay(0.15), times=2)
    with pytest.raises(DirectoryUnavailable):
        await here.admins()
    await asyncio.sleep(0.2)
    assert {admin.user_id for admin in await here.admins()} == {user_id(slack, "anna"), user_id(slack, "ben")}


async def test_nothing_goes_on_after_closing(slack: Sandbox, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "WAIT_SECONDS", 0.1)
    here, before = make(admins=(GROUP,)), asyncio.all_tasks()
    slack.faults.always("users.info", Delay(0.5))
    with pytest.raises(DirectoryUnavailable):
        await person(here, slack, "anna")
    assert any("_ask" in str(task) for task in asyncio.all_tasks() - before)
    await here.close()
    assert not any("_ask" in str(task) for task in asyncio.all_tasks() - before)


async def test_admins_are_unknown_without_the_list(slack: Sandbox, make: Make) -> None:
    slack.faults.next("users.list", Error("ratelimited"))
    with pytest.raises(DirectoryUnavailable):
        await make().admins()


class Grid(AsyncWebClient):
    """Slack as it answers on Enterprise Grid, which the sandbox is not."""

    def __init__(self, **user: Any) -> None:
        super().__init__()
        self._user = {"id": "W01", **user}

    async def users_info(self, *, user: str, **_: Any) -> AsyncSlackResponse:
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url="users.info",
            req_args={},
            data={"ok": True, "user": self._user | {"id": user}},
            headers={},
            status_code=200,
        )


@pytest.mark.parametrize(
    ("user", "org", "is_foreign"),
    [
        ({"team_id": "T01", "enterprise_user": {"enterprise_id": "E01"}}, "E01", False),
        ({"team_id": "T99", "enterprise_user": {"enterprise_id": "E01"}}, "E01", False),
        ({"team_id": "E01"}, "E01", False),
        ({"team_id": "T01"}, "T01", False),
        ({"team_id": "T01", "enterprise_user": {"enterprise_id": "E99"}}, "E99", True),
        ({"team_id": "T99"}, "T99", True),
        ({"team_id": "E99"}, "E99", True),
    ],
)
async def test_on_enterprise_grid_the_enterprise_is_the_organisation(
    user: dict[str, Any], org: str, is_foreign: bool
) -> None:
    here = SlackDirectory(
        Grid(**user), team="T01", enterprise="E01", admins=("W01",), auditors=(), clock=MovableClock()
    )
    found = await here.look_up("W01")
    assert found is not None
    assert (found.slack, found.is_foreign) == (SlackUser("W01", org), is_foreign)
    assert found.role is (Role.OUTSIDER if is_foreign else Role.ADMIN)


@pytest.mark.parametrize(("team", "is_foreign"), [("T01", False), ("T99", True)])
async def test_our_people_are_ours_though_the_workspace_has_joined_an_enterprise_meanwhile(
    team: str, is_foreign: bool
) -> None:
    joined = Grid(team_id=team, enterprise_user={"enterprise_id": "E01", "teams": ["T02"]})
    here = SlackDirectory(joined, team="T01", enterprise=None, admins=("W01",), auditors=(), clock=MovableClock())
    found = await here.look_up("W01")
    assert found is not None
    assert (found.slack.org, found.teams, found.is_foreign) == ("E01", frozenset({team, "T02"}), is_foreign)
    assert found.role is (Role.OUTSIDER if is_foreign else Role.ADMIN)


async def test_slackbot_is_a_bot_and_a_strange_time_zone_is_none() -> None:
    answers = Grid(team_id="T01", is_bot=False, tz="Mars/Olympus")
    here = SlackDirectory(answers, team="T01", enterprise=None, admins=(), auditors=(), clock=MovableClock())
    slackbot = await here.look_up("USLACKBOT")
    assert slackbot is not None
    assert (slackbot.is_bot, slackbot.role, slackbot.time_zone) == (True, Role.OUTSIDER, None)
