"""What there is at the internal port. Each of these is in `docs/openapi.yaml`."""

from collections.abc import Mapping

from access.ports import Ports
from handlers.http.forward_check import forward_check
from handlers.http.health import Probe, healthz, readyz
from handlers.http.introspection import introspection
from handlers.http.routes import ANY, Route, Routes


def internal_routes(ports: Ports, issuer: str | None, parts: Mapping[str, Probe]) -> Routes:
    """Return the endpoints. `issuer`: the bot's public address, if it has one. `parts`: what has to work."""
    return Routes(
        [
            Route("/oauth/introspect", ("POST",), introspection(ports, issuer)),
            Route("/oauth/check", (ANY,), forward_check(ports), below=True),
            Route("/healthz", ("GET", "HEAD"), healthz),
            Route("/readyz", ("GET", "HEAD"), readyz(parts)),
        ]
    )
