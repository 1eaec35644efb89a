"""A workspace that is kept in a folder: a restart goes on where it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import MovableClock, Sandbox, Unreadable
from sandbox.keeping import FILE
from tests.bot.waiting import until
from tests.sandbox.apps import MANIFEST, modal, section, web_client

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DORA_LEFT = datetime(2026, 9, 1, tzinfo=UTC)


async def started(folder: Path) -> Sandbox:
    return await Sandbox.start(manifest=MANIFEST, clock=MovableClock(START), folder=folder)


async def test_messages_people_channels_and_time_are_as_they_were(tmp_path: Path) -> None:
    async with await started(tmp_path) as slack:
        api = web_client(slack)
        channel = str((await api.conversations_open(users="U05CARLARUZ"))["channel"]["id"])
        first = await api.chat_postMessage(channel=channel, text="Hello", blocks=[section("*Hello*")])
        gone = await api.chat_postMessage(channel=channel, text="Gone")
        await api.chat_delete(channel=channel, ts=str(gone["ts"]))
        slack.clock.advance(timedelta(days=31))
        await api.chat_update(channel=channel, ts=str(first["ts"]), text="Changed", blocks=[section("Changed")])
        slack.deactivate("mia")
        slack.make_guest_expire("carla", DORA_LEFT)
        slack.changes.set_user_group("access-admins", "anna")
    async with await started(tmp_path) as slack:
        assert slack.clock.now() == START + timedelta(days=31)
        (message,) = slack.person("carla").reads()
        assert (message.reading, message.ts, message.edited) == ("Changed", first["ts"], True)
        assert slack.person("mia").role == "deactivated"
        assert slack.person("carla").client.user.guest_until == DORA_LEFT
        api = web_client(slack)
        assert (await api.conversations_open(users="U05CARLARUZ"))["channel"]["id"] == channel
        await api.chat_update(channel=channel, ts=message.ts, text="Once more", blocks=[section("Once more")])
        later = await api.chat_postMessage(channel=channel, text="Later")
        assert later["ts"] > message.ts
    async with await started(tmp_path) as slack:
        assert [each.reading for each in slack.person("carla").reads()] == ["Once more", "Later"]


async def test_what_happened_is_written_at_once_and_a_line_cut_off_is_left_out(tmp_path: Path) -> None:
    async with await started(tmp_path) as slack:
        await slack.person("anna").types("Good morning")
        await until(lambda: "Good morning" in (tmp_path / FILE).read_text())
        with (tmp_path / FILE).open("a") as file:
            file.write('{"message": {"ts": "17')
        text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text)
    async with await started(tmp_path) as slack:
        assert [each.reading for each in slack.person("ben").reads("#general")] == ["Good morning"]


async def test_no_window_and_nothing_that_travelled_is_kept(tmp_path: Path) -> None:
    async with await started(tmp_path) as slack:
        api, person = web_client(slack), slack.person("carla")
        person.client.space.views.open(person.id, modal("Reveal", section("tpt_0123456789"), submit=None))
        await api.api_test(shown="tpt_0123456789")
        await person.types("Hello", "#acme-shared")
    kept = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "Hello" in kept
    assert "tpt_" not in kept


@pytest.mark.parametrize("text", ["not JSON\n{}\n", "[1]\n", '{"message": {"no": "message"}}\n', '{"moved": "far"}\n'])
async def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Unreadable):
        await started(tmp_path)
    assert (tmp_path / FILE).read_text() == text
