"""What Slack tells the app: commands, actions, submissions, events, field by field."""

from dataclasses import dataclass, field

from sandbox import cast
from sandbox.chance import envelope_id, slack_id
from sandbox.elements import Control, controls, initial_state
from sandbox.messages import Message
from sandbox.objects import message_json, view_json
from sandbox.records import Channel, JsonObject, User
from sandbox.responses import Origin, Responses
from sandbox.views import View
from sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Parcel:
    """A payload on its way to the app.

    Attributes:
        type: As in Socket Mode's envelopes: slash_commands, interactive, events_api.
        name: The command, the interaction's type or the event's type.
        origin: Where an answer in the acknowledgement appears, for a command.
    """

    type: str
    name: str
    payload: JsonObject
    origin: Origin | None = None
    envelope_id: str = field(default_factory=envelope_id)


class Payloads:
    """Writes payloads as Slack does."""

    def __init__(self, space: Workspace, responses: Responses) -> None:
        self._space = space
        self._responses = responses

    def command(self, user: User, channel: Channel, command: str, text: str) -> tuple[Parcel, Origin]:
        """A slash command (docs: interactivity/implementing-slash-commands), and where its answer appears."""
        url, origin = self._responses.issue(user.id, channel.id)
        payload = {
            "token": self._space.verification_token,
            "team_id": user.team_id,
            "team_domain": self._space.teams[user.team_id].domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": user.id,
            "user_name": user.handle,
            "command": command,
            "text": text,
            "api_app_id": cast.APP_ID,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": self._space.triggers.issue(user.id),
        }
        return Parcel("slash_commands", command, payload, origin), origin

    def message_action(
        self, user: User, message: Message, shown: Message, control: Control, state: JsonObject
    ) -> Parcel:
        """A press or a choice in a message (docs: reference/interaction-payloads/block_actions-payload).

        `shown` is the message as the person sees it, perhaps an older version; `state` is empty for a button.
        """
        channel = self._space.channels[message.channel]
        url, _ = self._responses.issue(user.id, channel.id, message)
        values = _values(controls(shown.blocks), control, state)
        payload = self._interaction("block_actions", user, self._space.team.id) | {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral,
            },
            "trigger_id": self._space.triggers.issue(user.id),
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": {"values": values},
            "response_url": url,
            "actions": [self._action(control, state)],
        }
        if not message.ephemeral:
            payload["message"] = message_json(self._space, shown)
        return Parcel("interactive", "block_actions", payload)

    def view_action(self, user: User, view: View, control: Control, state: JsonObject) -> Parcel:
        """A press or a choice in a modal or a Home tab."""
        payload = self._interaction("block_actions", user, self._space.team.id) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._space.triggers.issue(user.id, view.id),
            "view": view_json(self._space, view),
            "actions": [self._action(control, state)],
        }
        return Parcel("interactive", "block_actions", payload)

    def submission(self, user: User, view: View) -> Parcel:
        """A submitted modal (docs: reference/interaction-payloads/view-interactions-payload)."""
        payload = self._interaction("view_submission", user, user.team_id) | {
            "trigger_id": self._space.triggers.issue(user.id, view.id),
            "view": view_json(self._space, view),
            "response_urls": [],
        }
        return Parcel("interactive", "view_submission", payload)

    def closed(self, user: User, view: View, *, is_cleared: bool) -> Parcel:
        """A modal that was closed without being submitted."""
        payload = self._interaction("view_closed", user, user.team_id) | {
            "view": view_json(self._space, view),
            "is_cleared": is_cleared,
        }
        return Parcel("interactive", "view_closed", payload)

    def event(self, event: JsonObject) -> Parcel:
        """An event in its wrapper (docs: apis/events-api)."""
        now = self._space.clock.now().timestamp()
        payload = {
            "token": self._space.verification_token,
            "team_id": self._space.team.id,
            "context_team_id": self._space.team.id,
            "context_enterprise_id": None,
            "api_app_id": cast.APP_ID,
            "event": {**event, "event_ts": f"{now:.6f}"},
            "type": "event_callback",
            "event_id": slack_id("Ev"),
            "event_time": int(now),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self._space.team.id,
                    "user_id": cast.BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        return Parcel("events_api", str(event["type"]), payload)

    def _interaction(self, kind: str, user: User, team_id: str) -> JsonObject:
        """What all interactions share.

        `team` is ours where a person of another organisation acts in a message (slackapi/java-slack-sdk, issue 1041),
        but theirs when they submit or close a view (slackapi/bolt-js, issue 1614).
        """
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team_id},
            "api_app_id": cast.APP_ID,
            "token": self._space.verification_token,
            "team": {"id": team_id, "domain": self._space.teams[team_id].domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _action(self, control: Control, state: JsonObject) -> JsonObject:
        action: JsonObject = {"action_id": control.action_id, "block_id": control.block_id, "type": control.type}
        action |= {key: control.element[key] for key in ("text", "value", "style") if key in control.element}
        return action | state | {"action_ts": f"{self._space.clock.now().timestamp():.6f}"}


def _values(all_controls: list[Control], acted: Control, state: JsonObject) -> JsonObject:
    values: JsonObject = {}
    for control in all_controls:
        untouched = initial_state(control)
        if untouched is not None:
            own = state if control == acted else untouched
            values.setdefault(control.block_id, {})[control.action_id] = own
    return values


def _channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "private": "privategroup"}.get(channel.kind, channel.name)
