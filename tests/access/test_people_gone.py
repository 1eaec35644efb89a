"""People who leave: what the daily look finds, whom it asks about, and what follows, over a real database."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.errors import ContactUnsuitable, DirectoryUnavailable
from access.model.ids import HandoffId, PersonId, ThirdPartyId, TokenId
from access.model.people import Acquaintance, Gone, Role, SlackPerson, SlackUser
from access.model.third_party import ThirdParty, details_hash
from access.model.token import Token, TokenState
from access.operations import look_at_people as looking
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.deliver_messages import claim_messages, note_undeliverable
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.look_at_people import look_at_people
from access.operations.note_person_changed import note_person_changed
from access.operations.plan_reminders import plan_reminders
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.ports import CannotKeep
from storage.repositories.people import PersonRows
from tests.access.world import TEAM, Town, World
from tests.crash.truths import complaints

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass
class AskedTown(Town):
    """A directory that remembers whom it was asked about anew, and may not answer, or answer nonsense."""

    asked: list[str] = field(default_factory=list)
    silent: bool = False
    nonsense: set[str] = field(default_factory=set)

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        self.asked.append(user_id)
        if self.silent:
            raise DirectoryUnavailable
        if user_id in self.nonsense:
            raise KeyError("team_id")
        return await super().look_anew(user_id)

    def alter(self, user_id: str, **given: Any) -> None:
        self.people[user_id] = replace(self.people[user_id], **given)

    def asked_since(self) -> list[str]:
        """Whom it was asked about since the last time, in order of their names."""
        asked = sorted(self.asked)
        self.asked.clear()
        return asked


@dataclass
class Place:
    """A world, with a few words for what happens in it."""

    world: World
    town: AskedTown

    @classmethod
    async def make(cls, folder: Path) -> "Place":
        world = await World.make(folder)
        town = AskedTown(world.town.people)
        world.ports = replace(world.ports, directory=town)
        return cls(world, town)

    async def look(self) -> int:
        return await look_at_people(TEAM, self.world.ports)

    async def tomorrow(self) -> int:
        self.world.clock.advance(DAY)
        return await self.look()

    async def party(self, name: str, *, owner: str = "UMIA", deputy: str | None = None) -> ThirdPartyId:
        anna, ports = self.world.caller("UANNA"), self.world.ports
        party = await register_third_party(RegisterThirdParty(caller=anna, name=name), ports)
        await self.edit(party, owner=owner, deputy_owner=deputy)
        await enable_third_party(EnableThirdParty(caller=anna, third_party=party.id), ports)
        return party.id

    async def edit(self, party: ThirdParty, *, owner: str | None, deputy_owner: str | None) -> None:
        request = EditThirdParty(
            caller=self.world.caller("UANNA"),
            third_party=party.id,
            name=party.name,
            callback_url=None,
            owner=owner,
            deputy_owner=deputy_owner,
            notes="",
            seen=details_hash(party),
        )
        await edit_third_party(request, self.world.ports)

    async def contact(self, party: ThirdPartyId, user_id: str = "UCARLA", *, deputy: bool = False) -> None:
        anna, ben, ports = self.world.caller("UANNA"), self.world.caller("UBEN"), self.world.ports
        request = ProposeContact(caller=anna, third_party=party, user_id=user_id, deputy=deputy)
        proposal = await propose_contact(request, ports)
        await self.world.deliver()
        await approve_contact(ApproveContact(caller=ben, proposal=proposal.id), ports)

    async def issue(self, party: ThirdPartyId) -> TokenId:
        request = IssueToken(caller=self.world.caller("UANNA"), third_party=party)
        return (await issue_token(request, self.world.ports)).token.id

    async def collect(self, token: TokenId, user_id: str = "UCARLA") -> None:
        async with self.world.ports.read(TEAM) as reading:
            handoff: HandoffId = (await reading.handoffs.of_token(token)).id
        await collect_handoff(CollectHandoff(caller=self.world.caller(user_id), handoff=handoff), self.world.ports)

    async def opened(self, name: str = "Acme", **people: Any) -> tuple[ThirdPartyId, TokenId]:
        """A third party whose contact, Carla, has opened a token."""
        party = await self.party(name, **people)
        await self.contact(party)
        token = await self.issue(party)
        await self.collect(token)
        return party, token

    async def read_party(self, party: ThirdPartyId) -> ThirdParty:
        async with self.world.ports.read(TEAM) as reading:
            found = await reading.third_parties.find(party)
        assert found is not None
        return found

    async def read_token(self, token: TokenId) -> Token:
        async with self.world.ports.read(TEAM) as reading:
            return await reading.tokens.get(token)

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.world.file)) as connection, connection:
            return connection.execute(query).fetchall()

    def known(self, user_id: str) -> Acquaintance:
        ((zone, ends, gone),) = self.rows(
            f"SELECT time_zone, account_ends_at, gone FROM people WHERE user_id = '{user_id}'"
        )
        ends_at = None if ends is None else datetime.fromtimestamp(ends / 1_000_000, UTC)
        return Acquaintance(zone, ends_at, Gone(gone) if gone else None)

    def watched(self) -> list[str]:
        return [user for (user,) in self.rows("SELECT user_id FROM people WHERE next_look_at NOT NULL ORDER BY 1")]

    def person(self, user_id: str) -> PersonId:
        return PersonId(self.rows(f"SELECT id FROM people WHERE user_id = '{user_id}'")[0][0])

    def told(self, kind: str) -> list[tuple[str | None, str]]:
        """Who was told of whom, in messages of a kind: user IDs, None for the admins."""
        return self.rows(
            "SELECT reader.user_id, subject.user_id FROM outbox LEFT JOIN people reader ON reader.id = outbox.reader "
            f"JOIN people subject ON subject.id = outbox.subject WHERE kind = '{kind}' ORDER BY 1, outbox.rowid"
        )

    def records(self, action: str) -> list[Mapping[str, Any]]:
        return [json.loads(row) for (row,) in self.rows(f"SELECT details FROM audit WHERE action = '{action}'")]

    def waits_to_be_reminded_of(self) -> list[str]:
        return [token for (token,) in self.rows("SELECT id FROM tokens WHERE next_reminder_at = 0")]

    def everything(self) -> Sequence[Sequence[Any]]:
        tables = ("third_parties", "tokens", "handoffs", "outbox", "audit", "sealed_credentials")
        return [self.rows(f"SELECT * FROM {table}") for table in tables]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await Place.make(tmp_path)
    yield made
    await made.world.close()
    with closing(sqlite3.connect(made.world.file)) as database:
        assert [each for each in complaints(database) if not re.search("'(reminders|undeliverable):", each)] == []


# --- whom it asks about -----------------------------------------------------------------------------------------------


async def test_whoever_matters_is_asked_about_at_once_and_then_once_a_day(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    assert await place.look() == 3
    assert place.town.asked_since() == ["UCARLA", "UMIA", "UOMAR"]
    assert place.watched() == ["UCARLA", "UMIA", "UOMAR"]
    place.world.clock.advance(DAY - SECOND)
    assert await place.look() == 0
    place.world.clock.advance(SECOND)
    assert await place.look() == 3
    assert place.known("UMIA") == Acquaintance("Europe/Berlin")


async def test_a_former_contact_is_asked_about_as_long_as_their_token_lives_and_then_nobody_is(place: Place) -> None:
    party, token = await place.opened()
    await place.contact(party, "UERIK")
    await place.look()
    assert place.town.asked_since() == ["UCARLA", "UERIK", "UMIA"]
    await revoke_token(RevokeToken(caller=place.world.caller("UANNA"), token=token), place.world.ports)
    await place.tomorrow()
    assert place.town.asked_since() == ["UERIK", "UMIA"]
    await remove_third_party(RemoveThirdParty(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    assert await place.tomorrow() == 0
    assert (place.town.asked_since(), place.watched()) == ([], [])


async def test_a_few_at_a_time_and_all_in_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "AT_A_TIME", 2)
    await place.opened(owner="UMIA", deputy="UOMAR")
    assert [await place.look() for _ in range(3)] == [2, 1, 0]
    assert Counter(place.town.asked) == {"UCARLA": 1, "UMIA": 1, "UOMAR": 1}


async def test_while_slack_is_silent_nobody_is_asked_about_any_more_and_nobody_is_forgotten(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    place.town.silent = True
    assert [await place.look() for _ in range(3)] == [0, 0, 0]
    assert place.town.asked_since() == ["UCARLA", "UMIA", "UOMAR"]  # another one each time, whoever it is that fails
    place.town.silent = False
    assert await place.look() == 3


async def test_whom_slack_says_nonsense_of_keeps_nobody_else_waiting(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    place.town.nonsense = {"UCARLA", "UMIA"}
    with pytest.raises(KeyError):
        await place.look()
    assert place.known("UOMAR").time_zone == "Europe/Berlin"
    assert await place.look() == 0
    place.town.nonsense.clear()
    place.world.clock.advance(timedelta(hours=1))
    assert await place.look() == 2


async def test_while_nothing_can_be_kept_nobody_else_is_asked_about(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")

    async def full(*_: object) -> None:
        raise CannotKeep

    with monkeypatch.context() as patched:
        patched.setattr(PersonRows, "note", full)
        with pytest.raises(CannotKeep):
            await place.look()
    assert len(place.town.asked_since()) == 1
    assert await place.look() == 3


async def test_whoever_was_erased_meanwhile_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.opened()
    look_anew = place.town.look_anew

    async def erased(user_id: str) -> SlackPerson | None:
        place.rows(f"DELETE FROM people WHERE user_id = '{user_id}'")
        return await look_anew(user_id)

    monkeypatch.setattr(place.town, "look_anew", erased)
    place.town.alter("UCARLA", is_deactivated=True)
    assert await place.look() == 2
    assert place.records("contact.gone") == []


# --- at once ----------------------------------------------------------------------------------------------------------


async def test_an_event_has_somebody_asked_about_at_once_and_nobody_else(place: Place) -> None:
    await place.opened()
    await place.look()
    place.town.asked_since()
    before = place.world.file.read_bytes()
    for user_id in ("UCARLA", "UANNA", "UNOBODY"):  # Anna is an admin, and has no part in a third party
        await note_person_changed(TEAM, user_id, place.world.ports)
    await place.look()
    assert place.town.asked_since() == ["UCARLA"]
    assert place.world.file.read_bytes()[:16] == before[:16]


async def test_an_event_during_the_look_has_them_asked_about_once_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack answers, and the account is deactivated before the answer is noted."""
    await place.opened()
    await place.look()
    look_anew = place.town.look_anew

    async def changed_meanwhile(user_id: str) -> SlackPerson | None:
        answer = await look_anew(user_id)
        if not place.town.people[user_id].is_deactivated:
            place.town.alter(user_id, is_deactivated=True)
            await note_person_changed(TEAM, user_id, place.world.ports)
        return answer

    monkeypatch.setattr(place.town, "look_anew", changed_meanwhile)
    await note_person_changed(TEAM, "UCARLA", place.world.ports)
    assert await place.look() == 2
    assert place.known("UCARLA").gone is Gone.DEACTIVATED


