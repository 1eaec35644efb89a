"""People who leave: what follows from what a look has found, over a real database."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.errors import ContactUnsuitable
from access.model.ids import ThirdPartyId
from access.model.people import Acquaintance, Gone, Role, SlackUser
from access.model.token import TokenState
from access.operations import look_at_people as looking
from access.operations.deliver_messages import claim_messages, note_undeliverable
from access.operations.plan_reminders import plan_reminders
from access.operations.renew_token import RenewToken, renew_token
from tests.access.place import SECOND, Place, go, lived_in
from tests.access.world import TEAM


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as made:
        yield made


# --- an owner who is gone ---------------------------------------------------------------------------------------------

WAYS_TO_GO: Mapping[str, Mapping[str, Any] | None] = {
    "deactivated": {"is_deactivated": True, "role": Role.OUTSIDER},
    "outsider": {"is_guest": True, "role": Role.OUTSIDER},
    "moved": {"slack": SlackUser("UMIA", "T0OTHER"), "is_foreign": True, "role": Role.OUTSIDER},
    "unknown": None,
}


@pytest.mark.parametrize("reason", WAYS_TO_GO)
async def test_an_owner_who_is_gone_is_told_to_the_admins_once_for_all_third_parties(place: Place, reason: str) -> None:
    await place.opened("Acme")
    await place.party("Globex")
    await place.party("Initech", owner="UOMAR")
    await place.look()
    go(place, "UMIA", WAYS_TO_GO[reason])
    await place.tomorrow()
    assert place.told("owner_gone") == [(None, "UMIA")]
    mia = place.person("UMIA")
    assert place.records("third_party.owner_gone") == [{"deputy": None, "owner": mia, "reason": reason}] * 2
    before = place.everything()
    await place.tomorrow()
    await place.tomorrow()
    assert place.everything() == before


async def test_the_deputy_owner_acts_and_is_told_so(place: Place) -> None:
    party = await place.party("Acme", deputy="UOMAR")
    await place.look()
    place.town.alter("UMIA", is_deactivated=True)
    await place.tomorrow()
    assert place.told("owner_gone") == [(None, "UMIA"), ("UOMAR", "UMIA")]
    place.town.alter("UOMAR", is_deactivated=True)
    await place.tomorrow()
    assert place.told("owner_gone") == [(None, "UMIA"), (None, "UMIA"), ("UOMAR", "UMIA")]
    assert [each["deputy"] for each in place.records("third_party.owner_gone")] == [place.person("UOMAR"), None]

    await place.edit(await place.read_party(party), owner="UBEN", deputy_owner=None)
    await place.tomorrow()
    assert len(place.told("owner_gone")) == 3


async def test_a_deputy_owner_who_is_gone_is_no_news_while_there_is_an_owner(place: Place) -> None:
    await place.party("Acme", deputy="UOMAR")
    place.town.alter("UOMAR", is_deactivated=True)
    await place.look()
    assert place.told("owner_gone") == []


async def test_an_owner_who_is_back_is_the_owner_again(place: Place) -> None:
    _, token = await place.opened()
    place.town.alter("UMIA", is_deactivated=True)
    await place.look()
    await plan_reminders(TEAM, place.world.ports)
    await place.world.deliver()
    place.town.alter("UMIA", is_deactivated=False)
    await place.tomorrow()
    assert place.waits_to_be_reminded_of() == [token]
    assert place.records("person.returned") == [{"person": place.person("UMIA")}]
    assert place.rows("SELECT revision FROM outbox WHERE kind = 'owner_gone'") == [(2,)]
    place.town.alter("UMIA", is_deactivated=True)
    await place.tomorrow()
    assert place.told("owner_gone") == [(None, "UMIA")] * 2


async def test_whoever_is_made_owner_by_an_answer_of_a_minute_ago_is_found_to_be_gone(place: Place) -> None:
    await place.party("Acme")
    await place.look()
    place.town.alter("UMIA", is_deactivated=True)
    await place.tomorrow()
    place.town.alter("UMIA", is_deactivated=False)
    await place.party("Globex", owner="UMIA")
    place.town.alter("UMIA", is_deactivated=True)
    place.world.clock.advance(SECOND)
    await place.look()
    assert place.told("owner_gone") == [(None, "UMIA")] * 2


async def test_a_new_owner_is_reminded_by_their_own_day_before_anybody_has_looked_at_them(place: Place) -> None:
    party = await place.party("Acme")
    await place.edit(party=await place.read_party(party), owner="UOMAR", deputy_owner=None)
    assert place.known("UOMAR") == Acquaintance("Europe/Berlin")


# --- a contact who is gone --------------------------------------------------------------------------------------------

CONTACT_GOES: Mapping[str, Mapping[str, Any] | None] = {
    "deactivated": {"is_deactivated": True},
    "moved": {"slack": SlackUser("UCARLA", "T0OTHER"), "is_foreign": True},
    "unreachable": {"is_reachable": False},
    "unknown": None,
}


async def test_nothing_is_lost_because_the_workspace_joins_an_enterprise(place: Place) -> None:
    party = await place.party("Acme")
    await place.contact(party)
    token = await place.issue(party)
    await place.look()
    for user_id in ("UMIA", "UCARLA"):
        place.town.alter(user_id, slack=SlackUser(user_id, "E0OURS"), teams=frozenset({TEAM}))
    await place.tomorrow()
    assert (await place.read_party(party)).contact == place.person("UCARLA")
    assert (await place.read_token(token)).revoked_at is None
    assert place.told("owner_gone") == place.told("contact_gone") == []


@pytest.mark.parametrize("reason", CONTACT_GOES)
async def test_a_contact_who_is_gone_loses_the_offer_and_the_approval(place: Place, reason: str) -> None:
    party, old = await place.opened()
    renewal = await renew_token(RenewToken(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    await place.look()
    go(place, "UCARLA", CONTACT_GOES[reason])
    await place.tomorrow()
    assert (await place.read_party(party)).contact is None
    now = place.world.clock.now()
    assert (await place.read_token(renewal.token.id)).state(now) is TokenState.REVOKED
    assert (await place.read_token(old)).state(now) is TokenState.ACTIVE
    assert place.rows('SELECT "end" FROM handoffs WHERE ended_at IS NOT NULL') == [("withdrawn",)]
    assert place.told("contact_gone") == [(None, "UCARLA"), ("UMIA", "UCARLA")]
    carla, mia = place.person("UCARLA"), place.person("UMIA")
    assert place.records("contact.gone") == [{"contact": carla, "deputy": 0, "owner": mia, "reason": reason}]
    assert place.records("contact.withdrawn") == []
    before = place.everything()
    await place.tomorrow()
    assert place.everything() == before


async def test_a_guest_is_a_contact_all_the_same(place: Place) -> None:
    party, _ = await place.opened()
    await place.look()
    assert place.known("UCARLA").gone is Gone.OUTSIDER
    assert (await place.read_party(party)).contact is not None
    assert (place.told("contact_gone"), place.told("owner_gone")) == ([], [])


async def test_every_owner_gets_one_message_and_so_do_the_admins(place: Place) -> None:
    await place.opened("Acme")
    globex, _ = await place.opened("Globex")
    await place.opened("Initech", owner="UOMAR")
    await place.contact(globex, "UERIK")
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert place.told("contact_gone") == [(None, "UCARLA"), ("UMIA", "UCARLA"), ("UOMAR", "UCARLA")]
    assert len(place.records("contact.gone")) == 2
    assert len(place.records("contact.former_gone")) == 1
    assert (await place.read_party(globex)).contact == place.person("UERIK")
    place.town.alter("UCARLA", is_deactivated=False)
    await place.tomorrow()
    assert len(place.records("person.returned")) == 3


async def test_where_the_owner_is_gone_as_well_the_deputy_is_told(place: Place) -> None:
    await place.opened("Acme", deputy="UOMAR")
    await place.opened("Globex")
    place.town.alter("UMIA", is_deactivated=True)
    await place.look()
    place.town.alter("UCARLA", is_deactivated=True)
    await place.tomorrow()
    assert place.told("contact_gone") == [(None, "UCARLA"), ("UOMAR", "UCARLA")]


async def test_whoever_owns_what_they_are_the_contact_of_leaves_both_at_once(place: Place) -> None:
    party = await place.party("Acme", owner="UMIA")
    await place.contact(party, "UMIA")
    await place.collect(await place.issue(party), "UMIA")
    place.town.alter("UMIA", is_deactivated=True)
    await place.look()
    assert place.told("contact_gone") == [(None, "UMIA")]
    assert place.told("owner_gone") == [(None, "UMIA")]
    place.town.alter("UMIA", is_deactivated=False)
    await place.tomorrow()
    assert len(place.records("person.returned")) == 1


async def test_whoever_is_back_is_no_contact_but_may_be_proposed(place: Place) -> None:
    party, _ = await place.opened()
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    with pytest.raises(ContactUnsuitable):
        await place.contact(party)
    place.town.alter("UCARLA", is_deactivated=False)
    await place.tomorrow()
    assert (await place.read_party(party)).contact is None
    await place.contact(party)
    await place.look()
    assert (await place.read_party(party)).contact == place.person("UCARLA")


async def with_deputy_contact(place: Place, user_id: str = "UERIK") -> ThirdPartyId:
    """Somebody whom two admins made the deputy of Carla."""
    party, _ = await place.opened()
    await place.contact(party, user_id, deputy=True)
    await place.look()
    return party


async def test_a_deputy_contact_takes_over(place: Place) -> None:
    party = await with_deputy_contact(place)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.tomorrow()
    after = await place.read_party(party)
    assert (after.contact, after.deputy_contact) == (place.person("UERIK"), None)


async def test_a_deputy_contact_who_is_gone_takes_nothing_over(place: Place) -> None:
    party = await with_deputy_contact(place)
    place.town.alter("UERIK", is_deactivated=True)
    await place.tomorrow()
    after = await place.read_party(party)
    assert (after.contact, after.deputy_contact) == (place.person("UCARLA"), None)
    assert place.told("contact_gone") == [(None, "UERIK"), ("UMIA", "UERIK")]
    assert [each["deputy"] for each in place.records("contact.gone")] == [1]


async def test_a_deputy_contact_who_went_on_the_same_day_takes_nothing_over(place: Place) -> None:
    party = await with_deputy_contact(place)
    for user_id in ("UCARLA", "UERIK"):
        place.town.alter(user_id, is_deactivated=True)
    await place.tomorrow()
    after = await place.read_party(party)
    assert (after.contact, after.deputy_contact) == (None, None)


async def test_nothing_happens_where_it_cannot_all_happen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash in the middle of what follows, and the same again."""
    party, _ = await place.opened()
    place.town.alter("UCARLA", is_deactivated=True)
    before = place.everything()

    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(looking, "contact_changes", break_down)
        with pytest.raises(ZeroDivisionError):
            await place.look()
    assert place.everything() == before
    place.world.clock.advance(timedelta(hours=1))
    await place.look()
    assert (await place.read_party(party)).contact is None


async def test_what_is_told_of_somebody_and_cannot_be_delivered_is_told_to_the_admins(place: Place) -> None:
    first, _ = await place.opened("Acme")
    second, _ = await place.opened("Globex")
    await place.world.deliver()
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    queued, _ = await claim_messages(TEAM, place.world.ports, lease=timedelta(minutes=2), limit=99)
    (to_mia,) = [each for each in queued if each.message.kind == "contact_gone" and each.message.reader]
    await note_undeliverable(to_mia, "user_disabled", place.world.ports)
    told = place.rows("SELECT third_party, reader FROM outbox WHERE kind = 'undeliverable' ORDER BY planned_at, id")
    assert sorted(told) == sorted([(first, None), (second, None)])
    async with place.world.ports.read(TEAM) as reading:
        for party in (first, second):
            assert [each.message for each in await reading.undelivered(party)] == ["contact_gone"]
