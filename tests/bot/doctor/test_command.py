"""`thirdparty-bot doctor` as it is run: a process, its exit code, a terminal."""

import asyncio
import os
import pty
import re
import sys
from contextlib import closing, suppress

from tests.bot.doctor.practice import DATABASE, Practice
from tests.faulty_disk import obey_rights
from tests.house import ROOT


async def run(practice: Practice, stdout: int = asyncio.subprocess.PIPE) -> tuple[int, str, str]:
    names = ("COLUMNS", "SLACK_", "THIRDPARTY_")
    environment = {name: value for name, value in os.environ.items() if name.startswith(names)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor"),
        cwd=practice.folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)} | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        preexec_fn=obey_rights,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, (out or b"").decode(), err.decode()


async def test_it_says_what_is_wrong_without_a_log_line_or_a_secret(practice: Practice) -> None:
    """With a database of another user, a wrong setting and the tokens of another workspace, all logged elsewhere."""
    async with practice.database():
        pass
    (practice.folder / DATABASE).chmod(0o400)
    practice.set(SLACK_BOT_TOKEN="xoxb-secret-of-another", SLACK_APP_TOKEN="xapp-secret-of-another")
    practice.set(THIRDPARTY_LOG_LEVEL="DEBUG", THIRDPARTY_CHANEL="xoxb-misplaced")
    code, out, err = await run(practice)
    assert (code, err) == (2, "")
    said = " ".join(out.split())
    assert "problem settings THIRDPARTY_CHANEL: there is no such setting" in said
    assert "problem database The database file cannot be written to. What to do: Give its user the right" in said
    assert "problem bot token Slack does not know SLACK_BOT_TOKEN. What to do: At https://api.slack.com/apps" in said
    assert "problem socket mode Slack does not know SLACK_APP_TOKEN. What to do: At https://api.slack.com/apps" in said
    assert "not looked at channel The bot token has to work first." in said
    assert "\x1b" not in out
    assert not re.search("secret-of-another|misplaced", out)


async def test_in_a_terminal_it_is_coloured_and_as_wide_as_that(practice: Practice) -> None:
    practice.set(COLUMNS="70")
    ours, theirs = pty.openpty()
    with closing(os.fdopen(ours, "rb", buffering=0)) as terminal:
        code, _, err = await run(practice, theirs)
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the end of a terminal that nobody has open any more
            while part := terminal.read(10_000):
                shown += part
    lines = shown.decode().splitlines()
    assert (code, err, lines[-1]) == (0, "", "All is well: `thirdparty-bot run` can start, or go on.")
    assert lines[0].startswith("\x1b[32mok ")
    assert max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in lines) <= 70
