"""The HTTP side of the Web API: bodies, tokens, faults, answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.faults import Faults, answer_under
from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.traffic import Traffic
from sandbox.web_api import auth, chat, conversations, users, views
from sandbox.web_api.call import Call, Method
from sandbox.workspace import Workspace

_METHODS: Mapping[str, Method] = {
    method.name: method
    for family in (auth, chat, conversations, users, views)
    for method in family.METHODS
}  # fmt: skip


class WebApi:
    """Answers `/api/METHOD`."""

    def __init__(self, space: Workspace, faults: Faults, traffic: Traffic, ticket: Callable[[], str]) -> None:
        """`ticket` gives the address of a new Socket Mode connection."""
        self._space = space
        self._faults = faults
        self._traffic = traffic
        self._ticket = ticket

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request, or do what the next fault of its method says."""
        name = request.match_info["method"]
        text = (await request.read()).decode(errors="replace")
        self._traffic.came("api", name, text or request.query_string)

        async def effect() -> web.Response:
            return self._answered(name, self._run(name, request, text))

        def refusal(code: str) -> web.Response:
            return self._answered(name, {"ok": False, "error": code})

        return await answer_under(self._faults.take(name), request, effect, refusal)

    def _run(self, name: str, request: web.Request, text: str) -> JsonObject:
        try:
            method = _METHODS.get(name)
            if method is None:
                raise SlackError("unknown_method")
            arguments = _arguments(request, text, takes_json=method.takes_json)
            self._authorise(method, _token(request, arguments))
            call = Call(self._space, arguments, self._ticket)
            if method.scope:
                call.need_scope(method.scope)
            return {"ok": True, **method.handler(call)}
        except SlackError as refusal:
            return {"ok": False, "error": refusal.code, **refusal.fields}

    def _authorise(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        kinds = {self._space.bot_token: "bot", self._space.app_token: "app"}
        if token not in kinds:
            raise SlackError("invalid_auth")
        if method.token not in (kinds[token], "any"):
            raise SlackError("not_allowed_token_type")

    def _answered(self, name: str, content: JsonObject) -> web.Response:
        text = json.dumps(content)
        self._traffic.went("api-answer", name, text)
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._space.app.scopes))}
        return web.Response(text=text, content_type="application/json", headers=headers)


def _arguments(request: web.Request, text: str, *, takes_json: bool) -> dict[str, Any]:
    """The arguments of query and body; JSON where the method takes it, else a form.

    Raises: SlackError invalid_post_type, invalid_json, json_not_object.
    """
    arguments: dict[str, Any] = dict(request.query)
    if not text:
        return arguments
    match request.content_type:
        case "application/x-www-form-urlencoded":
            return arguments | dict(parse_qsl(text, keep_blank_values=True))
        case "application/json":
            content = _object(text)
            return arguments | content if takes_json else arguments
        case _:
            raise SlackError("invalid_post_type")


def _object(text: str) -> JsonObject:
    try:
        content = json.loads(text)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(content, dict):
        raise SlackError("json_not_object")
    return content


def _token(request: web.Request, arguments: dict[str, Any]) -> str:
    """The token, from the header or the arguments, out of which it is taken."""
    given = arguments.pop("token", "")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(given)
