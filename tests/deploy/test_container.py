"""The image and the Compose files, as far as they can be looked at without an engine."""

import os
import re
import stat
import subprocess
from importlib import metadata
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bot.settings import Settings, env_template, read_settings
from tests.deploy.test_systemd import SECRETS, configure
from tests.house import PACKAGES, ROOT

CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
COMPOSE = sorted((ROOT / "deploy").glob("compose*.yaml"))
PYTHON_OF_DEBIAN = {"13": "3.13"}
ETC = "/etc/thirdparty-bot/"
STATE = "/var/lib/thirdparty-bot"
SECRET = "/run/secrets/"


def instructions(name: str) -> list[str]:
    """What stands behind an instruction, each time it stands there, in one line."""
    return re.findall(rf"^{name} (.*)$", CONTAINERFILE.replace("\\\n", ""), re.MULTILINE)


def services(file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text())["services"]
    return found


BOTS = [
    pytest.param(file, service, id=f"{file.name}-{name}")
    for file in COMPOSE
    for name, service in services(file).items()
    if "thirdparty-bot" in service["image"]
]
EVERY = [
    pytest.param(service, id=f"{file.name}-{name}") for file in COMPOSE for name, service in services(file).items()
]


def copied() -> set[str]:
    return {
        source
        for words in map(str.split, instructions("COPY"))
        if not words[0].startswith("--from")
        for source in words[:-1]
    }


def test_what_is_copied_is_there_and_nothing_else_reaches_the_builder() -> None:
    assert all((ROOT / source).exists() for source in copied())
    assert {source for source in copied() if (ROOT / source).is_dir()} == set(PACKAGES)
    assert IGNORED[1] == "*"
    assert {line[1:] for line in IGNORED if line.startswith("!")} == {source.split("/")[0] for source in copied()}
    assert {"**/.env", "**/*.db*", "**/*keyring*.json"} <= set(IGNORED)


