"""The sandbox at a terminal: what somebody types, and what they then read."""

import asyncio
import io
import os
import pty
import signal
import termios
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import MovableClock, Sandbox
from sandbox.durations import duration
from sandbox.refusals import Impossible
from sandbox.terminal import converse, serve
from sandbox.terminal.typed import editing
from tests.sandbox.small_bot import MANIFEST, small_bot

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


async def typed(*lines: str, sandbox: Sandbox | None = None) -> str:
    """What the terminal shows for these lines, after the welcome."""
    stdout = io.StringIO()
    stdin = io.StringIO("".join(f"{line}\n" for line in lines))
    if sandbox:
        await converse(sandbox, stdin=stdin, stdout=stdout)
    else:
        async with small_bot(MovableClock(START)) as own:
            await converse(own, stdin=stdin, stdout=stdout)
    return stdout.getvalue().partition("Type help for everything else.\n\n")[2]


async def test_an_answer_is_shown_under_the_command_that_was_typed() -> None:
    shown = await typed("/thirdparty hello @carla", "quit", "/thirdparty unheard")
    assert shown == (
        "Anna Berg (admin) in #general > /thirdparty hello @carla\n"
        "\n"
        "┌ #general, 10 March 13:00 (only you can see this)\n"
        "│ You typed: hello @Carla Ruiz\n"
        "Anna Berg (admin) in #general > quit\n"
    )


async def test_the_home_tab_is_read_and_pressed_in() -> None:
    shown = await typed("home", "press 1", "something", "press 2", "no", "press 2", "yes")
    first, found, asked, opened = shown.split("┌ ")[1:5]
    assert first.startswith("the Home tab of Anna Berg\n│ Welcome\n")
    assert "press 1 = [Find]   press 2 = [Open]" in first
    assert found.startswith("the Home tab of Anna Berg\n│ Found something\n")
    assert asked.startswith("Are you sure?")
    assert opened.startswith("Are you sure?")
    assert "┌ Register" in shown
    assert shown.count("the Home tab of Anna Berg") == 2, "what stands there still is not shown again"
    assert "There is nothing on the Home tab." in await typed("be carla", "home")


async def test_what_has_changed_at_home_meanwhile_is_not_pressed() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        anna = sandbox.person("anna")
        anna.opens_home()
        home = await anna.waits_for_home("Welcome")
        old = home.controls[0]
        await home.act(old, "x")
        assert home.title == ""
        with pytest.raises(Impossible):
            await home.act(replace(old, label="Something else"), "y")
        with pytest.raises(Impossible):
            await anna.waits_for_home("Nothing of the kind", timeout=0.02)
        with pytest.raises(Impossible):
            _ = sandbox.person("ben").home_tab


async def test_the_page_is_named_first() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        stdout = io.StringIO()
        await converse(sandbox, stdin=io.StringIO(""), stdout=stdout)
        assert stdout.getvalue().startswith(f"In the browser: {sandbox.address}\n")


async def test_everybody_who_has_a_new_message_is_named_once_and_finds_it() -> None:
    shown = await typed("/thirdparty offer", "", "be @Carla")
    assert shown.count("Ben Ito has a new message in #third-party-access: be ben\n") == 1
    assert shown.count("Carla Ruiz has a new message: be carla\n") == 1
    assert "Omar Haddad has" not in shown
    assert shown.partition("be @Carla\n")[2] == (
        "\n"
        "┌ the bot, 10 March 08:00\n"
        "│ Credentials for @Carla Ruiz\n"
        "│ [Show]  [Remove]  [Snooze ▾]\n"
        "└ press 1 = [Show]   press 2 = [Remove]   press 3 = [Snooze]\n"
        "Carla Ruiz (guest) in #acme-shared > \n"
    )


async def test_buttons_are_pressed_by_number_and_menus_chosen_from() -> None:
    shown = await typed("/thirdparty offer", "be ben", "press 1", "3", "1", "press 9", "press it")
    assert "│ Pressed show\n" in shown
    assert "    1 = A day\n  Snooze: 1\n" in shown
    assert "│ Pressed snooze 1\n" in shown
    assert shown.count("Type the number that stands beside a button") == 2


