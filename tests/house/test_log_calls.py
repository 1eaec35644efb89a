"""What is logged is decided when it is written: constant words, and keys from the list of `bot.logs`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.logs import ALLOWED
from tests.house import PACKAGES, ROOT

LEVELS = {"debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log", "msg"}
BINDING = {"bind", "new", "bind_contextvars", "bound_contextvars", "get_logger"}
ABOUT_THE_CALL = {"exc_info", "stack_info"}


def complaints(source: str) -> Iterator[str]:
    """What is wrong with the log calls of a module. A logger is what a factory or `bind` gave, under any name."""
    tree = ast.parse(source)
    loggers, methods = names_of_loggers(tree)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        word = called(call)
        if word in BINDING:
            yield from wrong_keys(call)
        elif says(call, loggers, methods):
            yield from wrong_keys(call)
            yield from wrong_words(call, skipping=1 if word == "log" else 0)


def names_of_loggers(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Names that stand for a logger, and names that stand for one of its methods."""
    loggers, methods = set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if any(called(part) in {"get_logger", "getLogger", "bind", "new"} for part in ast.walk(node.value)):
                loggers |= names
            elif any(is_method(part, loggers) for part in ast.walk(node.value)) and not isinstance(
                node.value, ast.Call
            ):
                methods |= names
        if isinstance(node, ast.arg) and node.annotation is not None and "Logger" in ast.unparse(node.annotation):
            loggers.add(node.arg)
    return loggers, methods


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_method(node: ast.AST, loggers: set[str]) -> bool:
    if not (isinstance(node, ast.Attribute) and node.attr in LEVELS):
        return False
    owner = node.value
    return called(owner) in {"get_logger", "getLogger", "bind"} or (isinstance(owner, ast.Name) and owner.id in loggers)


def says(call: ast.Call, loggers: set[str], methods: set[str]) -> bool:
    return is_method(call.func, loggers) or (isinstance(call.func, ast.Name) and call.func.id in methods)


def wrong_keys(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is None:
            yield f"line {call.lineno}: keys that nobody can see (**)"
        elif keyword.arg not in ALLOWED | ABOUT_THE_CALL:
            yield f"line {call.lineno}: the key {keyword.arg}"


def wrong_words(call: ast.Call, *, skipping: int) -> Iterator[str]:
    words = call.args[skipping:]
    if len(words) != 1:
        yield f"line {call.lineno}: {len(words)} words instead of one"
    elif not is_word(words[0]):
        yield f"line {call.lineno}: the word is {ast.unparse(words[0])}"


def is_word(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return is_word(node.body) and is_word(node.orelse)
    return isinstance(node, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)*", str(node.value)) is not None


def test_every_log_call_has_a_constant_word_and_listed_keys() -> None:
    sources = {str(file.relative_to(ROOT)): file.read_text() for package in PACKAGES for file in files_of(package)}
    found = {name: list(complaints(source)) for name, source in sources.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def files_of(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("log.info(f'sent {x}')", "the word is f'sent {x}'"),
        ("log.info('sent %s', x)", "2 words instead of one"),
        ("log.info('Sent it')", "the word is 'Sent it'"),
        ("log.info(x)", "the word is x"),
        ("log.info('sent' if x else x)", "the word is 'sent' if x else x"),
        ("log.info('sent', payload=x)", "the key payload"),
        ("log.info('sent', **x)", "keys that nobody can see (**)"),
        ("log.bind(payload=x)", "the key payload"),
        ("log.log(10, 'sent', payload=x)", "the key payload"),
        ("log.bind(ref=x).info('sent', payload=x)", "the key payload"),
        ("other = log.bind(ref=x)\nother.info('sent', payload=x)", "the key payload"),
        ("say = log.info if x else log.error\nsay('sent', payload=x)", "the key payload"),
        ("structlog.contextvars.bind_contextvars(payload=x)", "the key payload"),
        ("logging.getLogger('x').critical('sent', x)", "2 words instead of one"),
        ("def f(to: BoundLogger): to.info('sent', payload=x)", "the key payload"),
    ],
)
def test_what_would_be_wrong_is_found(line: str, complaint: str) -> None:
    [found] = complaints(f"log = structlog.get_logger()\n{line}\n")
    assert found.partition(": ")[2] == complaint


def test_what_is_right_is_left_alone() -> None:
    right = (
        "log.warning('message_not_sent', code=x, exc_info=True)",
        "log.info('a' if x else 'b')",
        "print('%s', x, end=x)",
    )
    assert list(complaints("\n".join(["log = get_logger()", *right]))) == []
