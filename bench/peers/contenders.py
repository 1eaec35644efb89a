"""The peers as contenders: what `make bench` installed of them under `build/`, and the tokens that they know."""

import asyncio
import base64
import json
import os
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Final

from bench.contenders import ROOT, Contender, Running
from bench.peers.tokens import ASKER, SECRET, token

SAMPLE: Final = 100_000
_ENVIRONMENTS: Final = ROOT / "build/peers"
_PYTHON: Final = _ENVIRONMENTS / "venv/bin/python"
_OIDC_PROVIDER: Final = _ENVIRONMENTS / "node_modules/oidc-provider"
_NODE_SCRIPT: Final = Path(__file__).with_name("oidc_provider.mjs")
_AUTHLIB: Final = "bench.peers.authlib_server"
_BY_SECRET: Final = "Basic " + base64.b64encode(f"{ASKER}:{SECRET}".encode()).decode()
_SHOWN: Final = ("Authlib", "Flask", "Django", "django-oauth-toolkit", "waitress")


async def peers(folder: Path, size: int) -> list[Contender]:
    """Prepare those that are installed, with so many tokens where they can keep them."""
    contenders = []
    if _PYTHON.exists():
        contenders += await _on_python(folder, size)
    if _OIDC_PROVIDER.exists() and shutil.which("node"):
        contenders.append(_on_node(folder))
    return contenders


def asked_by_secret(server: Running) -> Running:
    """Return a running one, asked with the ID and the secret of a resource server."""
    return replace(server, contender=replace(server.contender, authorization=_BY_SECRET))


async def versions() -> Mapping[str, str]:
    """Return what is installed."""
    found = {}
    if _PYTHON.exists():
        packages = _PYTHON.parent.parent.glob("lib/*/site-packages")
        there = {each.name: each.version for each in metadata.distributions(path=[str(path) for path in packages])}
        found = {name: there[name] for name in _SHOWN}
    if _OIDC_PROVIDER.exists() and shutil.which("node"):
        found["oidc-provider"] = json.loads((_OIDC_PROVIDER / "package.json").read_text())["version"]
        found["Node"] = (await _run("node", "--version")).strip().removeprefix("v")
    return found


async def _on_python(folder: Path, size: int) -> list[Contender]:
    tokens = _written(folder, size)
    modules = {"authlib": _AUTHLIB, "django_oauth_toolkit": "bench.peers.django_server"}
    for name, module in modules.items():
        if told := await _run(str(_PYTHON), "-m", module, str(folder), str(size)):
            print(f"{name}: {told.strip()}")
    paths = {
        "authlib": ("/oauth/introspect", _BY_SECRET),
        "django_oauth_toolkit": ("/o/introspect/", f"Bearer {SECRET}"),
    }
    return [
        Contender(
            name,
            (str(_PYTHON), "-m", "bench.peers.wsgi", module, "{port}"),
            *paths[name],
            tokens,
            environment={"BENCH_FOLDER": str(folder)},
        )
        for name, module in modules.items()
    ]


async def authlib_on(server: str, folder: Path, size: int) -> list[Contender]:
    """Prepare Authlib, if it is installed, with so many tokens in a database of PostgreSQL."""
    if not _PYTHON.exists():
        return []
    environment = {"BENCH_FOLDER": str(folder), "BENCH_DATABASE": server}
    tokens = _written(folder, size)
    await _run(str(_PYTHON), "-m", _AUTHLIB, str(folder), str(size), environment=environment)
    command = (str(_PYTHON), "-m", "bench.peers.wsgi", _AUTHLIB, "{port}")
    return [Contender("authlib", command, "/oauth/introspect", _BY_SECRET, tokens, environment=environment)]


def _written(folder: Path, size: int) -> Path:
    tokens = folder / "peers.txt"
    asked = random.sample(range(size), min(size, SAMPLE))
    tokens.write_text("".join(f"{token(number)}\n" for number in asked))
    return tokens


def _on_node(folder: Path) -> Contender:
    tokens = (folder / "oidc_provider.txt").absolute()
    return Contender(
        "oidc_provider",
        ("node", str(_NODE_SCRIPT), "{port}", ASKER, SECRET, str(tokens)),
        "/token/introspection",
        _BY_SECRET,
        tokens,
        folder=_ENVIRONMENTS,
        environment={"NODE_ENV": "production"},
    )


async def _run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    given = {**os.environ, **(environment or {})}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=given)
    told, _ = await process.communicate()
    assert process.returncode == 0, command
    return told.decode()