async def test_whoever_cannot_be_written_to_is_asked_about_at_once(place: Place) -> None:
    party, _ = await place.opened()
    await place.look()
    place.town.asked_since()
    await place.world.deliver()
    await renew_token(RenewToken(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    queued, _ = await claim_messages(TEAM, place.world.ports, lease=timedelta(minutes=2), limit=99)
    (offer,) = [each for each in queued if each.message.kind == "handoff" and each.ts is None]
    await note_undeliverable(offer, "user_disabled", place.world.ports)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert place.town.asked_since() == ["UCARLA"]
    assert (await place.read_party(party)).contact is None


# --- what is known ----------------------------------------------------------------------------------------------------


async def test_another_time_zone_or_end_of_the_account_has_the_tokens_looked_at_anew(place: Place) -> None:
    _, token = await place.opened()
    await place.look()
    await plan_reminders(TEAM, place.world.ports)
    assert place.waits_to_be_reminded_of() == []
    ends_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for user_id, change in (("UMIA", {"time_zone": None}), ("UCARLA", {"account_ends_at": ends_at})):
        place.town.alter(user_id, **change)
        await place.tomorrow()
        assert place.waits_to_be_reminded_of() == [token]
        await plan_reminders(TEAM, place.world.ports)
        await place.tomorrow()
        assert place.waits_to_be_reminded_of() == []
    assert place.known("UMIA") == Acquaintance(None)
    assert place.known("UCARLA") == Acquaintance("Europe/Berlin", ends_at, Gone.OUTSIDER)


async def test_the_owner_is_told_two_weeks_before_the_contacts_account_ends(place: Place) -> None:
    await place.opened()
    ends_at = place.world.clock.now() + timedelta(days=50)  # a Tuesday; the token lives half a year
    place.town.alter("UCARLA", account_ends_at=ends_at)
    planned = "SELECT reader.user_id, role FROM reminders JOIN people reader ON reader.id = reader WHERE kind = '{}'"
    days = 33  # so long nothing happens
    place.world.clock.advance(days * DAY)
    while not (rows := place.rows(planned.format("account_ends"))) and days < 50:
        place.world.clock.advance(DAY)
        days += 1
        await place.look()
        await plan_reminders(TEAM, place.world.ports)
    assert (days, rows) == (36, [("UMIA", "owner")])


# --- an owner who is gone ---------------------------------------------------------------------------------------------

WAYS_TO_GO: Mapping[str, Mapping[str, Any] | None] = {
    "deactivated": {"is_deactivated": True, "role": Role.OUTSIDER},
    "outsider": {"is_guest": True, "role": Role.OUTSIDER},
    "moved": {"slack": SlackUser("UMIA", "T0OTHER"), "is_foreign": True, "role": Role.OUTSIDER},
    "unknown": None,
}


def go(place: Place, user_id: str, change: Mapping[str, Any] | None) -> None:
    if change is None:
        del place.town.people[user_id]
    else:
        place.town.alter(user_id, **change)


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
    assert place.rows('SELECT "end" FROM handoffs WHERE ended_at NOT NULL') == [("withdrawn",)]
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
    told = place.rows("SELECT third_party, reader FROM outbox WHERE kind = 'undeliverable' ORDER BY rowid")
    assert sorted(told) == sorted([(first, None), (second, None)])
    async with place.world.ports.read(TEAM) as reading:
        for party in (first, second):
            assert [each.message for each in await reading.undelivered(party)] == ["contact_gone"]
