"""Alive, and able to serve."""

import json
from pathlib import Path

from tests.handlers.http.api import Api, open_api
from tests.handlers.http.wire import ask


async def works() -> bool:
    return True


async def fails() -> bool:
    return False


async def test_alive_is_whoever_answers(api: Api) -> None:
    answer = await ask(api.url, "GET", "/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})


async def test_able_to_serve_is_whoever_can_read_the_database_and_has_what_it_needs(tmp_path: Path) -> None:
    for probe, status, word in ((works, 200, "ok"), (fails, 503, "failing")):
        async with open_api(tmp_path, parts={"slack": probe}) as api:
            answer = await ask(api.url, "GET", "/readyz")
            assert (answer.status, json.loads(answer.body)) == (status, {"database": "ok", "slack": word})


async def test_without_its_database_it_is_alive_and_cannot_serve(api: Api) -> None:
    api.world.file.rename(api.world.file.with_suffix(".gone"))
    answer = await ask(api.url, "GET", "/readyz")
    assert (answer.status, json.loads(answer.body)) == (503, {"database": "failing"})
    assert (await ask(api.url, "GET", "/healthz")).status == 200


async def test_without_its_database_it_answers_no_question(api: Api) -> None:
    """A check's 503 becomes nginx's 500: nobody is let in, and nobody is told that their token is wrong."""
    good = f"Bearer {api.tokens['active']}"
    assert (await api.check(good)).status == 204
    api.world.file.rename(api.world.file.with_suffix(".gone"))
    for answer in (await api.check(good), await api.introspect(api.tokens["active"])):
        assert (answer.status, answer["Retry-After"]) == (503, "5")
        assert json.loads(answer.body)["error"] == "temporarily_unavailable"
    api.world.file.with_suffix(".gone").rename(api.world.file)
    assert (await api.check(good)).status == 204


async def test_heads_and_other_methods(api: Api) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await ask(api.url, "HEAD", path)).body == b""
        refused = await ask(api.url, "POST", path)
        assert (refused.status, refused["Allow"]) == (405, "GET, HEAD")
