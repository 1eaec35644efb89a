"""users.*, usergroups.*, conversations.*: who and what is there, and who can be reached."""

from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Sandbox
from tests.sandbox.apps import code, web_client, without_scope


async def info(api: AsyncWebClient, user_id: str) -> dict[str, Any]:
    user: dict[str, Any] = (await api.users_info(user=user_id))["user"]
    return user


async def test_admins_and_owners(slack: Sandbox, api: AsyncWebClient) -> None:
    anna, ben, mia = [await info(api, slack.person(name).id) for name in ("anna", "ben", "mia")]
    assert (anna["is_owner"], anna["is_admin"]) == (True, True)
    assert (ben["is_owner"], ben["is_admin"]) == (False, True)
    assert (mia["is_owner"], mia["is_admin"]) == (False, False)
    assert (ben["tz"], ben["tz_offset"]) == ("Asia/Tokyo", 9 * 3600)
    assert (ben["team_id"], ben["profile"]["email"]) == (slack.team_id, "ben@meadow.example")


async def test_a_guest_and_the_end_of_the_account(slack: Sandbox, api: AsyncWebClient) -> None:
    carla = await info(api, slack.person("carla").id)
    assert (carla["is_restricted"], carla["is_ultra_restricted"]) == (True, False)
    assert "guest_expiration_ts" not in carla["profile"]
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    slack.make_guest_expire(slack.person("carla"), ends)
    assert (await info(api, slack.person("carla").id))["profile"]["guest_expiration_ts"] == ends.timestamp()


async def test_people_of_other_organisations(slack: Sandbox, api: AsyncWebClient) -> None:
    erik, sven = [await info(api, slack.person(name).id) for name in ("erik", "sven")]
    assert (erik["is_stranger"], sven["is_stranger"]) == (False, True)
    assert slack.team_id not in (erik["team_id"], sven["team_id"])
    assert "email" not in erik["profile"]
    assert "locale" not in (await api.users_info(user=erik["id"], include_locale=True))["user"]


async def test_the_deactivated_and_the_bots(slack: Sandbox, api: AsyncWebClient) -> None:
    assert (await info(api, slack.person("dora").id))["deleted"] is True
    assert (await info(api, slack.person("hookbot").id))["is_bot"] is True
    with pytest.raises(SlackApiError) as refused:
        await api.users_info(user="U0NOBODY000")
    assert code(refused) == "user_not_found"


async def test_addresses_need_their_scope() -> None:
    async with await Sandbox.start(manifest=without_scope("users:read.email")) as slack:
        api = web_client(slack)
        assert "email" not in (await info(api, slack.person("anna").id))["profile"]
        with pytest.raises(SlackApiError) as refused:
            await api.users_lookupByEmail(email="anna@meadow.example")
    assert code(refused) == "missing_scope"


async def test_lookup_by_email(slack: Sandbox, api: AsyncWebClient) -> None:
    assert (await api.users_lookupByEmail(email="ben@meadow.example"))["user"]["id"] == slack.person("ben").id
    for missing in ("nobody@meadow.example", "dora@meadow.example"):
        with pytest.raises(SlackApiError) as refused:
            await api.users_lookupByEmail(email=missing)
        assert code(refused) == "users_not_found"


async def test_the_list_of_users_comes_in_pages(slack: Sandbox, api: AsyncWebClient) -> None:
    pages = [[user["id"] for user in page["members"]] async for page in await api.users_list(limit=3)]
    everybody = [user_id for page in pages for user_id in page]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len(set(everybody)) == 8
    assert slack.person("erik").id not in everybody