async def test_a_confirmation_dialog_is_put_and_only_yes_presses_the_button() -> None:
    shown = await typed("/thirdparty offer", "press 2", "no", "press 2", "yes")
    before, after = shown.split("yes or no: yes")
    assert before.count("┌ Are you sure?\n│ Remove it?\n") == 2
    assert "Pressed remove" not in before
    assert "│ Pressed remove\n" in after


async def test_a_modal_is_a_form_of_one_field_after_the_other() -> None:
    shown = await typed(
        *("/thirdparty form", "taken", "@nobody", "@omar", "2", "what?", ""),
        *("Acme", "", "", "submit"),
        "",
    )
    first, again, done = shown.split("┌ ")[1:4]
    assert first == (
        "Register\n"
        "│ Name: ____\n"
        "│ Owner (optional): ____\n"
        "│ When (optional): ____\n"
        "│ [Look inside]\n"
        "  Name: taken\n"
        "  Owner (optional): @nobody\n"
        "  there is no @nobody to pick\n"
        "  Owner (optional): @omar\n"
        "    1 = Soon\n"
        "    2 = Later\n"
        "  When (optional): 2\n"
        "└ Enter = [Save]   close = [Cancel]   1 = [Look inside]\n"
        "  > what?\n"
        "  Press Enter, or type one of the words or numbers above.\n"
        "  > \n"
        "\n"
    )
    assert "│ Name: That name is taken.\n  Name [taken]: Acme\n  Owner [@omar]: \n" in again
    assert "  When [Later]: \n" in again
    assert done.startswith("Done\n│ Saved Acme for U04OMARHADD\n└ Enter = [Cancel]\n  > \n")


async def test_a_button_inside_a_modal_is_pressed_and_the_modal_closed() -> None:
    shown = await typed("/thirdparty form", "", "", "", "1", "", "", "", "close", "people")
    assert shown.count("┌ Register\n") == 2
    assert "  be dora     Dora Weiss     deactivated\n" in shown


async def test_a_form_ends_with_the_input() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        shown = await typed("/thirdparty form", "Acme", sandbox=sandbox)
        assert shown.endswith("Anna Berg (admin) in #general > \n")
        assert sandbox.person("anna").modal is None


async def test_the_clock_moves_by_what_was_said() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        shown = await typed("wait 6 months", "wait for it", "wait 99999 years", sandbox=sandbox)
        assert sandbox.clock.now() == datetime(2026, 9, 10, 12, 0, tzinfo=UTC)
    assert "It is Thursday, 10 September 2026, 14:00 for Anna Berg.\n" in shown
    assert shown.count("Say how long: wait 1 day, wait 72 hours, wait 6 months.\n") == 2


async def test_the_traffic_is_told_without_what_it_carried() -> None:
    shown = await typed("/thirdparty confidential", "traffic 4")
    lines = shown.partition("traffic 4\n")[2].splitlines()[:4]
    assert [line.split()[:5] for line in lines] == [
        ["12:00:00", "Slack", "→", "bot", "envelope"],
        ["12:00:00", "bot", "→", "Slack", "api"],
        ["12:00:00", "Slack", "→", "bot", "api-answer"],
        ["12:00:00", "bot", "→", "Slack", "ack"],
    ]
    assert lines[0].endswith("/thirdparty")
    assert lines[1].endswith("auth.test")
    assert "confidential" not in "".join(lines)


async def test_whoever_one_is_one_types_and_reads_where_that_person_is() -> None:
    shown = await typed(
        "be carla", "/thirdparty list", "go #general", "be omar", "go #acme-shared", "read", "be dora", "/thirdparty x"
    )
    assert "/thirdparty can only be run by full members of Meadow.\n" in shown
    assert "Carla Ruiz is in #acme-shared.\n" in shown
    assert "Omar Haddad (member) in #acme-shared > read\nNothing to read.\n" in shown
    assert "Dora Weiss (deactivated) in bot > /thirdparty x\ndora cannot sign in any more\n" in shown


async def test_what_is_not_understood_is_answered_with_what_is() -> None:
    shown = await typed("frobnicate", "be nobody", "help", "story")
    assert 'I do not know "frobnicate".' in shown
    assert "There is no nobody here. people lists everybody.\n" in shown
    assert "  wait 1 day          move the clock" in shown
    assert '  1. /thirdparty add "Acme Corp"' in shown