def test_the_base_has_a_name_a_version_and_a_python_that_will_do() -> None:
    base, *stages = (words.split() for words in instructions("FROM"))
    assert base[1:] == ["AS", "python"]
    release = re.fullmatch(r"docker\.io/library/debian:(\d+)-slim", base[0])
    assert release
    requires = re.search(r'^requires-python = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert requires
    assert PYTHON_OF_DEBIAN[release[1]] in SpecifierSet(requires[1])
    assert [stage[0] for stage in stages] == ["python", "python"]


def test_whatever_is_installed_is_verified() -> None:
    runs = "\n".join(instructions("RUN"))
    commands = re.findall(r"bin/pip .*?\b(?:install|wheel) (.*?)(?: &&|$)", runs, re.MULTILINE)
    assert len(commands) == runs.count("bin/pip ") > 0
    for command in commands:
        assert {"--require-hashes", "--no-deps"} & set(command.split()), command
    assert not re.search(r"curl|wget|git |https?:|--allow-unauthenticated|trusted", runs)
    assert instructions("ADD") == []


def test_what_builds_the_wheel_is_all_that_hatchling_needs() -> None:
    [named] = re.findall(r"\^\(([a-z|-]+)\)==", CONTAINERFILE)
    needed, to_see = set[str](), ["hatchling"]
    while to_see:
        needed.add(name := to_see.pop())
        wanted = map(Requirement, metadata.requires(name) or [])
        to_see += {each.name for each in wanted if each.marker is None or each.marker.evaluate()} - needed
    assert set(named.split("|")) == needed


def test_nobody_in_it_is_root_and_it_holds_no_setting() -> None:
    last = CONTAINERFILE[CONTAINERFILE.rindex("\nFROM ") :]
    [user] = re.findall(r"^USER (\d+):\1$", last, re.MULTILINE)
    assert int(user) >= 10_000
    assert f"--owner={user} --group={user} --mode=700 {STATE}" in last
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert not re.search("THIRDPARTY_|SLACK_", CONTAINERFILE)
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert f"VOLUME {STATE}" in last


@pytest.mark.parametrize("service", EVERY)
def test_a_container_can_do_little_else_than_its_work(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"cap_add", "privileged", "pid", "ipc", "devices", "network_mode"}
    assert service.get("user", "10001") not in ("root", "0", "0:0")
    assert all({"noexec", "nosuid", "nodev"} <= set(place.split(":")[1].split(",")) for place in service["tmpfs"])
    assert int(service["stop_grace_period"].removesuffix("s")) >= 30
    assert [volume for volume in service.get("volumes", []) if volume.startswith((".", "/"))] == []


@pytest.mark.parametrize(("file", "service"), BOTS)
def test_what_the_bot_holds_in_memory_is_not_dumped_and_its_state_has_a_place(
    file: Path, service: dict[str, Any]
) -> None:
    assert service["ulimits"]["core"] == 0
    places = [*service.get("volumes", []), *(f"tmpfs:{place}" for place in service["tmpfs"])]
    assert STATE in {place.split(":")[1] for place in places}, file


@pytest.mark.parametrize(("file", "service"), BOTS)
def test_only_this_machine_reaches_its_ports(file: Path, service: dict[str, Any]) -> None:
    given = yaml.safe_load(file.read_text())
    assert service["ports"]
    assert [port for port in service["ports"] if not port.startswith("127.0.0.1:")] == []
    assert set(service["networks"]) <= set(given["networks"])
    assert given["networks"]["api"]["internal"] is True


@pytest.mark.parametrize(("file", "service"), BOTS)
def test_the_image_is_that_of_this_version(file: Path, service: dict[str, Any]) -> None:
    assert service["image"].endswith(f":{metadata.version('thirdparty-bot')}")
    assert f" {service['image']} " in (ROOT / "docs" / "containers.md").read_text()
    assert (file.parent / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def handed_over(file: Path, service: dict[str, Any], etc: Path) -> dict[str, str]:
    """The environment that a service gets, with its secrets where the files are here."""
    files = yaml.safe_load(file.read_text())["secrets"]
    given = dict(service["environment"])
    handed = {name: value.removeprefix(SECRET) for name, value in given.items() if str(value).startswith(SECRET)}
    assert sorted(handed.values()) == sorted(service["secrets"])
    for name, secret in handed.items():
        assert files[secret]["file"].startswith(ETC)
        given[name] = str(etc / files[secret]["file"].removeprefix(ETC))
    return given


@pytest.mark.parametrize(("file", "service"), BOTS)
def test_each_setting_is_one_that_there_is_and_each_secret_a_file(
    file: Path, service: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(env_template())
    configure(tmp_path / "etc")
    (tmp_path / "etc" / "slack-signing-secret").write_text("0123456789abcdef")
    for name, value in handed_over(file, service, tmp_path / "etc").items():
        monkeypatch.setenv(name, value)
    settings = read_settings(Settings)
    assert settings.slack_bot_token.reveal() == SECRETS["slack-bot-token"]
    assert settings.keyring_file == tmp_path / "etc" / "keyring.json"
    assert all(ip_address(host).is_unspecified for host in (settings.http_host, settings.internal_host))
    assert service["env_file"] == f"{ETC}settings"


@pytest.mark.parametrize(("file", "service"), BOTS)
def test_its_health_is_looked_at_where_it_answers(file: Path, service: dict[str, Any]) -> None:
    how, program, option, code = service["healthcheck"]["test"]
    assert (how, program, option) == ("CMD", "python", "-c")
    assert "http://127.0.0.1:8481/healthz" in code
    compile(code, file.name, "exec")


ENGINE = """#!/bin/sh
echo "$*" >> calls
case "$*" in *--to-stdout) printf '%s' "$WRITTEN"; exit "$CODE" ;; esac
"""


def rotate(folder: Path, written: str, code: int) -> list[str]:
    """Run the page's lines for a new key as they stand, with an engine that notes how it is called; return that."""
    page = (ROOT / "docs" / "containers.md").read_text()
    [lines] = [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "--to-stdout" in block]
    (folder / "keyring.json").write_text("old")
    for program, does in (("docker", ENGINE), ("chown", "#!/bin/sh\n")):
        (folder / program).write_text(does)
        (folder / program).chmod(0o700)
    told = {"PATH": f"{folder}:{os.defpath}", "WRITTEN": written, "CODE": str(code)}
    subprocess.run(["sh", "-c", lines.replace(ETC, f"{folder}/")], cwd=folder, env=told, check=False)
    calls = (folder / "calls").read_text().splitlines()
    return [call.removeprefix("compose --file deploy/compose.yaml ") for call in calls]


def test_a_new_keyring_is_put_in_place_before_the_bot_takes_it_up(tmp_path: Path) -> None:
    asked, *then = rotate(tmp_path, "new", 0)
    assert asked == "exec -T bot thirdparty-bot keys rotate --to-stdout"
    assert then == ["up --detach --force-recreate", "exec bot thirdparty-bot keys rotate"]
    assert (tmp_path / "keyring.json").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "keyring.json").stat().st_mode) == 0o400


@pytest.mark.parametrize(("written", "code"), [("", 0), ("", 1), ("half", 1)])
def test_no_keyring_is_put_in_place_that_was_not_written_whole(tmp_path: Path, written: str, code: int) -> None:
    assert len(rotate(tmp_path, written, code)) == 1
    assert (tmp_path / "keyring.json").read_text() == "old"
