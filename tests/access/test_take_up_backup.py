"""Going on with a backup: nothing that was ended since works by itself again, and nobody is told old news."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.errors import NothingToConfirm, NothingToResend, NotPermitted
from access.model.ids import ThirdPartyId, TokenId
from access.model.restored import BackupEnd
from access.model.third_party import ThirdParty
from access.model.token import TokenState
from access.model.token_request import RequestReason
from access.operations.ask_for_token import AskForToken, ask_for_token
from access.operations.confirm_restored import (
    PAGE,
    ConfirmRestored,
    ListUnconfirmed,
    ask_to_confirm,
    confirm_restored,
    list_unconfirmed,
)
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.resend_token import ResendToken, resend_token
from access.operations.sweep_tokens import sweep_tokens
from access.operations.take_up_backup import TakenUp, take_up_backup
from tests.access.place import DAY, Place, lived_in
from tests.access.world import TEAM
from tests.checking import add_resource_server
from tests.fakes import MONDAY_MORNING

END = BackupEnd(3, MONDAY_MORNING)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as place:
        yield place


async def restored(place: Place) -> TakenUp:
    place.world.clock.advance(DAY)
    return await take_up_backup(TEAM, END, place.world.ports, chain_fits=True)


async def confirm(place: Place, user: str = "UBEN") -> Sequence[ThirdParty]:
    return await confirm_restored(ConfirmRestored(caller=place.world.caller(user)), place.world.ports)


async def enable(place: Place, party: ThirdPartyId) -> None:
    request = EnableThirdParty(caller=place.world.caller("UANNA"), third_party=party)
    await enable_third_party(request, place.world.ports)


async def renew(place: Place, party: ThirdPartyId) -> str:
    request = RenewToken(caller=place.world.caller("UMIA"), third_party=party)
    return (await renew_token(request, place.world.ports)).token.id


def messages(place: Place, what: str = "") -> list[tuple[str, str | None]]:
    """What waits to be sent, and to whom."""
    return place.rows(
        "SELECT kind, people.user_id FROM outbox LEFT JOIN people ON people.id = reader"
        f" WHERE next_attempt_at IS NOT NULL {what} ORDER BY 1, 2 NULLS FIRST"
    )


async def test_everything_is_off_until_an_admin_confirms_what_was_enabled(place: Place) -> None:
    on, _ = await place.opened("On")
    off = await place.party("Off")
    await disable_third_party(DisableThirdParty(caller=place.world.caller("UANNA"), third_party=off), place.world.ports)
    await add_resource_server(TEAM, place.world.ports)
    await place.world.deliver()
    taken = await restored(place)
    assert (taken.waiting, taken.withdrawn, taken.messages_dropped) == (["On"], [], 0)
    assert len(taken.servers) == 1
    assert [(await place.read_party(each)).enabled for each in (on, off)] == [False, False]
    [record] = place.records("restored")
    assert record["backup_number"] == 3
    assert record["backup_at"] == MONDAY_MORNING.isoformat(timespec="microseconds")
    assert place.rows("SELECT actor, third_party, outcome FROM audit WHERE action = 'restored'") == [
        (None, None, "done")
    ]
    assert messages(place) == [("restored", None), ("restored", "UMIA")]
    assert [party.name for party in await confirm(place)] == ["On"]
    assert [(await place.read_party(each)).enabled for each in (on, off)] == [True, False]
    [(actor,)] = place.rows("SELECT actor FROM audit WHERE action = 'third_party.enabled_after_restore'")
    assert actor == place.person("UBEN")
    with pytest.raises(NothingToConfirm):
        await confirm(place, "UANNA")


async def test_only_an_admin_confirms(place: Place) -> None:
    party, _ = await place.opened()
    await restored(place)
    for user in ("UMIA", "UOMAR", "UCARLA"):
        with pytest.raises(NotPermitted):
            await confirm(place, user)
        with pytest.raises(NotPermitted):
            await ask_to_confirm(ConfirmRestored(caller=place.world.caller(user)), place.world.ports)
        request = ListUnconfirmed(caller=place.world.caller(user), first=party)
        with pytest.raises(NotPermitted):
            await list_unconfirmed(request, place.world.ports)
    assert not (await place.read_party(party)).enabled
    assert len(await ask_to_confirm(ConfirmRestored(caller=place.world.caller("UANNA")), place.world.ports)) == 1


async def test_what_somebody_has_decided_about_since_stays_as_it_is(place: Place) -> None:
    parties = {name: await place.party(name) for name in ("Enabled", "Ended", "Switched off", "Waits")}
    await restored(place)
    anna, ports = place.world.caller("UANNA"), place.world.ports
    for name in ("Enabled", "Switched off"):
        await enable(place, parties[name])
    await disable_third_party(DisableThirdParty(caller=anna, third_party=parties["Switched off"]), ports)
    await remove_third_party(RemoveThirdParty(caller=anna, third_party=parties["Ended"]), ports)
    assert [party.name for party in await confirm(place)] == ["Waits"]
    enabled = {name: (await place.read_party(party)).enabled for name, party in parties.items()}
    assert enabled == {"Enabled": True, "Ended": False, "Switched off": False, "Waits": True}


async def test_an_open_offer_is_withdrawn_and_its_owner_offers_anew(place: Place) -> None:
    party = await place.party("Acme")
    await place.contact(party)
    token = await place.issue(party)
    await place.world.deliver()
    taken = await restored(place)
    assert taken.withdrawn == ["Acme"]
    assert (await place.read_token(token)).state(place.world.clock.now()) is TokenState.REVOKED
    assert place.rows("SELECT count(*) FROM sealed_credentials") == [(0,)]
    assert ("handoff", "UCARLA") in messages(place)
    await confirm(place)
    again = await resend_token(ResendToken(caller=place.world.caller("UMIA"), third_party=party), place.world.ports)
    assert again.token.id != token
    await place.collect(again.token.id)


async def test_what_an_admin_withdrew_before_the_backup_is_not_offered_anew(place: Place) -> None:
    party = await place.party("Acme")
    await place.contact(party)
    await place.issue(party)
    await restored(place)
    await confirm(place)
    await restored(place)
    await confirm(place)
    with pytest.raises(NothingToResend):
        await resend_token(ResendToken(caller=place.world.caller("UMIA"), third_party=party), place.world.ports)


async def test_no_old_news_goes_out_but_what_somebody_waits_for(place: Place) -> None:
    party, _ = await place.opened()
    other = await place.party("Other")
    anna = place.world.caller("UANNA")
    await propose_contact(ProposeContact(caller=anna, third_party=other, user_id="UERIK"), place.world.ports)
    waiting = messages(place, "AND sent_at IS NULL")
    assert ("introduction", "UERIK") in waiting
    assert len(waiting) > 1
    taken = await restored(place)
    assert taken.messages_dropped == len(waiting) - 1
    assert messages(place, "AND kind <> 'restored' AND sent_at IS NULL") == [("introduction", "UERIK")]
    assert place.rows("SELECT count(*) FROM outbox WHERE kind = 'introduction' AND uncertain_since IS NOT NULL") == [
        (1,)
    ]
    assert not (await place.read_party(party)).enabled
    await place.world.deliver()
    assert ("approval_request", None) in messages(place)
    await place.world.deliver()
    await restored(place)
    assert ("approval_request", None) in messages(place), "shown anew, with its buttons"


async def test_what_a_contact_has_warned_of_is_shown_anew_and_waits_for_an_admin(place: Place) -> None:
    _, token = await place.opened()
    carla = place.world.caller("UCARLA")
    await ask_for_token(AskForToken(caller=carla, token=token, why=RequestReason.SOMEBODY_ELSE), place.world.ports)
    asked = messages(place, "AND kind = 'token_request'")
    assert len(asked) == 2
    await restored(place)
    assert messages(place, "AND kind = 'token_request' AND sent_at IS NULL") == asked, "it may not have been sent"
    await place.world.deliver()
    assert not messages(place, "AND kind = 'token_request'")
    await restored(place)
    assert messages(place, "AND kind = 'token_request'") == asked, "shown anew, with its buttons"
    assert place.rows("SELECT outcome FROM token_requests") == [(None,)]


async def test_who_asked_for_a_renewal_reads_that_something_else_came_in_between(place: Place) -> None:
    _, token = await place.opened()
    carla = place.world.caller("UCARLA")
    await ask_for_token(AskForToken(caller=carla, token=token, why=RequestReason.STILL_WORKS), place.world.ports)
    await place.world.deliver()
    await restored(place)
    assert ("token_asked", "UCARLA") in messages(place)
    assert place.rows("SELECT outcome FROM token_requests") == [("settled",)]


async def test_an_old_token_is_watched_from_the_confirmation_on_before_it_retires(place: Place) -> None:
    party, old = await place.opened()
    await place.collect(TokenId(await renew(place, party)))
    place.world.clock.advance(timedelta(days=20))
    await take_up_backup(TEAM, END, place.world.ports, chain_fits=True)
    assert await sweep_tokens(TEAM, place.world.ports) == 0
    place.world.clock.advance(timedelta(days=20))
    await confirm(place)
    for _ in range(2):
        await sweep_tokens(TEAM, place.world.ports)
        assert (await place.read_token(old)).retired_at is None
        place.world.clock.advance(timedelta(days=6))
    await sweep_tokens(TEAM, place.world.ports)
    assert (await place.read_token(old)).retired_at is not None


async def test_a_page_shows_ten_and_where_the_next_begins(place: Place) -> None:
    parties = [await place.party(f"Party {number:02}") for number in range(PAGE + 2)]
    await restored(place)
    request = ListUnconfirmed(caller=place.world.caller("UANNA"), first=parties[0])
    first = await list_unconfirmed(request, place.world.ports)
    assert (len(first.lines), first.total, first.following) == (PAGE, PAGE + 2, parties[PAGE])
    request = ListUnconfirmed(caller=place.world.caller("UANNA"), first=parties[PAGE])
    second = await list_unconfirmed(request, place.world.ports)
    assert [line.party.name for line in second.lines] == ["Party 10", "Party 11"]
    await enable(place, parties[PAGE])
    from_the_start = await list_unconfirmed(request, place.world.ports)
    assert (from_the_start.lines[0].party.name, from_the_start.total) == ("Party 00", PAGE + 1)
    await confirm(place)
    with pytest.raises(NothingToConfirm):
        await list_unconfirmed(request, place.world.ports)
    with pytest.raises(NothingToConfirm):
        await ask_to_confirm(ConfirmRestored(caller=place.world.caller("UANNA")), place.world.ports)
