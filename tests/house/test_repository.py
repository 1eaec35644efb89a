import re
import tomllib

from tests.house import PACKAGES, ROOT


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
