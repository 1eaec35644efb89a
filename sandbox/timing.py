"""How long Slack waits, in real seconds. Tests shorten it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Slack's own durations; all in real seconds, whatever the sandbox's clock says.

    Attributes:
        acknowledge_within: For the answer to a command, an interaction or an event (docs: interactivity/handling).
        trigger_lives: How long a trigger id can be exchanged.
        retry_events_after: When an unacknowledged event is sent again (docs: events-api, "Retries").
        ticket_lives: How long the address from apps.connections.open can be used.
        ping_every: Interval of the WebSocket pings.
    """

    acknowledge_within: float = 3.0
    trigger_lives: float = 3.0
    retry_events_after: tuple[float, ...] = (0.0, 60.0, 300.0)
    ticket_lives: float = 30.0
    ping_every: float = 10.0
