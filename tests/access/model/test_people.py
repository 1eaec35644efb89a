"""Why somebody counts as gone, and who acts in an owner's place."""

from dataclasses import replace

import pytest

from access.model.ids import ClientId, PersonId, ThirdPartyId
from access.model.leaving import acting_owner
from access.model.people import Acquaintance, Gone, Role, SlackPerson, SlackUser, acquaintance_of
from access.model.third_party import ThirdParty
from tests.fakes import MONDAY_MORNING

ACCOUNT = SlackUser("UMIA", "T0HERE")
MEMBER = SlackPerson(ACCOUNT, Role.MEMBER, time_zone="Asia/Tokyo", account_ends_at=MONDAY_MORNING)
ELSEWHERE = SlackUser("UMIA", "T0OTHER")


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        (MEMBER, None),
        (replace(MEMBER, role=Role.ADMIN), None),
        (None, Gone.UNKNOWN),
        (replace(MEMBER, is_deactivated=True), Gone.DEACTIVATED),
        (replace(MEMBER, slack=ELSEWHERE), Gone.MOVED),
        (replace(MEMBER, slack=SlackUser("UMIA", "E0OURS"), teams=frozenset({"T0HERE", "T0SISTER"})), None),
        (replace(MEMBER, slack=SlackUser("UMIA", "E0OURS"), teams=frozenset({"T0SISTER"})), Gone.MOVED),
        (replace(MEMBER, is_reachable=False), Gone.UNREACHABLE),
        (replace(MEMBER, role=Role.OUTSIDER), Gone.OUTSIDER),
        (replace(MEMBER, is_guest=True), Gone.OUTSIDER),
        (replace(MEMBER, is_foreign=True), Gone.OUTSIDER),
        (replace(MEMBER, is_bot=True), Gone.OUTSIDER),
        (replace(MEMBER, is_deactivated=True, slack=ELSEWHERE, is_reachable=False), Gone.DEACTIVATED),
        (replace(MEMBER, slack=ELSEWHERE, is_foreign=True, is_reachable=False), Gone.MOVED),
        (replace(MEMBER, is_foreign=True, is_reachable=False), Gone.UNREACHABLE),
    ],
)
def test_why_somebody_counts_as_gone(seen: SlackPerson | None, gone: Gone | None) -> None:
    known = acquaintance_of(seen, ACCOUNT)
    assert known.gone is gone
    assert known.may_own is (gone is None)
    assert known.may_be_contact is (gone in (None, Gone.OUTSIDER))
    told = (None, None) if seen is None else ("Asia/Tokyo", MONDAY_MORNING)
    assert (known.time_zone, known.account_ends_at) == told


OWNER, DEPUTY = PersonId("owner"), PersonId("deputy")


@pytest.mark.parametrize(
    ("deputy", "gone", "acting"),
    [
        (DEPUTY, [], OWNER),
        (DEPUTY, [DEPUTY], OWNER),
        (DEPUTY, [OWNER], DEPUTY),
        (DEPUTY, [OWNER, DEPUTY], None),
        (None, [OWNER], None),
    ],
)
def test_the_deputy_acts_for_an_owner_who_is_gone(
    deputy: PersonId | None, gone: list[PersonId], acting: PersonId | None
) -> None:
    party = ThirdParty(ThirdPartyId("tp"), "Acme", ClientId("c"), OWNER, MONDAY_MORNING, deputy_owner=deputy)
    assert acting_owner(party, dict.fromkeys(gone, Acquaintance(gone=Gone.DEACTIVATED))) == acting
