import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from dotenv import dotenv_values

from access.model.policy import Policy
from bot.settings import (
    CommonSettings,
    HttpMode,
    Settings,
    SettingsError,
    SocketMode,
    env_template,
    read_settings,
    survey_settings,
)

BOT, APP, SIGNING = "xoxb-bot-secret-1", "xapp-app-secret-2", "signing-secret-3"
SOCKET = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}
NAMES = {str(field.validation_alias) for field in Settings.model_fields.values()}


@pytest.fixture(autouse=True)
def empty_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a .env, and an environment without our names."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("THIRDPARTY_", "SLACK_")):
            monkeypatch.delenv(name)


@pytest.fixture
def setenv(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    def set_all(values: dict[str, str]) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def refusal(given: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(Settings, given)
    message = str(refused.value)
    assert "\n" not in message
    assert not any(secret in message for secret in (BOT, APP, SIGNING))
    return message


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = read_settings(Settings, SOCKET)
    assert settings.model_dump(exclude={"slack_bot_token", "slack_app_token", "database"}) == {
        "slack_signing_secret": None,
        "slack_api_url": "https://slack.com/api/",
        "keyring_file": Path("thirdparty-keyring.json"),
        "keyring": None,
        "admins": (),
        "auditors": (),
        "channel": None,
        "http_host": "127.0.0.1",
        "http_port": 8480,
        "internal_host": "127.0.0.1",
        "internal_port": 8481,
        "public_url": None,
        "api_url": None,
        "api_docs": None,
        "token_months": 6,
        "overlap_days": 7,
        "reminder_days": (60, 30, 14, 7, 3, 1),
        "time_zone": "UTC",
        "handoff_hours": 72,
        "self_approval": False,
        "require_contact_key": False,
        "retention_months": None,
        "log_format": "text",
        "log_level": "INFO",
    }
    assert settings.database_url == "sqlite:///thirdparty.db"
    assert settings.policy() == Policy()


@pytest.mark.parametrize(
    ("name", "written", "field", "value"),
    [
        ("SLACK_API_URL", "http://127.0.0.1:9/api/", "slack_api_url", "http://127.0.0.1:9/api/"),
        ("THIRDPARTY_DATABASE_URL", "sqlite:////var/lib/t.db", "database_url", "sqlite:////var/lib/t.db"),
        ("THIRDPARTY_KEYRING_FILE", "/etc/keyring", "keyring_file", Path("/etc/keyring")),
        ("THIRDPARTY_ADMINS", "U01ANNA, W02BEN  S03GROUP,", "admins", ("U01ANNA", "W02BEN", "S03GROUP")),
        ("THIRDPARTY_AUDITORS", "S03GROUP", "auditors", ("S03GROUP",)),
        ("THIRDPARTY_CHANNEL", " C01ADMINS ", "channel", "C01ADMINS"),
        ("THIRDPARTY_HTTP_HOST", "10.0.0.7", "http_host", "10.0.0.7"),
        ("THIRDPARTY_HTTP_PORT", "80", "http_port", 80),
        ("THIRDPARTY_INTERNAL_HOST", "10.0.0.7", "internal_host", "10.0.0.7"),
        ("THIRDPARTY_INTERNAL_PORT", "0", "internal_port", 0),
        ("THIRDPARTY_PUBLIC_URL", "https://bot.example.com/", "public_url", "https://bot.example.com"),
        ("THIRDPARTY_PUBLIC_URL", "https://example.com/bot//", "public_url", "https://example.com/bot"),
        ("THIRDPARTY_PUBLIC_URL", "http://[::1]:8480", "public_url", "http://[::1]:8480"),
        ("THIRDPARTY_API_URL", "https://api.example.com/v1", "api_url", "https://api.example.com/v1"),
        ("THIRDPARTY_API_DOCS", "http://docs.example.com", "api_docs", "http://docs.example.com"),
        ("THIRDPARTY_TOKEN_MONTHS", "12", "token_months", 12),
        ("THIRDPARTY_OVERLAP_DAYS", "14", "overlap_days", 14),
        ("THIRDPARTY_HANDOFF_HOURS", "48", "handoff_hours", 48),
        ("THIRDPARTY_SELF_APPROVAL", "true", "self_approval", True),
        ("THIRDPARTY_LOG_FORMAT", "json", "log_format", "json"),
        ("THIRDPARTY_LOG_LEVEL", "debug", "log_level", "DEBUG"),
    ],
)
def test_every_setting_is_read(
    name: str, written: str, field: str, value: object, setenv: Callable[[dict[str, str]], None]
) -> None:
    setenv(SOCKET | {name: written})
    assert getattr(read_settings(Settings), field) == value


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("SLACK_BOT_TOKEN", APP),
        ("SLACK_APP_TOKEN", BOT),
        ("SLACK_API_URL", "http://slack.example.com/api/"),
        ("THIRDPARTY_DATABASE_URL", "sqlite://"),
        ("THIRDPARTY_DATABASE_URL", "sqlite:///:memory:"),
        ("THIRDPARTY_DATABASE_URL", "thirdparty.db"),
        ("THIRDPARTY_ADMINS", "@anna"),
        ("THIRDPARTY_AUDITORS", BOT),
        ("THIRDPARTY_CHANNEL", "#admins"),
        ("THIRDPARTY_HTTP_PORT", "-1"),
        ("THIRDPARTY_HTTP_PORT", "65536"),
        ("THIRDPARTY_HTTP_PORT", BOT),
        ("THIRDPARTY_INTERNAL_PORT", "-1"),
        ("THIRDPARTY_PUBLIC_URL", "http://bot.example.com"),
        ("THIRDPARTY_PUBLIC_URL", "https://user@bot.example.com"),
        ("THIRDPARTY_PUBLIC_URL", "https://bot.example.com/?"),
        ("THIRDPARTY_PUBLIC_URL", "https://bot.example.com/?tenant=1"),
        ("THIRDPARTY_PUBLIC_URL", "https://bot.example.com#x"),
        ("THIRDPARTY_PUBLIC_URL", "bot.example.com"),
        ("THIRDPARTY_API_URL", "http://api.example.com"),
        ("THIRDPARTY_API_URL", "https://[broken"),
        ("THIRDPARTY_API_URL", BOT),
        ("THIRDPARTY_API_DOCS", "docs"),
        ("THIRDPARTY_TOKEN_MONTHS", "0"),
        ("THIRDPARTY_TOKEN_MONTHS", "6.5"),
        ("THIRDPARTY_OVERLAP_DAYS", "0"),
        ("THIRDPARTY_OVERLAP_DAYS", "91"),
        ("THIRDPARTY_HANDOFF_HOURS", "24"),
        ("THIRDPARTY_SELF_APPROVAL", SIGNING),
        ("THIRDPARTY_LOG_FORMAT", BOT),
        ("THIRDPARTY_LOG_LEVEL", BOT),
    ],
)
def test_a_bad_value_is_named_and_no_secret_in_it_shown(name: str, written: str) -> None:
    assert refusal(SOCKET | {name: written}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://thirdparty@db.example.com/thirdparty",
        "postgres://thirdparty:a%2Fb@[::1]:5432/thirdparty?sslmode=verify-full",
        "postgresql://thirdparty@a.example.com:5432,b.example.com/thirdparty?target_session_attrs=read-write",
    ],
)
def test_a_database_of_a_server_is_a_secret(url: str, tmp_path: Path) -> None:
    settings = read_settings(Settings, SOCKET | {"THIRDPARTY_DATABASE_URL": url})
    assert settings.database_url == url
    assert "thirdparty@" not in f"{settings!r} {settings} {settings.model_dump()}"
    (tmp_path / "url").write_text(f"{url}\n")
    assert read_settings(Settings, SOCKET | {"THIRDPARTY_DATABASE_URL_FILE": f"{tmp_path}/url"}).database_url == url


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+asyncpg://bot:{BOT}@db/thirdparty",
        f"postgresql://bot:{BOT}@db",
        f"postgresql://bot:{BOT}@/thirdparty",
        f"postgresql://bot:{BOT}@db:port/thirdparty",
    ],
)
def test_an_address_that_names_no_database_stops_the_start(url: str) -> None:
    assert "THIRDPARTY_DATABASE_URL: it " in refusal(SOCKET | {"THIRDPARTY_DATABASE_URL": url})


