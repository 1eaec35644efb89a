import json
import re
import shlex
import subprocess
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.house import ROOT


def sbom(folder: Path) -> dict[str, dict[str, object]]:
    """What `make sbom` writes, by package; it is checked against CycloneDX's schema there, which takes some seconds."""
    said = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "--always-make", "sbom"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (command,) = re.findall(r"^.*cyclonedx_py(?:.*\\\n)*.*$", said, re.MULTILINE)
    written = folder / "sbom.json"
    _, _, words = command.replace("\\\n", " ").replace("build/sbom.json", str(written)).partition("&& ")
    subprocess.run([*shlex.split(words), "--no-validate"], cwd=ROOT, capture_output=True, check=True)
    return {canonicalize_name(each["name"]): each for each in json.loads(written.read_text())["components"]}


def test_it_names_everything_that_is_installed_with_its_version_and_hashes(tmp_path: Path) -> None:
    lock = (ROOT / "requirements/runtime.txt").read_text()
    listed = sbom(tmp_path)
    for name, version, hashes in re.findall(r"^(\S+)==(\S+)((?:.*\\\n)+.*)$", lock, re.MULTILINE):
        component = listed.pop(canonicalize_name(name))
        assert component["version"] == version
        said = json.dumps(component)
        assert all(each in said for each in re.findall(r"sha256:([0-9a-f]{64})", hashes))
    assert not listed
