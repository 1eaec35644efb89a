"""What there is at the public port."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.ports import Ports
from handlers.http.over_aiohttp import over_aiohttp
from handlers.http.revocation import REVOKE, revocation
from handlers.http.routes import Meter, Route, Routes
from handlers.http.slack_events import SLACK_EVENTS, slack_events_route

PublicHandlers = Mapping[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]]
"""By path."""


def public_handlers(
    app: AsyncApp, signing_secret: Secret | None, workspace: WorkspaceId, ports: Ports, revocations: Meter
) -> PublicHandlers:
    """Return the endpoints. `signing_secret`: Slack's, in HTTP mode alone."""
    revoke = Route(REVOKE, ("POST",), revocation(workspace, ports, revocations.time), meter=revocations)
    oauth = over_aiohttp(Routes([revoke]))
    if signing_secret is None:
        return {REVOKE: oauth}
    return {REVOKE: oauth, SLACK_EVENTS: slack_events_route(app, signing_secret, ports.clock)}