@pytest.mark.parametrize(
    ("months", "problem"), [("12", "it should be greater than or equal to 13"), ("ever", "it is a whole number")]
)
def test_a_retention_that_would_forget_too_soon_stops_the_start(months: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"^THIRDPARTY_RETENTION_MONTHS: {problem}$"):
        read_settings(Settings, SOCKET | {"THIRDPARTY_RETENTION_MONTHS": months})


def test_all_that_is_wrong_is_said_at_once() -> None:
    message = refusal({"THIRDPARTY_HTTP_PORT": "x", "THIRDPARTY_SELF_APPROVAL": "x"})
    assert message == (
        "SLACK_BOT_TOKEN: it is missing; THIRDPARTY_HTTP_PORT: it is a whole number; "
        "THIRDPARTY_SELF_APPROVAL: it is true or false"
    )


def test_all_that_is_wrong_is_said_at_once_wherever_it_is_written(setenv: Callable[[dict[str, str]], None]) -> None:
    setenv({"THIRDPARTY_COLOUR": "red", "SLACK_BOT_TOKEN_FILE": "nowhere", "THIRDPARTY_HTTP_PORT": "x"})
    assert refusal() == (
        "THIRDPARTY_COLOUR: there is no such setting; SLACK_BOT_TOKEN_FILE: the file it names cannot be read: No such "
        "file or directory; THIRDPARTY_HTTP_PORT: it is a whole number"
    )


