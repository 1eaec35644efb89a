"""Import contracts that nobody has seen broken may be contracts that hold nothing: here each of them is broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house import PACKAGES, ROOT

PYPROJECT = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

WRONG = {
    "access/model/wrong.py": "import access.operations, sqlalchemy",
    "access/wrong.py": "",
    "bot/wrong.py": "import bot.app, bot.settings, handlers, sandbox",
    "handlers/views/wrong.py": "import access.ports",
    "handlers/wrong.py": "",
    "sandbox/wrong.py": "import access",
    "storage/wrong.py": "import slack_sdk",
}


def broken_contracts(folder: Path) -> set[str]:
    """Names of the contracts that the packages in this folder break."""
    command = (LINT_IMPORTS, "--no-logo", "--no-cache")
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^(.+) BROKEN$", output, re.MULTILINE))


def test_each_contract_can_be_broken(tmp_path: Path) -> None:
    shutil.copy(PYPROJECT, tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert broken_contracts(tmp_path) == set()
    for name, imports in WRONG.items():
        (tmp_path / name).write_text(f"{imports}\n")
    assert broken_contracts(tmp_path) == {contract["name"] for contract in CONTRACTS}


def test_no_dependency_but_calendar_arithmetic_may_enter_access() -> None:
    forbidden = next(contract for contract in CONTRACTS if contract["id"] == "access-frameworks")["forbidden_modules"]
    dependencies = tomllib.loads(PYPROJECT.read_text())["project"]["dependencies"]
    names = {re.split(r"[^\w-]", dependency)[0].lower().replace("-", "_") for dependency in dependencies}
    assert (names - {"python_dateutil", "tzdata", "pyyaml"}) | {"yaml", "pydantic"} == set(forbidden)
