import subprocess

import pytest

from tests.house import ROOT


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Path → text of every file that git tracks, or would."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return {str(path.relative_to(ROOT)): path.read_text(errors="replace") for path in paths if path.is_file()}
