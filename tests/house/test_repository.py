import re
import subprocess
import tomllib

import pytest

from tests.house import PACKAGES, ROOT


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Path → text of every file that git tracks, or would."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in paths if path.is_file()}


def found(pattern: str, texts: dict[str, str]) -> list[str]:
    return [f"{name}: {hit.group()}" for name, text in texts.items() for hit in re.finditer(pattern, text)]


def test_no_file_names_somebodys_home(tracked: dict[str, str]) -> None:
    assert tracked
    assert found(r"/(?:home/\w+|Users/\w+|root)/", tracked) == []


def test_no_check_is_silenced(tracked: dict[str, str]) -> None:
    python = {name: text for name, text in tracked.items() if name.endswith(".py")}
    assert found(r"#\s*(?:noqa|type:\s*ignore|mypy:|pragma: no cover|fmt: off|ruff:)", python) == []


def test_every_package_is_packed_and_under_contract() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    there = {path.parent.name for path in ROOT.glob("[a-z]*/__init__.py")} - {"tests", "bench", "docs"}
    assert there == set(PACKAGES)
    assert set(tools["hatch"]["build"]["targets"]["wheel"]["packages"]) == there
    assert set(tools["importlinter"]["root_packages"]) == there
