"""What a setting's value may be. A refusal says what is wanted and never repeats the value: it may be a secret."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator

from access.model.secret import Secret

_MOST_REMINDERS: Final = 12
_SERVERS: Final = ("postgresql://", "postgres://")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _starting_with(prefix: str) -> BeforeValidator:
    def hide(text: str) -> Secret:
        if not text.startswith(prefix):
            raise ValueError(f"it starts with {prefix}")
        return Secret(text)

    return BeforeValidator(hide)


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("it is an address such as https://api.example.com")
    return text


def _encrypted_address(text: str) -> str:
    parts = urlsplit(_web_address(text))
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("it starts with https://, because tokens travel there")
    return text


def _public_url(text: str) -> str:
    """Return it without a slash at the end. It is an issuer: no query, no fragment (RFC 8414 §2), and no user."""
    parts = urlsplit(_encrypted_address(text))
    if parts.query or parts.fragment or "@" in parts.netloc or text.endswith(("?", "#")):
        raise ValueError("it is an address alone, as in https://thirdparty.example.com: no user, no ? and no #")
    return text.rstrip("/")


def _database(url: str) -> Secret:
    """Hide it: where it names a server, it may hold a password."""
    if url.startswith(_SERVERS):
        _must_name_a_database(url)
        return Secret(url)
    if url.startswith("postgres"):
        raise ValueError("it starts with postgresql:// and nothing in between")
    file = url.removeprefix("sqlite:///")
    if file == url or file in ("", ":memory:"):
        raise ValueError(
            "it is a file, as in sqlite:///thirdparty.db (four slashes before an absolute path), or a server, as in "
            "postgresql://thirdparty@db.example.com/thirdparty"
        )
    return Secret(url)


def _must_name_a_database(url: str) -> None:
    """Look at a URL of libpq's, which may name several servers, as far as a mistake would be hard to understand later.

    Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2].split(",")
    named = all(re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(:\d{1,5})?", host) for host in hosts)
    if not named or not parts.path.strip("/"):
        raise ValueError("it names a server and a database, as in postgresql://thirdparty@db.example.com/thirdparty")


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(re.split(r"[,\s]+", text.strip(", ")))
    if not all(re.fullmatch(r"[UWS][A-Z0-9]{2,}", each) for each in ids):
        raise ValueError("it lists ids of users (U…, W…) and of user groups (S…), separated by commas or spaces")
    return ids


def _channel(text: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,}", text):
        raise ValueError("it is a channel's id (C…, G…), shown at the end of the channel's details in Slack")
    return text


def _days(text: str) -> tuple[int, ...]:
    if text.strip().lower() == "none":
        return ()
    days = [int(each) for each in re.split(r"[,\s]+", text.strip(", ")) if re.fullmatch(r"[1-9][0-9]{0,2}", each)]
    if len(days) != len(re.split(r"[,\s]+", text.strip(", "))) or len(days) > _MOST_REMINDERS:
        raise ValueError("it lists at most 12 whole numbers of days from 1 to 999, as in 60,30,14,7,3,1; or it is none")
    return tuple(sorted(set(days), reverse=True))


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("it is the name of a time zone, as in Europe/Berlin or UTC")
    return name


BotToken = Annotated[Secret, _starting_with("xoxb-")]
AppToken = Annotated[Secret | None, _starting_with("xapp-")]
GivenKeyring = Annotated[Secret | None, _starting_with("")]
SigningSecret = Annotated[Secret | None, _starting_with("")]
WebAddress = Annotated[str, AfterValidator(_web_address)]
EncryptedAddress = Annotated[str, AfterValidator(_encrypted_address)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
DatabaseUrl = Annotated[Secret, BeforeValidator(_database)]
SlackIds = Annotated[tuple[str, ...], BeforeValidator(_ids)]
ChannelId = Annotated[str, AfterValidator(_channel)]
ReminderDays = Annotated[tuple[int, ...], BeforeValidator(_days)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
UpperCase = BeforeValidator(str.upper)
