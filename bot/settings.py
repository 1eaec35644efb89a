"""The settings, from the environment or `.env`; the environment wins. What each means is in its description below."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar, cast, get_args

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from access.model.policy import Policy
from access.model.retention import SHORTEST_MONTHS
from access.model.secret import Secret
from bot.errors import CommandError
from bot.keyring_place import KeyringFile, KeyringGiven, KeyringPlace
from bot.setting_types import (
    AppToken,
    BotToken,
    ChannelId,
    DatabaseUrl,
    EncryptedAddress,
    GivenKeyring,
    PublicUrl,
    ReminderDays,
    SigningSecret,
    SlackIds,
    TimeZone,
    UpperCase,
    WebAddress,
)

ENV_FILE: Final = Path(".env")
"""In the folder in which the program was started."""

_A_FILE: Final = Secret("sqlite:///thirdparty.db")
PUBLIC_ADDRESS: Final = "THIRDPARTY_HTTP_HOST and THIRDPARTY_HTTP_PORT"
INTERNAL_ADDRESS: Final = "THIRDPARTY_INTERNAL_HOST and THIRDPARTY_INTERNAL_PORT"


class SettingsError(CommandError):
    """Settings are wrong or unknown. The message is one line that names each, and never holds a value."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class SocketMode:
    """Slack is reached by a connection that the bot opens: no public address is needed."""

    app_token: Secret


@dataclass(frozen=True, slots=True)
class HttpMode:
    """Slack calls the bot, and signs what it sends."""

    signing_secret: Secret


