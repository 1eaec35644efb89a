"""`docs/openapi.yaml` says what the running bot answers, all of it, and nothing else."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest
import schemathesis
import yaml
from hypothesis import given
from hypothesis import strategies as st
from requests import Session
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from slack_bolt.async_app import AsyncApp

from bot.meters import RequestMeter
from handlers.http import revocation
from handlers.http.internal import internal_routes
from handlers.http.public import public_handlers
from handlers.http.routes import ANY
from tests.checking import ASKER, ASKERS_SECRET, add_resource_server
from tests.handlers.http.api import basic
from tests.house import ROOT
from tests.scenarios.stage import Stage, secrets_in, set_stage
from tests.thorough import attack

DOCUMENT: Final = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
BY_ANY_METHOD: Final = {"check", "checkForEnvoy"}


def operations() -> dict[str, Any]:
    """What can be asked, by its name in the document."""
    results: list[Any] = list(schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
    return {each.ok().definition.raw["operationId"]: each.ok() for each in results}


OPERATIONS: Final = operations()


def proofs(operation: str, token: str) -> list[Mapping[str, str]]:
    """The headers of those who may ask, and of those who prove nothing."""
    secret = ASKERS_SECRET.reveal()
    proved = {
        "introspect": [{"Authorization": basic(ASKER, secret)}, {"Authorization": f"Bearer {secret}"}],
        "check": [
            {"X-Resource-Server-Secret": secret, "Authorization": f"Bearer {each}"} for each in (token, "x", "x y")
        ],
    }
    proved["checkForEnvoy"] = proved["check"]
    return [{}, *proved.get(operation, [])]


def ask(operation: Any, url: str, headers: Mapping[str, str]) -> None:
    """Ask what the document leads to, and what it excludes. Raises what is not as it says."""
    takes_any_method = operation.definition.raw["operationId"] in BY_ANY_METHOD
    checks = CHECKS if takes_any_method else [*CHECKS, unsupported_method]
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)

    @attack(20)
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]))
    def each(case: Any) -> None:
        with Session() as session:
            session.trust_env = False
            case.call_and_validate(base_url=url, session=session, headers=dict(headers), checks=checks)

    each()


async def try_all(stage: Stage, name: str) -> None:
    _, token = secrets_in(await stage.collected())
    await add_resource_server(stage.bot.workspace, stage.bot.ports)
    url = stage.bot.url if name == "revoke" else stage.bot.internal_url
    for headers in proofs(name, token):
        await asyncio.to_thread(ask, OPERATIONS[name], url, headers)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_what_it_promises_is_answered(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "BURST", 1_000_000)
    async with set_stage(tmp_path) as stage:
        await try_all(stage, name)


async def test_what_it_does_not_promise_would_be_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    promised = DOCUMENT["components"]["responses"]["MayPass"]["headers"]["X-Third-Party-Name"]["schema"]
    monkeypatch.setitem(promised, "pattern", "^[0-9]+$")
    monkeypatch.setitem(OPERATIONS, "check", operations()["check"])
    with pytest.raises(FailureGroup, match="header does not conform to the schema"):
        await try_all(stage, "check")


def test_it_names_the_endpoints_that_there_are_and_their_methods(stage: Stage) -> None:
    bot, meter = stage.bot, RequestMeter((), float)

    async def metrics() -> tuple[str, bytes]:
        return "", b""

    internal = internal_routes(bot.ports, None, {}, write_metrics=metrics).routes
    there = {(path, "post") for path in public_handlers(cast(AsyncApp, None), None, bot.workspace, bot.ports, meter)}
    for route in internal:
        methods = ["GET"] if ANY in route.methods else [each for each in route.methods if each != "HEAD"]
        paths = [route.path, f"{route.path}/{{path}}"] if route.below else [route.path]
        there |= {(path, method.lower()) for path in paths for method in methods}
    named = {(path, name) for path, item in DOCUMENT["paths"].items() for name in item.keys() & {"get", "post", "put"}}
    assert named == there
