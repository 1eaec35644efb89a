"""What there is at the internal port. Each of these is in `docs/openapi.yaml`."""

from collections.abc import Mapping

from access.ports import Ports
from handlers.http.forward_check import forward_check
from handlers.http.health import Probe, healthz, readyz
from handlers.http.introspection import introspection
from handlers.http.metrics import WriteMetrics, metrics
from handlers.http.routes import ANY, Meter, Route, Routes


def internal_routes(
    ports: Ports,
    issuer: str | None,
    parts: Mapping[str, Probe],
    *,
    checks: Meter | None = None,
    write_metrics: WriteMetrics | None = None,
) -> Routes:
    """Return the endpoints. `issuer`: the bot's public address, if it has one. `parts`: what has to work."""
    routes = [
        Route("/oauth/introspect", ("POST",), introspection(ports, issuer), meter=checks),
        Route("/oauth/check", (ANY,), forward_check(ports), below=True, meter=checks),
        Route("/healthz", ("GET", "HEAD"), healthz),
        Route("/readyz", ("GET", "HEAD"), readyz(parts)),
    ]
    if write_metrics is not None:
        routes.append(Route("/metrics", ("GET", "HEAD"), metrics(write_metrics)))
    return Routes(routes)
