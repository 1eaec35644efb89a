"""The unit and its companion: as systemd reads them, and as far as they can be run without it."""

import asyncio
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.keyring import make_keyring
from bot.settings import Settings, SocketMode, env_template, read_settings
from tests.house import ROOT
from tests.proxies.programs import BROUGHT, environment, program

UNIT = ROOT / "deploy" / "thirdparty-bot.service"
COMMAND = ROOT / "deploy" / "thirdparty-bot-command"
PROGRAM = "/opt/thirdparty-bot/bin/thirdparty-bot"
SECRETS = {"slack-bot-token": "xoxb-1", "slack-app-token": "xapp-1"}
MOST_EXPOSED = 1.5  # of 10; systemd calls what is below 2 "OK"

# As MemoryDenyWriteExecute= does it, from Linux 6.3 on; an older kernel refuses, and goes on (prctl(2), PR_SET_MDWE).
WITHOUT_CODE_OF_ITS_OWN = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "bot", *sys.argv[1:]])
"""


def analyze(*words: str, folder: Path) -> str:
    """What systemd-analyze says. Whatever it complains about, it fails."""
    done = subprocess.run(
        [program("systemd-analyze"), *words],
        env={**environment(folder), "SYSTEMD_UNIT_PATH": f"{BROUGHT}/debian/lib/systemd/system:"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))
    assert PROGRAM in UNIT.read_text()
    analyze("verify", "--man=no", str(unit), folder=tmp_path)


def test_the_service_can_do_little_else_than_its_work(tmp_path: Path) -> None:
    said = analyze("security", "--offline=yes", "--no-pager", str(UNIT), folder=tmp_path)
    exposed = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert exposed, said
    assert float(exposed[1]) <= MOST_EXPOSED, said


def lines_of(setting: str) -> dict[str, str]:
    """What the unit gives, by name."""
    return dict(re.findall(rf"^{setting}=(\S+?)[:=](\S+)$", UNIT.read_text(), re.MULTILINE))


def test_each_secret_is_handed_over_as_a_file_under_the_name_that_the_bot_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    credentials = lines_of("LoadCredential")
    for name, place in lines_of("Environment").items():
        handed = place.removeprefix("%d/")
        assert credentials.pop(handed).startswith("/etc/thirdparty-bot/")
        (tmp_path / handed).write_text(SECRETS.get(handed, "") + "\n")
        monkeypatch.setenv(name, str(tmp_path / handed))
    assert not credentials
    settings = read_settings(Settings)
    assert settings.keyring_file == tmp_path / "keyring"
    assert settings.slack_bot_token.reveal() == SECRETS["slack-bot-token"]
    assert isinstance(settings.mode, SocketMode)
    assert settings.mode.app_token.reveal() == SECRETS["slack-app-token"]


async def test_the_bot_runs_where_no_memory_may_be_written_and_executed(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WITHOUT_CODE_OF_ITS_OWN, "sandbox", "--no-open"]
    process = await asyncio.create_subprocess_exec(
        *words, cwd=tmp_path, env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)}, stdout=PIPE, stderr=STDOUT, stdin=PIPE
    )
    assert process.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(30):
            while "http://127.0.0.1" not in said:
                line = (await process.stdout.readline()).decode()
                assert line, said
                said += line
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0, said


def configure(etc: Path) -> None:
    """Write what docs/systemd.md has an operator write."""
    etc.mkdir()
    make_keyring(etc / "keyring.json", now=SystemClock().now(), random=SystemRandom())
    for name, secret in SECRETS.items():
        (etc / name).write_text(f"{secret}\n")
    (etc / "settings").write_text(f"{env_template()}THIRDPARTY_DATABASE_URL=sqlite:///kept.db\n")


def run_command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the service's user would be made to: here that is whoever runs the tests."""
    runuser = folder / "bin" / "runuser"
    runuser.parent.mkdir()
    runuser.write_text('#!/bin/sh\n[ "$1 $3" = "-u --" ] && shift 3 && exec "$@"\n')
    runuser.chmod(0o700)
    for name in ("state", "run"):
        (folder / name).mkdir()
    bot = folder / "bin" / "thirdparty-bot"
    bot.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n')
    bot.chmod(0o700)
    return subprocess.run(
        [str(COMMAND), *words],
        env={
            "PATH": f"{runuser.parent}:{os.defpath}",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(folder / "run"),
            "BOT_USER": str(os.geteuid()),
            "BOT_ETC": str(folder / "etc"),
            "BOT_STATE": str(folder / "state"),
            "BOT_PROGRAM": str(bot),
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_command_beside_the_service_has_its_settings_and_leaves_no_secret_behind(tmp_path: Path) -> None:
    configure(tmp_path / "etc")
    done = run_command(tmp_path, "migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "/kept.db is as this version wants it." in done.stdout
    assert (tmp_path / "state" / "kept.db").exists()
    assert not any((tmp_path / "run").iterdir())


def test_a_command_that_fails_says_so_and_leaves_no_secret_behind(tmp_path: Path) -> None:
    configure(tmp_path / "etc")
    (tmp_path / "etc" / "keyring.json").write_text("torn")
    done = run_command(tmp_path, "migrate")
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert not any((tmp_path / "run").iterdir())


def test_keys_are_not_rotated_in_a_copy_that_is_thrown_away(tmp_path: Path) -> None:
    configure(tmp_path / "etc")
    before = (tmp_path / "etc" / "keyring.json").read_bytes()
    done = run_command(tmp_path, "keys", "rotate")
    assert done.returncode == 2
    assert "it is read-only" in done.stderr
    assert "add --to-stdout" in done.stderr
    assert (tmp_path / "etc" / "keyring.json").read_bytes() == before