class CommonSettings(BaseSettings):
    """What every command needs."""

    model_config = SettingsConfigDict(
        arbitrary_types_allowed=True,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    database: DatabaseUrl = Field(
        default_factory=lambda: _A_FILE,
        validation_alias="THIRDPARTY_DATABASE_URL",
        description="Where third parties, tokens and the audit trail are kept: a file, or a database of PostgreSQL, "
        "postgresql://USER@HOST/DATABASE (docs/postgresql.md).",
    )
    keyring_file: Path = Field(
        Path("thirdparty-keyring.json"),
        validation_alias="THIRDPARTY_KEYRING_FILE",
        description="The keys that seal credentials, made by `thirdparty-bot init`. Keep a copy of this file, "
        "apart from the database's.",
    )
    keyring: GivenKeyring = Field(
        None,
        validation_alias="THIRDPARTY_KEYRING",
        description="Instead of that file, what is in it, from a secret manager: docs/keys.md. A file is safer where "
        "you have the choice; programs that the bot's user starts can read the environment.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", validation_alias="THIRDPARTY_LOG_FORMAT", description="text for people, json for programs."
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UpperCase] = Field(
        "INFO",
        validation_alias="THIRDPARTY_LOG_LEVEL",
        description="DEBUG, INFO, WARNING or ERROR, for the bot's own log. Libraries log from WARNING on.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else: `_Written` has read the environment and `.env`."""
        return (init_settings,)

    @model_validator(mode="after")
    def _one_keyring(self) -> Self:
        if self.keyring is not None and "keyring_file" in self.model_fields_set:
            raise ValueError("Set either THIRDPARTY_KEYRING_FILE, a path, or THIRDPARTY_KEYRING, not both")
        return self

    def at(self, url: str) -> Self:
        """Return the same settings of another database."""
        return self.model_copy(update={"database": Secret(url)})

    @property
    def database_url(self) -> str:
        """The address of the database, to open it with: it may hold a password, so it is shown to nobody."""
        return self.database.reveal()

    @property
    def keyring_place(self) -> KeyringPlace:
        """Where the keyring is."""
        return KeyringFile(self.keyring_file) if self.keyring is None else KeyringGiven(self.keyring)


class Settings(CommonSettings):
    """What the running bot needs besides. Its secrets show nothing of themselves."""

    slack_bot_token: BotToken = Field(
        validation_alias="SLACK_BOT_TOKEN",
        description="The bot token, xoxb-…, from the Slack app's page OAuth & Permissions.",
    )
    slack_app_token: AppToken = Field(
        None,
        validation_alias="SLACK_APP_TOKEN",
        description="For Socket Mode, which needs no public address: the app-level token, xapp-…, with the scope "
        "connections:write, from the page Basic Information.",
    )
    slack_signing_secret: SigningSecret = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="For HTTP mode instead: the signing secret, from the page Basic Information. Set one of the two.",
    )
    slack_api_url: EncryptedAddress = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Slack's Web API. Another address only to try the bot without Slack.",
    )
    admins: SlackIds = Field(
        (),
        validation_alias="THIRDPARTY_ADMINS",
        description="Who may run every command: ids of users (U…, W…) and user groups (S…). Empty: the workspace's "
        "admins and owners. Slack can let every member edit user groups; make sure that it does not.",
    )
    auditors: SlackIds = Field(
        (),
        validation_alias="THIRDPARTY_AUDITORS",
        description="Who may look and change nothing: ids of users and user groups.",
    )
    channel: ChannelId | None = Field(
        None,
        validation_alias="THIRDPARTY_CHANNEL",
        description="The id (C…, G…) of a channel where admins are asked and told; invite the bot there. Empty: each "
        "admin gets a direct message.",
    )
    http_host: str = Field(
        "127.0.0.1",
        validation_alias="THIRDPARTY_HTTP_HOST",
        description="The address to listen on for who revokes a token, and in HTTP mode for Slack.",
    )
    http_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        8480,
        validation_alias="THIRDPARTY_HTTP_PORT",
        description="The port there. 0 takes a free one, which the log names.",
    )
    internal_host: str = Field(
        "127.0.0.1",
        validation_alias="THIRDPARTY_INTERNAL_HOST",
        description="The address to listen on for checks, health and metrics. Whoever reaches it can read the metrics, "
        "so it is an address that only your own machines reach, never a public one.",
    )
    internal_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        8481,
        validation_alias="THIRDPARTY_INTERNAL_PORT",
        description="The port for checks, health and metrics. 0 takes a free one, which the log names.",
    )
    public_url: PublicUrl | None = Field(
        None,
        validation_alias="THIRDPARTY_PUBLIC_URL",
        description="The address at which others reach the port of THIRDPARTY_HTTP_PORT, as in "
        "https://thirdparty.example.com. Where it is set, introspection names it as the issuer.",
    )
    api_url: EncryptedAddress | None = Field(
        None,
        validation_alias="THIRDPARTY_API_URL",
        description="Your API's address, shown with the credentials.",
    )
    api_docs: WebAddress | None = Field(
        None,
        validation_alias="THIRDPARTY_API_DOCS",
        description="The address of your API's documentation, shown with the credentials.",
    )
    token_months: Annotated[int, Field(ge=1, le=60)] = Field(
        6, validation_alias="THIRDPARTY_TOKEN_MONTHS", description="How many calendar months a token is valid."
    )
    overlap_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7,
        validation_alias="THIRDPARTY_OVERLAP_DAYS",
        description="How many days an old token works on beside the new one, from the new one's collection on. Where "
        "checks show that the old one is still in use, it stays longer, at most until it expires.",
    )
    reminder_days: ReminderDays = Field(
        (60, 30, 14, 7, 3, 1),
        validation_alias="THIRDPARTY_REMINDER_DAYS",
        description="How many days before a token expires people are reminded of it, in their working hours: the owner "
        "at each of these, the admin channel from 7 days on, the contact at 14, 7 and 1. none: only when it has "
        "expired.",
    )
    time_zone: TimeZone = Field(
        "UTC",
        validation_alias="THIRDPARTY_TIMEZONE",
        description="The admin channel's time zone, as in Europe/Berlin: what is not urgent comes between 09:00 and "
        "17:00, Monday to Friday, and the line that says where the audit trail ends at 09:00 of every day. For people "
        "it is the time zone that Slack gives, and this one where it gives none.",
    )
    handoff_hours: Annotated[int, Field(ge=25, le=720)] = Field(
        72,
        validation_alias="THIRDPARTY_HANDOFF_HOURS",
        description="How many hours a contact has to collect credentials; 24 hours before the end comes a nudge.",
    )
    self_approval: bool = Field(
        default=False,
        validation_alias="THIRDPARTY_SELF_APPROVAL",
        description="true lets the admin who proposed a contact approve it too, for an organisation with one admin.",
    )

    retention_months: Annotated[int, Field(ge=SHORTEST_MONTHS)] | None = Field(
        None,
        validation_alias="THIRDPARTY_RETENTION_MONTHS",
        description="After how many months what is finished is forgotten for good, 13 or more: removed third parties, "
        "tokens that have ended, what was decided, and the audit records of that time, in whose place a signed note "
        "remains (docs/retention.md). Empty: never.",
    )
    require_contact_key: bool = Field(
        default=False,
        validation_alias="THIRDPARTY_REQUIRE_CONTACT_KEY",
        description="true shows credentials only encrypted to a public key of the contact's own (age or SSH), which an "
        "admin has approved. Until a contact has one, none are offered or shown, also of offers made before.",
    )

    @model_validator(mode="after")
    def _one_mode(self) -> Self:
        if (self.slack_app_token is None) == (self.slack_signing_secret is None):
            raise ValueError(
                "Set either SLACK_APP_TOKEN, for Socket Mode, or SLACK_SIGNING_SECRET, for HTTP mode"
                + (", not both" if self.slack_app_token else "")
            )
        return self

    @property
    def mode(self) -> SocketMode | HttpMode:
        """How Slack and the bot reach each other, decided by which of the two secrets is set; both are refused."""
        if self.slack_app_token is not None:
            return SocketMode(self.slack_app_token)
        return HttpMode(cast(Secret, self.slack_signing_secret))

    def policy(self) -> Policy:
        """Return the numbers that the rules ask for."""
        return Policy(
            token_months=self.token_months,
            handoff_time=timedelta(hours=self.handoff_hours),
            self_approval=self.self_approval,
            overlap=timedelta(days=self.overlap_days),
            reminder_days=self.reminder_days,
            time_zone=self.time_zone,
            require_contact_key=self.require_contact_key,
            retention_months=self.retention_months,
        )


