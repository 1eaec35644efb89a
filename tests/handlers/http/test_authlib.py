"""Authlib, an OAuth library that knows nothing of us, asks by RFC 7662."""

import asyncio

import pytest
from authlib.integrations.requests_client import OAuth2Session

from tests.handlers.http.api import ISSUER, NAME, Api
from tests.storage import rows


async def introspect(api: Api, method: str, token: str, secret: str = "") -> tuple[int, dict[str, object]]:
    """Ask with one of Authlib's ways to authenticate; returns the status and the answer."""

    def ask() -> tuple[int, dict[str, object]]:
        with OAuth2Session(api.id, secret or api.secret, token_endpoint_auth_method=method) as session:
            answer = session.introspect_token(
                f"{api.url}/oauth/introspect", token=token, token_type_hint="access_token"
            )
            return answer.status_code, answer.json()

    return await asyncio.to_thread(ask)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_it_learns_what_is_known_of_a_token(api: Api, method: str) -> None:
    status, answer = await introspect(api, method, api.tokens["active"])
    assert status == 200
    assert (answer["active"], answer["sub"], answer["iss"]) == (True, rows.PARTY, ISSUER)
    assert (answer["client_id"], answer["third_party_name"]) == (f"tpc_{rows.PARTY}", NAME)
    for state in ("revoked", "expired", "unknown", "malformed"):
        assert await introspect(api, method, api.tokens[state]) == (200, {"active": False})


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_it_is_refused_with_a_wrong_secret(api: Api, method: str) -> None:
    status, answer = await introspect(api, method, api.tokens["active"], secret=api.tokens["client secret"])
    assert (status, answer["error"]) == (401, "invalid_client")
