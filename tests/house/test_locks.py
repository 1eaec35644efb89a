import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bench.peers.without_addresses import without_addresses
from tests.house import ROOT

LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").iterdir()}
NODE = ["bench/peers", "tests/proxies/node"]


def locked(lock: str) -> dict[str, Version]:
    """Name → version of everything that a lock installs somewhere."""
    return {
        name: Version(version) for name, version in re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCKS[lock], re.MULTILINE)
    }


def test_there_are_four_locks() -> None:
    assert set(LOCKS) == {"dev", "peers", "proxies", "runtime"}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in LOCKS[lock]
    assert not re.search(r"^--", LOCKS[lock], re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_hashes_for_every_platform(lock: str) -> None:
    hashes = {
        entry.split("==")[0]: entry.count("--hash=sha256:")
        for entry in re.split(r"^(?=[a-z0-9])", LOCKS[lock], flags=re.MULTILINE)
        if "==" in entry
    }
    assert set(hashes) == set(locked(lock))
    assert min(hashes.values()) > 0
    # Compiled packages publish a wheel for each platform and version of Python: one machine's alone would be a few.
    compiled = {"aiohttp", "cryptography", "greenlet", "sqlalchemy"} & hashes.keys()
    assert all(hashes[name] > 20 for name in compiled)


def test_dev_and_runtime_hold_the_same_versions() -> None:
    dev = locked("dev")
    assert {name: dev.get(name) for name in locked("runtime")} == locked("runtime")


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {
        "runtime": pyproject["project"]["dependencies"],
        "dev": pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["dev"],
        "proxies": pyproject["dependency-groups"]["proxies"],
        "peers": pyproject["dependency-groups"]["peers"],
    }
    for lock, requirements in asked.items():
        for requirement in map(Requirement, requirements):
            version = locked(lock).get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not in requirements/{lock}.txt: run make lock"
            assert version in requirement.specifier, f"requirements/{lock}.txt is old: run make lock"


@pytest.mark.parametrize("place", NODE)
def test_the_lock_of_node_names_no_address_and_has_a_hash_of_everything(place: str) -> None:
    asked = json.loads((ROOT / place / "package.json").read_text())["dependencies"]
    lock = (ROOT / place / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert packages.pop("")["dependencies"] == asked
    assert {f"node_modules/{name}" for name in asked} <= set(packages)
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "://" not in lock


def test_addresses_are_taken_out_of_a_lock_of_node() -> None:
    funded = {"version": "1.0.0", "resolved": "https://example.org/a.tgz", "funding": {"url": "https://example.org"}}
    cleaned = without_addresses(json.dumps({"lockfileVersion": 3, "packages": {"node_modules/a": funded}}))
    assert json.loads(cleaned) == {"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}
