"""From a queued message about somebody who is gone to what Slack shows."""

from access.model.messages import MessageKind, PlannedMessage
from access.model.rendered import Rendered
from access.operations.leavers import LeftParty, leaver_of
from access.ports import Ports, Reading
from handlers.views.leavers import GoneShown, OpenedShown, PartyShown, contact_gone, owner_gone


async def leaver_message(message: PlannedMessage, reading: Reading, ports: Ports) -> Rendered | None:
    """Write it from the state at this moment, or return None when it has become moot."""
    now = ports.clock.now()
    leaver = await leaver_of(message, reading, now)
    people = reading.people

    async def party_shown(left: LeftParty) -> PartyShown:
        contact, acting = left.party.contact, left.acting_owner
        return PartyShown(
            party=left.party,
            contact=await people.slack_of(contact) if contact else None,
            acting_owner=await people.slack_of(acting) if acting else None,
        )

    owner = message.kind is MessageKind.OWNER_GONE
    is_back = leaver.known.may_own if owner else leaver.known.may_be_contact
    shown = GoneShown(
        person=await people.slack_of(leaver.person),
        gone=None if is_back else leaver.known.gone,
        parties=[await party_shown(each) for each in leaver.parties],
        opened=[OpenedShown(token, party) for token, party in leaver.opened],
        for_admins=message.is_for_admins,
        now=now,
    )
    return owner_gone(shown) if owner else contact_gone(shown)