def test_a_survey_goes_on_after_what_is_wrong(setenv: Callable[[dict[str, str]], None]) -> None:
    setenv(SOCKET | {"THIRDPARTY_COLOUR": "red"})
    usable = survey_settings()
    assert usable.complaints == ["THIRDPARTY_COLOUR: there is no such setting"]
    assert usable.settings == read_settings(Settings, SOCKET).model_copy(update=secrets_of(usable.settings))
    setenv({"SLACK_BOT_TOKEN": "xoxp-1"})
    partly = survey_settings()
    assert partly.complaints == ["THIRDPARTY_COLOUR: there is no such setting", "SLACK_BOT_TOKEN: it starts with xoxb-"]
    assert partly.settings is None
    assert partly.common is not None
    assert partly.common.database_url == "sqlite:///thirdparty.db"


def secrets_of(settings: Settings | None) -> dict[str, object]:
    assert settings is not None
    return {name: getattr(settings, name) for name in ("slack_bot_token", "slack_app_token")}


def test_the_mode_follows_from_the_secret_that_is_set() -> None:
    socket = read_settings(Settings, SOCKET).mode
    assert isinstance(socket, SocketMode)
    assert socket.app_token.reveal() == APP
    http = read_settings(Settings, {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING}).mode
    assert isinstance(http, HttpMode)
    assert http.signing_secret.reveal() == SIGNING


def test_both_modes_or_none_are_refused() -> None:
    assert "not both" in refusal(SOCKET | {"SLACK_SIGNING_SECRET": SIGNING})
    neither = refusal({"SLACK_BOT_TOKEN": BOT})
    assert "SLACK_APP_TOKEN" in neither
    assert "SLACK_SIGNING_SECRET" in neither


def test_the_environment_wins_over_the_env_file(setenv: Callable[[dict[str, str]], None]) -> None:
    Path(".env").write_text(f"SLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\nTHIRDPARTY_HTTP_PORT=1\nOTHER=1\n")
    assert read_settings(Settings).http_port == 1
    setenv({"THIRDPARTY_HTTP_PORT": "2"})
    assert read_settings(Settings).http_port == 2
    setenv({"THIRDPARTY_HTTP_PORT": ""})
    assert read_settings(Settings).http_port == 8480


def test_what_is_given_stands_alone(setenv: Callable[[dict[str, str]], None]) -> None:
    setenv({"THIRDPARTY_HTTP_PORT": "1", "THIRDPARTY_UNHEARD_OF": "1"})
    assert read_settings(Settings, SOCKET).http_port == 8480


