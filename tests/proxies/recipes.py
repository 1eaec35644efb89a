"""The recipes of docs/protect-your-api.md, with the addresses and the secret of a test in the place of its own."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.house import ROOT
from tests.proxies.programs import program

PAGE = (ROOT / "docs" / "protect-your-api.md").read_text()


@dataclass(frozen=True)
class Addresses:
    """Where a proxy listens, the bot and the API; and the secret by which the proxy may ask."""

    port: int
    bot: str
    api: str
    secret: str

    def put_into(self, recipe: str) -> str:
        """Replace what the page says, and see that it says it."""
        for said, meant in (("127.0.0.1:8481", self.bot), ("127.0.0.1:8000", self.api), ("tps_…", self.secret)):
            recipe = recipe.replace(said, meant)
        return recipe


@dataclass(frozen=True)
class Launch:
    """How a program is started."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


Recipe = Callable[[Addresses, Path], Launch]


def blocks(language: str, title: str = "") -> list[str]:
    """The page's blocks in a language, those that begin with a comment of that title."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    chosen = [block for block in found if block.startswith(f"# {title}\n" if title else "")]
    assert chosen, f"the page has no {language} {title}"
    return chosen


def nginx(to: Addresses, folder: Path) -> Launch:
    temporary = "".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    server = to.put_into("".join(blocks("nginx")))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary}\nserver {{ listen 127.0.0.1:{to.port};\n{server} }} }}\n"
    )
    return Launch([program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"])


def caddy(to: Addresses, folder: Path) -> Launch:
    [site] = blocks("caddyfile")
    site = to.put_into(site).replace("api.example.com", f"http://127.0.0.1:{to.port}")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    command = [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Launch(command, {"RESOURCE_SERVER_SECRET": to.secret})


def traefik(to: Addresses, folder: Path) -> Launch:
    [static], [dynamic] = blocks("yaml", "Traefik, static"), blocks("yaml", "Traefik, dynamic")
    (folder / "dynamic.yaml").write_text(to.put_into(dynamic).replace("api.example.com", "127.0.0.1"))
    (folder / "static.yaml").write_text(
        static.replace('":80"', f"127.0.0.1:{to.port}")
        + f"providers: {{ file: {{ filename: {folder / 'dynamic.yaml'}, watch: false }} }}\n"
        + "global: { checkNewVersion: false, sendAnonymousUsage: false }\nlog: { level: ERROR }\n"
    )
    command = [program("traefik"), f"--configFile={folder / 'static.yaml'}"]
    return Launch(command, {"RESOURCE_SERVER_SECRET": to.secret})


def envoy(to: Addresses, folder: Path) -> Launch:
    [filters], [cluster] = blocks("yaml", "Envoy, filters"), blocks("yaml", "Envoy, cluster")
    types = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "api",
        "route_config": {
            "virtual_hosts": [
                {"name": "api", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "api"}}]}
            ]
        },
        "http_filters": [
            *_read(to.put_into(filters))["http_filters"],
            {"name": "router", "typed_config": {"@type": f"{types}.http.router.v3.Router"}},
        ],
    }
    listener = {
        "name": "api",
        "address": _socket(f"127.0.0.1:{to.port}"),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    ours = _read(cluster)
    _endpoint(ours)["address"] = _socket(to.bot)
    api = json.loads(json.dumps(ours).replace("thirdparty_bot", "api"))
    _endpoint(api)["address"] = _socket(to.api)
    configuration = {"static_resources": {"listeners": [listener], "clusters": [ours, api]}}
    (folder / "envoy.yaml").write_text(json.dumps(configuration))
    own = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error", "--drain-time-s", "0"]
    return Launch([program("envoy"), "-c", str(folder / "envoy.yaml"), *own])


def _read(text: str) -> Any:
    return yaml.safe_load(text)


def _endpoint(cluster: Any) -> dict[str, Any]:
    found: dict[str, Any] = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    return found


def _socket(address: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


RECIPES: Mapping[str, Recipe] = {"nginx": nginx, "caddy": caddy, "traefik": traefik, "envoy": envoy}
