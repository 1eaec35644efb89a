"""From the queued digest of a week to what Slack shows."""

from access.model.messages import PlannedMessage
from access.model.rendered import Rendered
from access.model.report import week_of
from access.operations.make_report import report_of
from access.ports import Ports, Reading
from handlers.views.report import digest


async def digest_message(message: PlannedMessage, reading: Reading, ports: Ports) -> Rendered | None:
    """Write the digest from the state at this moment.

    Return None where everything was seen to meanwhile, or its week is over: then the next one says it all.
    """
    if week_of(ports.clock.now(), ports.policy.time_zone) != message.subject:
        return None
    report = await report_of(reading, ports)
    return None if report.is_empty else digest(report)