_Kind = TypeVar("_Kind", bound=CommonSettings)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is of settings, and all that is wrong with them, a line each. No line holds a value.

    `settings` and `common` are None where a value that they need is missing or wrong. An unknown name alone stops the
    start, but leaves the rest readable.
    """

    settings: Settings | None
    common: CommonSettings | None
    complaints: Sequence[str]


def read_settings(kind: type[_Kind], given: Mapping[str, str] | None = None) -> _Kind:
    """Read the environment and `.env`; or take `given`, by the same names, and read neither.

    Raises: SettingsError, for an unknown THIRDPARTY_… and for a value that is missing or wrong.
    """
    settings, complaints = _read(kind, _Written.here() if given is None else _Written(given))
    if settings is None or complaints:
        raise SettingsError("; ".join(complaints))
    return settings


def survey_settings() -> Survey:
    """Read the environment and `.env` as `read_settings` does, and go on after what is wrong."""
    written = _Written.here()
    settings, complaints = _read(Settings, written)
    common, _ = _read(CommonSettings, written)
    return Survey(settings, common, complaints)


def _read(kind: type[_Kind], written: "_Written") -> tuple[_Kind | None, Sequence[str]]:
    values: dict[str, Any] = dict(written.values)
    try:
        return kind(**values), written.complaints
    except ValidationError as error:
        wrong = [each for each in error.errors() if not written.explains(each)]
        return None, [*written.complaints, *map(_complaint, wrong)]


def env_template() -> str:
    """Write a `.env` with every setting, explained: those without a default to fill in, the others as comments."""
    lines = [
        "# The settings of thirdparty-bot. What the environment says wins over this file.",
        "# Instead of a secret's NAME, NAME_FILE may give the path of a file that holds it.",
    ]
    for name, field in _SETTINGS.items():
        lines += ["", *wrap(field.description or "", 110, initial_indent="# ", subsequent_indent="# ")]
        default = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
        lines.append(f"{name}=" if default in (None, ()) else f"# {name}={_written(default)}")
    return "\n".join(lines) + "\n"


def _written(default: object) -> str:
    if default is False:
        return "false"
    if isinstance(default, Secret):  # what everybody has is no secret
        return default.reveal()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


_SETTINGS: Final = {  # in the order in which somebody fills them in
    str(field.validation_alias): field
    for field in sorted(Settings.model_fields.values(), key=lambda each: not str(each.validation_alias).startswith("S"))
}
_SECRET_FILES: Final = {
    f"{name}_FILE": name
    for name, field in _SETTINGS.items()
    if Secret in (field.annotation, *get_args(field.annotation)) and f"{name}_FILE" not in _SETTINGS
}


_SECRETS: Final = frozenset(_SECRET_FILES.values())
_EITHER: Final = frozenset({"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"})
"""One of them has to be set; that complaint names no setting."""


class _Written:
    """What the settings are set to, by name; an empty value counts as none. And what is wrong with how it is written.

    `given` stands for the environment and `.env` together; `unread` says why there is nothing of `.env` in it.
    """

    def __init__(self, given: Mapping[str, str | None], *, unread: str = "") -> None:
        self.complaints = [*filter(None, [unread]), *_unknown(given)]
        self.values = {name: text for name in _SETTINGS if (text := (given.get(name) or "").strip())}
        self._unreadable = _SECRETS if unread else frozenset[str]()
        for file, name in _SECRET_FILES.items():
            if path := given.get(file):
                self._take_file(name, file, Path(path))

    @classmethod
    def here(cls) -> "_Written":
        """Read the environment, and `.env`, over which it wins."""
        try:
            named = DotEnvSettingsSource(CommonSettings, env_file=ENV_FILE, env_file_encoding="utf-8").env_vars
        except UnicodeDecodeError:
            return cls(os.environ, unread=".env: it is not a text in UTF-8")
        except OSError as error:
            return cls(os.environ, unread=f".env: it cannot be read: {error.strerror}")
        return cls({**named, **os.environ})

    def explains(self, error: ErrorDetails) -> bool:
        """Whether a file that cannot be read is the reason for an error: the secret in it is missing."""
        names = {str(part) for part in error["loc"]} or _EITHER
        return bool(self._unreadable & names - self.values.keys())

    def _take_file(self, name: str, file: str, path: Path) -> None:
        if name in self.values:
            self.complaints.append(f"{name} and {file} are both set; keep one of them")
            return
        try:
            text = path.read_text("utf-8").strip()
            problem = "" if text else "the file it names is empty"
        except UnicodeDecodeError:
            text, problem = "", "the file it names is not a text in UTF-8"
        except OSError as error:
            text, problem = "", f"the file it names cannot be read: {error.strerror}"
        if problem:
            self.complaints.append(f"{file}: {problem}")
            self._unreadable |= {name}
        else:
            self.values[name] = text


def _unknown(named: Iterable[str]) -> Iterable[str]:
    for name in named:
        if name.upper().startswith("THIRDPARTY_") and name not in _SETTINGS.keys() | _SECRET_FILES.keys():
            yield f"{name}: there is no such setting{_did_you_mean(name)}"


def _did_you_mean(name: str) -> str:
    near = get_close_matches(name.upper(), _SETTINGS, n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""


_PLAINLY: Final = {
    "missing": "it is missing",
    "bool_parsing": "it is true or false",
    "int_parsing": "it is a whole number",
}


def _complaint(error: ErrorDetails) -> str:
    """Name the setting and the problem, never the value: it may be a secret in the wrong place."""
    kind = error["type"]
    problem = str(error["ctx"]["error"]) if kind == "value_error" else _PLAINLY.get(kind, error["msg"])
    name = ".".join(map(str, error["loc"]))
    return f"{name}: {problem.replace('Input', 'it', 1)}" if name else problem