def test_a_command_without_slack_needs_no_token() -> None:
    assert read_settings(CommonSettings).database_url == "sqlite:///thirdparty.db"


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_a_secret_may_be_in_a_file(name: str, setenv: Callable[[dict[str, str]], None]) -> None:
    secrets = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_SIGNING_SECRET": SIGNING}
    Path("secret").write_text(f"{secrets[name]}\n")
    other = {"SLACK_BOT_TOKEN": APP, "SLACK_APP_TOKEN": BOT, "SLACK_SIGNING_SECRET": BOT}[name]
    needed = {each: secret for each, secret in secrets.items() if secret == other}
    setenv(needed | {f"{name}_FILE": "secret"})
    settings = read_settings(Settings)
    assert getattr(settings, name.lower()).reveal() == secrets[name]


def test_a_secret_and_its_file_are_not_both_set(setenv: Callable[[dict[str, str]], None]) -> None:
    setenv(SOCKET | {"SLACK_BOT_TOKEN_FILE": "secret"})
    assert refusal() == "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set; keep one of them"


@pytest.mark.parametrize(("content", "problem"), [(None, "No such file"), (b" \n", "empty"), (b"\xff\xfe", "UTF-8")])
def test_a_secret_file_that_is_no_use_is_named(
    content: bytes | None, problem: str, setenv: Callable[[dict[str, str]], None]
) -> None:
    if content is not None:
        Path("secret").write_bytes(content)
    setenv({"SLACK_BOT_TOKEN_FILE": "secret"})
    message = refusal()
    assert message.startswith("SLACK_BOT_TOKEN_FILE: ")
    assert problem in message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("THIRDPARTY_ADMINSS", "; did you mean THIRDPARTY_ADMINS?"),
        ("thirdparty_admins", "; did you mean THIRDPARTY_ADMINS?"),
        ("THIRDPARTY_HTTP_PORT_FILE", "; did you mean THIRDPARTY_HTTP_PORT?"),
        ("THIRDPARTY_COLOUR", ""),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_an_unknown_name_stops_the_start(
    name: str, hint: str, place: str, setenv: Callable[[dict[str, str]], None]
) -> None:
    setenv(SOCKET)
    if place == "file":
        Path(".env").write_text(f"{name}={BOT}\n")
    else:
        setenv({name: BOT})
    assert refusal() == f"{name}: there is no such setting{hint}"


def test_an_env_file_that_is_no_text_is_refused() -> None:
    Path(".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe")
    assert refusal() == ".env: it is not a text in UTF-8"


def test_an_env_file_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path(".env").touch()
    monkeypatch.setattr("dotenv.main.open", denied, raising=False)
    assert refusal() == ".env: it cannot be read: Permission denied"


def test_settings_show_no_secret() -> None:
    settings = read_settings(Settings, SOCKET)
    assert not re.search(f"{BOT}|{APP}", f"{settings!r} {settings} {settings.mode} {settings.model_dump()}")


def test_the_template_explains_every_setting_and_changes_nothing() -> None:
    template = env_template()
    explained = re.findall(r"(?m)^(?:# .+\n)+(?:# )?([A-Z_]+)=", template)
    assert sorted(explained) == sorted(NAMES)
    Path(".env").write_text(template)
    assert not any(dotenv_values(".env").values())
    assert read_settings(CommonSettings) == CommonSettings.model_construct()


def test_the_commented_defaults_of_the_template_are_the_defaults() -> None:
    commented = dict(re.findall(r"(?m)^# ([A-Z_]+)=(.+)$", env_template()))
    given, default = read_settings(Settings, SOCKET | commented), read_settings(Settings, SOCKET)
    secrets = {"slack_bot_token", "slack_app_token", "database"}
    assert given.model_dump(exclude=secrets) == default.model_dump(exclude=secrets)
    assert given.database_url == default.database_url


def test_the_numbers_reach_the_policy() -> None:
    numbers = {
        "THIRDPARTY_TOKEN_MONTHS": "3",
        "THIRDPARTY_HANDOFF_HOURS": "96",
        "THIRDPARTY_SELF_APPROVAL": "yes",
        "THIRDPARTY_OVERLAP_DAYS": "14",
        "THIRDPARTY_RETENTION_MONTHS": "13",
    }
    expected = Policy(3, timedelta(hours=96), True, timedelta(days=14), retention_months=13)
    assert read_settings(Settings, SOCKET | numbers).policy() == expected
