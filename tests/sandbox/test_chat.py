"""chat.*: who reads what, and what Slack refuses."""

import json

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from tests.sandbox.apps import MANIFEST, actions, button, code, section, web_client, with_home

ADMINS = "#third-party-access"


async def test_a_message_is_read_by_the_members(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    answer = await api.chat_postMessage(
        channel=slack.admin_channel,
        text="Plain words",
        blocks=[section("Hello <@U02BENITO00>"), actions(button("Go", "g"))],
    )
    [seen] = anna.reads(ADMINS)
    assert (seen.text, seen.place, seen.ephemeral, seen.edited) == ("Plain words", ADMINS, False, False)
    assert "Ben Ito" in seen.reading
    assert "[Go]" in seen.reading
    assert seen.buttons == ["Go"]
    assert slack.person("mia").reads(ADMINS) == []
    posted = answer["message"]
    assert (answer["channel"], answer["ts"], posted["user"]) == (slack.admin_channel, seen.ts, slack.bot_user_id)
    assert posted["bot_id"].startswith("B")
    assert posted["blocks"][0]["block_id"]


async def test_messages_can_go_to_a_person(slack: Sandbox, api: AsyncWebClient) -> None:
    carla = slack.person("carla")
    await api.chat_postMessage(channel=carla.id, text="Hello Carla")
    assert (await carla.waits_for("Hello", "bot")).place == "bot"


async def test_history_gives_back_metadata_and_block_ids(slack: Sandbox, api: AsyncWebClient) -> None:
    metadata = {"event_type": "handoff", "event_payload": {"message": "17"}}
    block = section("One") | {"block_id": "mine"}
    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[block], metadata=metadata)
    await api.chat_postMessage(channel=slack.admin_channel, text="2")
    newest, oldest = (await api.conversations_history(channel=slack.admin_channel, include_all_metadata=True))[
        "messages"
    ]
    assert (newest["text"], oldest["text"]) == ("2", "1")
    assert (oldest["metadata"], oldest["blocks"][0]["block_id"]) == (metadata, "mine")
    plain = (await api.conversations_history(channel=slack.admin_channel))["messages"]
    assert "metadata" not in plain[1]


async def test_history_comes_in_pages_and_between_instants(slack: Sandbox, api: AsyncWebClient) -> None:
    stamps = [(await api.chat_postMessage(channel=slack.admin_channel, text=str(n)))["ts"] for n in range(5)]
    pages = [
        [message["text"] for message in page["messages"]]
        async for page in await api.conversations_history(channel=slack.admin_channel, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]

    async def between(inclusive: bool) -> list[str]:
        found = await api.conversations_history(
            channel=slack.admin_channel, oldest=stamps[1], latest=stamps[3], inclusive=inclusive
        )
        return [message["text"] for message in found["messages"]]

    assert await between(inclusive=False) == ["2"]
    assert await between(inclusive=True) == ["3", "2", "1"]


async def test_ephemeral_messages_are_read_by_one(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    ben = slack.person("ben")
    await api.chat_postEphemeral(channel=slack.admin_channel, user=anna.id, text="Only you")
    assert [seen.ephemeral for seen in anna.reads(ADMINS)] == [True]
    assert ben.reads(ADMINS) == []
    assert (await api.conversations_history(channel=slack.admin_channel))["messages"] == []
    with pytest.raises(SlackApiError) as refused:
        await api.chat_postEphemeral(channel=slack.admin_channel, user=slack.person("mia").id, text="Only you")
    assert code(refused) == "user_not_in_channel"


async def test_update_replaces_what_it_names(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    posted = await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[actions(button("Go", "go"))])
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    await api.chat_update(**place, text="2")
    [seen] = anna.reads(ADMINS)
    assert (seen.text, seen.edited, seen.buttons) == ("2", True, ["Go"])
    await api.chat_update(**place, text="3", blocks=[])
    [seen] = anna.reads(ADMINS)
    assert (seen.text, seen.buttons) == ("3", [])


async def test_only_the_author_updates_and_deletes(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    await anna.types("Mine", ADMINS)
    [seen] = anna.reads(ADMINS)
    with pytest.raises(SlackApiError) as updating:
        await api.chat_update(channel=slack.admin_channel, ts=seen.ts, text="Not yours")
    with pytest.raises(SlackApiError) as deleting:
        await api.chat_delete(channel=slack.admin_channel, ts=seen.ts)
    assert (code(updating), code(deleting)) == ("cant_update_message", "cant_delete_message")


async def test_delete_removes_for_everybody(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    posted = await api.chat_postMessage(channel=slack.admin_channel, text="Soon gone")
    await api.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert anna.reads(ADMINS) == []
    with pytest.raises(SlackApiError) as refused:
        await api.chat_update(channel=posted["channel"], ts=posted["ts"], text="Back")
    assert code(refused) == "message_not_found"


async def test_channels_that_the_bot_cannot_post_to(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.changes.add_channel("old", "anna", "thirdparty")
    slack.changes.archive_channel("#old")
    cases = {
        "#general": "not_in_channel",
        "C0NOTHING00": "channel_not_found",
        "#old": "is_archived",
        slack.changes.add_channel("board", "anna", private=True): "channel_not_found",
        slack.person("dora").id: "channel_not_found",
    }
    for channel, error in cases.items():
        with pytest.raises(SlackApiError) as refused:
            await api.chat_postMessage(channel=channel, text="Hello")
        assert code(refused) == error


async def test_the_bot_can_be_removed_from_a_channel(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.changes.remove_from_channel(ADMINS, "thirdparty")
    with pytest.raises(SlackApiError) as refused:
        await api.chat_postMessage(channel=slack.admin_channel, text="Hello")
    assert code(refused) == "channel_not_found"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": ""}}, "invalid_metadata_schema"),
    ],
)
async def test_messages_over_the_limits_are_refused(
    slack: Sandbox, api: AsyncWebClient, content: dict[str, object], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await api.api_call("chat.postMessage", json={"channel": slack.admin_channel, **content})
    assert code(refused) == error
    assert slack.person("anna").reads(ADMINS) == []


async def test_without_a_messages_tab_no_direct_message_arrives() -> None:
    async with await Sandbox.start(manifest=with_home(messages_tab_enabled=False)) as slack:
        with pytest.raises(SlackApiError) as refused:
            await web_client(slack).chat_postMessage(channel=slack.person("anna").id, text="Hello")
    assert code(refused) == "messages_tab_disabled"


async def test_in_a_read_only_messages_tab_nobody_can_write() -> None:
    read_only = with_home(messages_tab_enabled=True, messages_tab_read_only_enabled=True)
    for manifest, allowed in ((MANIFEST, True), (read_only, False)):
        async with await Sandbox.start(manifest=manifest) as slack:
            anna = slack.person("anna")
            if allowed:
                await anna.types("Hello", "bot")
            else:
                with pytest.raises(AssertionError, match="cannot write"):
                    await anna.types("Hello", "bot")
            assert len(anna.reads()) == allowed


async def test_structures_may_come_as_text(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    form = {"channel": ADMINS, "text": "x", "blocks": json.dumps([section("From a form")])}
    await api.api_call("chat.postMessage", data=form)
    assert anna.reads(ADMINS)[0].reading == "From a form"


async def test_mentions_are_read_as_names(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    text = "<@U05CARLARUZ> <#C01GENERAL0> <!subteam^S01ACCESSAD> <@U0NOBODY000>"
    await api.chat_postMessage(channel=slack.admin_channel, text=text)
    assert anna.reads(ADMINS)[0].reading == "@Carla Ruiz #general @access-admins @U0NOBODY000"
