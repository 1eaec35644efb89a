"""What the app's manifest says about it: commands, scopes, events, tabs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hint:
    """What Slack's client shows while somebody types a command."""

    description: str
    usage: str


@dataclass(frozen=True, slots=True)
class AppManifest:
    """The part of a manifest that changes how Slack treats the app.

    Attributes:
        commands: Slash command with its slash → whether Slack escapes mentions and links in its text.
        hints: Slash command → what is shown while it is typed.
        scopes: Granted bot scopes, the optional ones included.
        events: Subscribed bot events.
    """

    name: str
    commands: Mapping[str, bool]
    hints: Mapping[str, Hint]
    scopes: frozenset[str]
    events: frozenset[str]
    interactivity: bool
    home_tab: bool
    messages_tab: bool
    messages_read_only: bool

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "AppManifest":
        """Read the structure of `manifest.yml` (docs: reference/app-manifest)."""
        features = manifest.get("features", {})
        home = features.get("app_home", {})
        scopes = manifest.get("oauth_config", {}).get("scopes", {})
        settings = manifest.get("settings", {})
        commands = features.get("slash_commands", [])
        return cls(
            name=features.get("bot_user", {}).get("display_name") or manifest["display_information"]["name"],
            commands={each["command"]: bool(each.get("should_escape")) for each in commands},
            hints={each["command"]: Hint(each.get("description", ""), each.get("usage_hint", "")) for each in commands},
            scopes=frozenset([*scopes.get("bot", []), *scopes.get("bot_optional", [])]),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            interactivity=bool(settings.get("interactivity", {}).get("is_enabled")),
            home_tab=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled")),
            messages_read_only=bool(home.get("messages_tab_read_only_enabled")),
        )
