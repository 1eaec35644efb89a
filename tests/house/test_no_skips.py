import subprocess
import sys
from pathlib import Path

from tests.house import ROOT

SKIPPING = {
    "test_call.py": "import pytest\n\ndef test_it():\n    pytest.skip('because')\n",
    "test_mark.py": "import pytest\n\n@pytest.mark.skip(reason='because')\ndef test_it():\n    pass\n",
    "test_expected.py": "import pytest\n\n@pytest.mark.xfail(reason='because')\ndef test_it():\n    assert False\n",
    "test_module.py": "import pytest\n\npytest.skip('because', allow_module_level=True)\n",
}


def test_whatever_is_skipped_has_failed(tmp_path: Path) -> None:
    for name, text in SKIPPING.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-n1", "-c", "pyproject.toml", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Skips are failures here: " in done.stdout
    assert "2 failed, 2 errors" in done.stdout
