import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from slack_sdk.errors import SlackApiError

from access.model.credentials import TOKEN_PREFIX, mint
from access.model.errors import NotPermitted
from bot import logs

TOKEN = mint(TOKEN_PREFIX, bytes(range(32))).reveal()
SECRETS = [
    TOKEN,
    TOKEN[:20],
    "xoxb-123-abc",
    "xapp-1-A0-1-f",
    "https://hooks.slack.com/commands/T0/1/abc",
    "wss://wss-primary.slack.com/link/?ticket=abc&app_id=1",
    "Authorization: Bearer abc",
]


class Log(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def only(self) -> dict[str, Any]:
        [line] = self.lines
        return line


@pytest.fixture
def log() -> Iterator[Log]:
    """The log as JSON. Afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    stream = Log()
    logs.configure("json", "DEBUG", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in (*logs.OURS, *logs.LOUD):
        logging.getLogger(name).setLevel(logging.NOTSET)


def ours() -> Any:
    return structlog.get_logger("bot.test")


def test_a_line_says_what_when_where_and_to_which_request_it_belongs(log: Log) -> None:
    structlog.contextvars.bind_contextvars(ref="abcd2345")
    ours().info("message_sent", kind="handoff", attempt=2)
    line = log.only
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo == UTC
    assert line == {
        "event": "message_sent",
        "level": "info",
        "logger": "bot.test",
        "ref": "abcd2345",
        "kind": "handoff",
        "attempt": 2,
    }


def test_other_keys_are_left_out_and_counted(log: Log) -> None:
    ours().info("received", payload={"token": TOKEN}, user_name="anna", kind="command")
    assert log.only["left_out"] == ["payload", "user_name"]
    assert TOKEN not in log.getvalue()
    assert "anna" not in log.getvalue()


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_replaced(log: Log, secret: str) -> None:
    ours().info("sent", kind=secret, code=[f"before {secret} after"], **{secret: 1})
    text = f"sent {secret}"
    ours().info(text)
    logging.getLogger("slack_sdk.web").error(text)
    assert secret not in log.getvalue()
    assert log.lines[0]["kind"] == "[left out]"


def test_values_are_words_and_numbers(log: Log) -> None:
    ours().info(
        "values",
        kind=None,
        count=timedelta(minutes=1),
        code=datetime(2026, 3, 2, tzinfo=UTC),
        status={"a": "dictionary"},
        outcome=("one\ntwo", object()),
        operation="x" * 1000,
    )
    line = log.only
    assert (line["kind"], line["count"], line["code"]) == (None, 60.0, "2026-03-02T00:00:00+00:00")
    assert (line["status"], line["outcome"]) == ("[left out]", ["one two", "[left out]"])
    assert len(line["operation"]) == 300


def test_an_exception_is_its_type_its_code_and_our_lines(log: Log) -> None:
    def raise_from(cause: Exception) -> None:
        raise NotPermitted(right="manage") from cause

    try:
        raise_from(ValueError("a cause with words"))
    except NotPermitted:
        ours().exception("refused")
    line = log.only
    assert (line["error"], line["code"]) == ("access.model.errors.NotPermitted", "not_permitted")
    assert "words" not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_only_our_own_frames_are_shown(log: Log) -> None:
    try:
        mint(TOKEN_PREFIX, b"short")
    except ValueError:
        ours().error("failed", exc_info=True)
    [frame] = log.only["frames"]
    assert frame.startswith("access/model/credentials.py:")
    assert log.only["error"] == "builtins.ValueError"
    assert "random bytes" not in log.getvalue()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SlackApiError("no", {"ok": False, "error": "channel_not_found"}), "channel_not_found"),
        (SlackApiError("no", {"ok": False, "error": f"oh {TOKEN}"}), None),
        (FileNotFoundError(2, "words"), "ENOENT"),
        (OSError("words"), None),
        (ValueError("words"), None),
    ],
)
def test_the_code_of_an_exception_is_a_code(log: Log, error: Exception, code: str | None) -> None:
    ours().error("failed", exc_info=error)
    assert log.only.get("code") == code
    assert "words" not in log.getvalue()
    assert TOKEN not in log.getvalue()


def test_libraries_stay_at_warning_whatever_is_set_on_them(log: Log) -> None:
    for name in (*logs.LOUD, "something.else"):
        logger = logging.getLogger(f"{name}.part")
        logger.setLevel(logging.DEBUG)
        logger.info("a payload")
        logger.setLevel(logging.NOTSET)
    assert log.lines == []
    assert all(logging.getLogger(name).level == logging.WARNING for name in logs.LOUD)


def test_a_library_is_quoted_without_what_it_fills_in(log: Log) -> None:
    try:
        raise ValueError("words")
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error handling request from %s", "10.0.0.1\nwords")
    line = log.only
    assert (line["event"], line["error"]) == ("Error handling request from %s", "builtins.ValueError")
    assert "words" not in log.getvalue()
    assert "10.0.0.1" not in log.getvalue()


async def test_asyncio_does_not_repeat_a_message(log: Log) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": ValueError("words")})
    assert log.only["event"] == "Task exception was never retrieved"
    assert "words" not in log.getvalue()


def test_our_own_level_is_the_one_that_is_set(log: Log) -> None:
    logs.configure("json", "WARNING", log)
    ours().info("not this")
    ours().warning("this")
    assert log.only["event"] == "this"


def test_text_is_one_line_for_a_person(log: Log) -> None:
    logs.configure("text", "INFO", log)
    ours().info("message\nsent", kind="handoff")
    assert log.getvalue().endswith("[info     ] message sent [bot.test] kind=handoff\n")
    assert log.getvalue().count("\n") == 1


def test_a_crash_keeps_its_words_to_itself(log: Log) -> None:
    error = ValueError("words")
    logs.log_crash(ValueError, error, None)
    assert (log.only["level"], log.only["error"]) == ("critical", "builtins.ValueError")
    assert "words" not in log.getvalue()
