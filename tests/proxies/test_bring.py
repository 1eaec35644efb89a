"""`make proxies` on a machine that has nothing of what it needs."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.house import ROOT


def test_where_nothing_can_be_had_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("cat", "id", "mkdir", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    command = ["/bin/sh", "tests/proxies/bring.sh", str(tmp_path / "brought"), sys.executable]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("Debian's packages cannot be had here. Please install what the tests run, then try again:")
    assert line.endswith("systemd")
    assert not list((tmp_path / "brought").rglob("stamp"))
