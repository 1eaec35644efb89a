"""The checker is worth nothing if it asks the bot what is right."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house import ROOT

_INDEPENDENT: Final = ("checker", "dates", "journal", "manners", "needs", "state", "weather")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports would hide what is imported"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def is_foreign(name: str) -> bool:
    own = name == "tests.year.journal" or any(name.startswith(f"tests.year.{each}") for each in _INDEPENDENT)
    return not own and name.partition(".")[0] not in sys.stdlib_module_names


def test_the_checker_shares_no_code_with_the_bot() -> None:
    for each in _INDEPENDENT:
        assert [name for name in imported(ROOT / f"tests/year/{each}.py") if is_foreign(name)] == [], each


def test_what_imports_the_bot_is_noticed() -> None:
    found = [name for name in imported(ROOT / "tests/year/year.py") if is_foreign(name)]
    assert {name.partition(".")[0] for name in found} >= {"access", "bot", "sandbox", "storage", "tests"}
