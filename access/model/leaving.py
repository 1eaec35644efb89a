"""What follows for a third party when somebody who has a part in it is gone, or back.

Source of the rules: product.md, People.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from access.model import events as happened
from access.model.ids import PersonId
from access.model.people import Acquaintance
from access.model.third_party import ThirdParty

LOOK_AGAIN_AFTER: Final = timedelta(days=1)

_STRANGER: Final = Acquaintance()


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at somebody has shown, and what was known before."""

    person: PersonId
    before: Acquaintance
    after: Acquaintance
    is_admin: bool = False

    @property
    def reason(self) -> str:
        """Why they are gone, a word of `access.model.people.Gone`; empty if they are not."""
        return self.after.gone.value if self.after.gone else ""


def acting_owner(party: ThirdParty, people: Mapping[PersonId, Acquaintance]) -> PersonId | None:
    """Return who acts as owner: the deputy owner where the owner is gone; None where that one is gone as well."""
    candidates = (party.owner, party.deputy_owner)
    return next((each for each in candidates if each and people.get(each, _STRANGER).may_own), None)


def owner_changes(party: ThirdParty, change: Change, people: Mapping[PersonId, Acquaintance]) -> list[happened.Event]:
    """Return what has happened to those who own a third party. `people`: what is known now, of the deputy too."""
    if not party.is_owned_by(change.person) or change.before.may_own == change.after.may_own:
        return []
    if change.after.may_own:
        return [happened.PersonReturned(party.id, person=change.person)]
    gone = people.get(party.owner, _STRANGER).gone
    if gone is None:  # only the deputy is gone
        return []
    return [happened.OwnerGone(party.id, owner=party.owner, deputy=acting_owner(party, people), reason=gone.value)]


def contact_changes(
    party: ThirdParty, change: Change, people: Mapping[PersonId, Acquaintance], *, opened: bool
) -> tuple[ThirdParty, list[happened.Event]]:
    """Return the third party without a contact, or deputy contact, who is gone, and what has happened.

    A deputy who has become an admin is lost as well; a contact stays, and is refused what an admin may not see.

    `opened`: they have opened a token of it that has not ended. Who was the contact still, whatever was known of them
    before, is so no longer.
    """
    about, owner = change.person, acting_owner(party, people)
    if change.after.may_be_contact and change.is_admin and about == party.deputy_contact:
        return replace(party, deputy_contact=None), [happened.DeputyBecameAdmin(party.id, contact=about, owner=owner)]
    if change.after.may_be_contact:
        returned = opened and not change.before.may_be_contact and not party.is_owned_by(about)
        return party, [happened.PersonReturned(party.id, person=about)] if returned else []
    if about in (party.contact, party.deputy_contact):
        deputy = about == party.deputy_contact
        left = replace(party, deputy_contact=None) if deputy else replace(party, contact=None)
        gone = happened.ContactGone(party.id, contact=about, deputy=deputy, reason=change.reason, owner=owner)
        return left, [gone]
    if opened and change.before.may_be_contact:
        return party, [happened.FormerContactGone(party.id, contact=about, reason=change.reason, owner=owner)]
    return party, []
