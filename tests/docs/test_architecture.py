"""docs/architecture.md names files that are there, and its worked example works in a copy of the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT
from tests.house.markdown import code_blocks, inline_code

PAGE = ROOT / "docs/architecture.md"
NEW = [block for language, block in code_blocks(PAGE) if language == "python"]
CHANGES = [block for language, block in code_blocks(PAGE) if language == "diff"]
WORDS_TEST = "tests/handlers/views/test_words.py::test_every_action_of_the_audit_trail_has_words"


def test_the_files_that_it_names_are_there() -> None:
    named = [each for each in inline_code(PAGE) if re.fullmatch(r"(?:\w+/)+[\w.]*", each)]
    assert len(named) > 10
    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code with the example in it."""
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, tmp_path / package)
    for name in ("pyproject.toml", "manifest.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for block in NEW:
        path = tmp_path / block.splitlines()[0].removeprefix("# ")
        assert not path.exists()
        path.write_text(block.partition("\n")[2])
    for block in CHANGES:
        name, *lines = block.splitlines(keepends=True)
        path, before = tmp_path / name.strip(), "".join(line[1:] for line in lines if line[0] == " ")
        text = path.read_text()
        assert text.count(before) == 1, block
        path.write_text(text.replace(before, "".join(line[1:] for line in lines)))
    return tmp_path


def test_a_command_is_added_in_one_sitting(copy: Path) -> None:
    [scenario] = [block.splitlines()[0].removeprefix("# ") for block in NEW if "/test_" in block.splitlines()[0]]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", scenario, WORDS_TEST],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout, "the scenario on both databases, and the words"