async def test_a_command_without_a_bot_says_so() -> None:
    async with await Sandbox.start(manifest=MANIFEST) as sandbox:
        shown = await typed("/thirdparty list", sandbox=sandbox)
    assert '/thirdparty failed with the error "dispatch_failed"\n' in shown


async def test_nothing_that_the_bot_writes_is_obeyed_by_the_terminal() -> None:
    shown = await typed("/thirdparty \x1b[2J[bold red]markup[/] \u202eback")
    assert "│ You typed: [2J[bold red]markup[/] back\n" in shown


async def test_a_button_of_a_message_that_has_changed_is_not_pressed() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        stdin, stdout = Keyboard(), io.StringIO()
        talk = asyncio.create_task(converse(sandbox, stdin=stdin.reader, stdout=stdout))
        stdin.type("/thirdparty offer")
        offer = await sandbox.person("anna").waits_for("Credentials", "#third-party-access")
        await shows(stdout, "press 1")
        space = sandbox.person("anna").client.space
        message = space.messages.find(sandbox.admin_channel, offer.ts)
        assert message
        space.messages.update(message, {"text": "Decided", "blocks": []})
        stdin.type("press 1")
        await shows(stdout, "That message has changed meanwhile.\n")
        await shows(stdout, "(edited)\n│ Decided\n")
        stdin.type("quit")
        await talk


async def test_news_are_told_while_nobody_types() -> None:
    async with small_bot(MovableClock(START)) as sandbox:
        stdin, stdout = Keyboard(), io.StringIO()
        talk = asyncio.create_task(converse(sandbox, stdin=stdin.reader, stdout=stdout))
        await shows(stdout, "Type help")
        await sandbox.person("omar").types("Good morning", "#general")
        await shows(stdout, "\n┌ #general, 10 March 13:00\n│ Good morning\n")
        await shows(stdout, "Mia Costa has a new message in #general: be mia\n")
        assert stdout.getvalue().endswith("Anna Berg (admin) in #general > ")
        stdin.type("quit")
        await talk


class Keyboard:
    """A pipe into which a test types now and then."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self.reader = os.fdopen(read, encoding="utf-8")

    def type(self, line: str) -> None:
        os.write(self._write, f"{line}\n".encode())
        if line == "quit":
            os.close(self._write)


async def shows(stdout: io.StringIO, text: str) -> None:
    for _ in range(500):
        if text in stdout.getvalue():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {text!r} in {stdout.getvalue()!r}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_without_a_terminal_it_says_how_to_join_and_serves_until_it_is_stopped(number: signal.Signals) -> None:
    stdout = io.StringIO()
    async with await Sandbox.start(manifest=MANIFEST) as sandbox:
        serving = asyncio.create_task(serve(sandbox, stdout))
        await shows(stdout, "THIRDPARTY_CHANNEL")
        shown = stdout.getvalue()
        assert f"answers at {sandbox.address} until" in shown
        assert f"\nSLACK_API_URL={sandbox.api_url}\nSLACK_BOT_TOKEN={sandbox.bot_token}\n" in shown
        assert not serving.done()
        os.kill(os.getpid(), number)
        await asyncio.wait_for(serving, 5)


@pytest.mark.parametrize(
    ("written", "waited"),
    [
        ("1 day", timedelta(days=1)),
        ("72 hours", timedelta(hours=72)),
        ("a week", timedelta(weeks=1)),
        ("an Hour", timedelta(hours=1)),
        ("90minutes", timedelta(minutes=90)),
        ("1 month", timedelta(days=28)),
        ("6 months", timedelta(days=181)),
        ("1 year", timedelta(days=365)),
    ],
)
def test_durations_are_written_as_people_say_them(written: str, waited: timedelta) -> None:
    assert duration(written, datetime(2026, 2, 10, tzinfo=UTC)) == waited


@pytest.mark.parametrize("written", ["", "soon", "-1 day", "1", "1 day ago", "9999999 days", "99999 years"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        duration(written, START)


def test_the_terminal_is_left_as_it_was() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as stdin:
        with editing(stdin):
            mode = termios.tcgetattr(stdin)
            mode[3] &= ~termios.ECHO
            termios.tcsetattr(stdin, termios.TCSANOW, mode)
        assert termios.tcgetattr(stdin)[3] & termios.ECHO
    os.close(ours)