async def test_a_bad_cursor_is_refused(api: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as cursor:
        await api.users_list(cursor="nonsense")
    with pytest.raises(SlackApiError) as limit:
        await api.users_list(limit=1001)
    assert (code(cursor), code(limit)) == ("invalid_cursor", "invalid_limit")


async def test_user_groups(slack: Sandbox, api: AsyncWebClient) -> None:
    [group] = (await api.usergroups_list(include_users=True))["usergroups"]
    slack.changes.set_user_group("@access-admins", "mia")
    members = (await api.usergroups_users_list(usergroup=group["id"]))["users"]
    assert (group["handle"], len(group["users"])) == ("access-admins", 2)
    assert members == [slack.person("mia").id]
    with pytest.raises(SlackApiError) as refused:
        await api.usergroups_users_list(usergroup="S0NOTHING00")
    assert code(refused) == "no_such_subteam"


async def test_channels_and_their_members(slack: Sandbox, api: AsyncWebClient) -> None:
    private = (await api.conversations_info(channel=slack.admin_channel, include_num_members=True))["channel"]
    shared = (await api.conversations_info(channel="C03ACMESHRD"))["channel"]
    assert (private["is_private"], private["is_member"], private["is_ext_shared"]) == (True, True, False)
    assert (private["name"], private["num_members"]) == ("third-party-access", 3)
    assert (shared["is_ext_shared"], shared["is_private"]) == (True, False)
    first = await api.conversations_members(channel=slack.admin_channel, limit=2)
    rest = await api.conversations_members(
        channel=slack.admin_channel, limit=2, cursor=first["response_metadata"]["next_cursor"]
    )
    people = {slack.person("anna").id, slack.person("ben").id, slack.bot_user_id}
    assert {*first["members"], *rest["members"]} == people


async def test_a_private_channel_without_the_bot_does_not_exist_for_it(slack: Sandbox, api: AsyncWebClient) -> None:
    hidden = slack.changes.add_channel("board", "anna", private=True)
    with pytest.raises(SlackApiError) as refused:
        await api.conversations_info(channel=hidden)
    assert code(refused) == "channel_not_found"


async def test_each_kind_of_channel_has_its_scope() -> None:
    async with await Sandbox.start(manifest=without_scope("groups:read")) as slack:
        api = web_client(slack)
        assert (await api.conversations_info(channel="C01GENERAL0"))["ok"]
        with pytest.raises(SlackApiError) as refused:
            await api.conversations_info(channel=slack.admin_channel)
    assert refused.value.response["needed"] == "groups:read"


async def test_direct_messages_open_once(slack: Sandbox, api: AsyncWebClient) -> None:
    first = await api.conversations_open(users=slack.person("carla").id)
    again = await api.conversations_open(users=[slack.person("carla").id], return_im=True)
    assert first["channel"]["id"].startswith("D")
    assert again["channel"]["id"] == first["channel"]["id"]
    assert (first["already_open"], again["already_open"]) == (False, True)
    assert again["channel"]["user"] == slack.person("carla").id


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("sven", "user_not_visible"),
        ("dora", "user_disabled"),
        ("hookbot", "cannot_dm_bot"),
    ],
)
async def test_who_cannot_be_written_to(slack: Sandbox, api: AsyncWebClient, name: str, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await api.conversations_open(users=slack.person(name).id)
    assert code(refused) == error


async def test_nobody_and_the_bot_itself_cannot_be_written_to(slack: Sandbox, api: AsyncWebClient) -> None:
    cases = {
        "U0NOBODY000": "user_not_found",
        slack.bot_user_id: "invalid_user_combination",
        "": "users_list_not_supplied",
        "U01ANNABERG,U02BENITO00": "missing_scope",
    }
    for users, error in cases.items():
        with pytest.raises(SlackApiError) as refused:
            await api.conversations_open(users=users)
        assert code(refused) == error


async def test_somebody_who_becomes_unreachable(slack: Sandbox, api: AsyncWebClient) -> None:
    erik = slack.person("erik")
    channel = (await api.conversations_open(users=erik.id))["channel"]["id"]
    await api.chat_postMessage(channel=channel, text="Welcome")
    slack.changes.make_stranger("erik")
    with pytest.raises(SlackApiError) as opening:
        await api.conversations_open(users=erik.id)
    with pytest.raises(SlackApiError) as posting:
        await api.chat_postMessage(channel=channel, text="Still there?")
    assert (code(opening), code(posting)) == ("user_not_visible", "channel_not_found")
    assert [seen.text for seen in erik.reads()] == ["Welcome"]


async def test_a_known_conversation_is_open_already(slack: Sandbox, api: AsyncWebClient) -> None:
    assert (await api.conversations_open(channel=slack.admin_channel))["no_op"] is True
    assert (await api.conversations_info(channel="C01GENERAL0"))["channel"]["is_member"] is False
    direct = (await api.conversations_open(users=slack.person("erik").id))["channel"]["id"]
    with pytest.raises(SlackApiError) as refused:
        await api.conversations_info(channel=direct)
    assert refused.value.response["needed"] == "im:read"


async def test_history_is_for_members_and_real_instants(slack: Sandbox, api: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as outside:
        await api.conversations_history(channel="C01GENERAL0")
    with pytest.raises(SlackApiError) as instant:
        await api.conversations_history(channel=slack.admin_channel, oldest="yesterday")
    assert (code(outside), code(instant)) == ("not_in_channel", "invalid_ts_oldest")
