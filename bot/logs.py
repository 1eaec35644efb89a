"""The log: on standard error, as text or as JSON, and never with a payload, a secret or a person's name in it.

What may appear is a list, not a habit: other keys are left out, values that look like secrets are replaced, and an
exception is its type, its code and our lines of its traceback. Its message is not: it may hold anything.
"""

import errno
import logging
import re
import sys
import threading
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, TextIO

import structlog
from slack_sdk.errors import SlackApiError
from structlog.typing import EventDict, WrappedLogger

from access.model.credentials import contains_secret
from access.model.errors import AccessError
from bot.slack_faults import fault_of

OURS: Final = ("access", "bot", "handlers", "sandbox", "storage")
"""The packages of this house."""

LOUD: Final = ("aiohttp", "alembic", "asyncpg", "slack_bolt", "slack_sdk", "sqlalchemy", "uvicorn")
"""Libraries that print payloads, values or statements below WARNING."""

_THE_LINE: Final = {"timestamp", "level", "logger", "event", "ref", "left_out", "error", "code", "frames"}
_WHAT_HAPPENED: Final = {"action", "command", "kind", "method", "mode", "operation", "outcome", "signal", "status"}
_WHAT_IS_WRONG: Final = {"problem"}  # a sentence from a fixed list
_IDS: Final = {"channel", "handoff", "key_id", "message", "proposal", "third_party", "token", "user_group", "workspace"}
_NUMBERS: Final = {"attempt", "count", "duration_ms", "pending", "seconds"}
_PLACES: Final = {"from_revision", "host", "port", "setting", "ticker", "to_revision", "url", "version"}

ALLOWED: Final = frozenset(_THE_LINE | _WHAT_HAPPENED | _WHAT_IS_WRONG | _IDS | _NUMBERS | _PLACES)
"""The only keys that a log line has."""

_STRUCTLOG_OWN: Final = {"_record", "_from_structlog"}
_LEFT_OUT: Final = "[left out]"
_LONGEST: Final = 300
_SLACK_SECRET: Final = re.compile(r"xox[a-z]-|xox[a-z]\.|xapp-|hooks\.slack\.com|[?&]ticket=|\bBearer\s", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CODE: Final = re.compile(r"[a-z0-9_]{1,64}")
_HOUSE: Final = Path(__file__).parent.parent


def configure(log_format: Literal["text", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to `stream` (standard error when None).

    `level` is for our own loggers. All others stay at WARNING, whatever somebody sets on them.
    """
    stream = stream or sys.stderr
    to_text = structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
    to_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(stream)
    handler.addFilter(_is_ours_or_serious)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars, _first_line, *_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                to_json if log_format == "json" else to_text,
            ],
            use_get_message=False,  # the words as they are in the library's source: what it fills in may be anything
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def log_crashes() -> None:
    """Log what nobody catches, wherever it is raised: Python itself prints its message, which may hold anything."""
    sys.excepthook = log_crash
    threading.excepthook = _log_thread_crash
    sys.unraisablehook = _log_unraisable


def log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A `sys.excepthook` that keeps the exception's message off the terminal."""
    logging.getLogger("bot").critical("crashed", exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_type is not SystemExit:
        logging.getLogger("bot").critical("thread_crashed", exc_info=crash.exc_value)


def _log_unraisable(crash: "sys.UnraisableHookArgs") -> None:
    logging.getLogger("bot").error("exception_ignored", exc_info=crash.exc_value)


def _is_ours_or_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS


def _first_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Take the first line only: asyncio appends the exception's message."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _describe_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put type, code and our own lines in place of an exception. Its message and its causes may hold values."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exception() if given is True else given
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["frames"] = _our_frames(error.__traceback__)
        if code := _code_of(error):
            event["code"] = code
    return event


def _code_of(error: BaseException) -> str | None:
    match error:
        case AccessError():
            return error.code
        case SlackApiError():
            code = fault_of(error).code
            return code if _CODE.fullmatch(code) else None
        case OSError():
            return errno.errorcode.get(error.errno or 0)
    return None


def _our_frames(trace: TracebackType | None) -> list[str]:
    places = ((Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(trace))
    inside = ((path.relative_to(_HOUSE), line) for path, line in places if path.is_relative_to(_HOUSE))
    return [f"{path}:{line}" for path, line in inside if path.parts[0] in OURS]


def _keep_allowed(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Leave out every key that is not on the list, and say which."""
    kept = {key: _clean(value) for key, value in event.items() if key in ALLOWED}
    for key in _STRUCTLOG_OWN & event.keys():
        kept[key] = event[key]
    if left_out := sorted(event.keys() - kept.keys()):
        kept["left_out"] = _clean(left_out)
    return kept


def _clean(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _clean_text(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case list() | tuple():
            return [_clean(each) for each in value]
    return _LEFT_OUT


def _clean_text(text: str) -> str:
    if contains_secret(text) or _SLACK_SECRET.search(text):
        return _LEFT_OUT
    return _CONTROL.sub(" ", text)[:_LONGEST]


_SHARED: Final = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _describe_exception,
    _keep_allowed,
)
