"""What becomes of a third party's deputy contact when its contact has gone."""

from dataclasses import replace
from datetime import datetime

from access.model.third_party import ThirdParty
from access.ports import UnitOfWork


async def let_deputy_take_over(uow: UnitOfWork, party: ThirdParty, *, now: datetime) -> ThirdParty:
    """Make the deputy contact, where the contact has gone, the contact, and return the third party as it is now."""
    led = replace(party, contact=party.deputy_contact, deputy_contact=None)
    await uow.third_parties.save(led)
    return led
