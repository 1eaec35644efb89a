"""`thirdparty-bot person`, as somebody types it."""

import asyncio
import json
import sqlite3
import stat
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.contact import ProposalOutcome
from access.model.contact_key import KeyOutcome
from access.model.credentials import TOKEN_PREFIX, mint
from access.model.ids import ContactKeyId, HandoffId, PersonId, ProposalId, TokenId, TokenRequestId
from access.model.people import Caller, Role, SlackUser
from access.model.token_request import RequestReason, TokenRequest
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from bot.cli import workplace as workplace_module
from bot.cli.workplace import at_work
from tests.bot.at_work import TEAM, settings_in
from tests.bot.test_resource_server_command import Terminal
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.storage.rows import NOW, contact_key, handoff, message, party, proposal, token

ANNA, BEN = (Caller(TEAM, SlackUser(user, TEAM), Role.ADMIN) for user in ("U0ANNA", "U0BEN"))
LONG = timedelta(days=90)
WHY, WHY_TOO = "Because of Carla's holiday.", "Carla is somebody else."


async def work(folder: Path) -> None:
    """Anna owns a third party that Ben has disabled, for a reason; Carla opened its token once and is nobody now."""
    async with at_work(settings_in(folder)) as workplace:
        ports = workplace.ports
        await register_third_party(RegisterThirdParty(caller=ANNA, name="Acme"), ports)
        async with ports.read(TEAM) as reading:
            acme = await reading.third_parties.by_name("Acme")
        assert acme
        await enable_third_party(EnableThirdParty(caller=ANNA, third_party=acme.id), ports)
        await disable_third_party(DisableThirdParty(caller=BEN, third_party=acme.id, reason=WHY), ports)
        async with ports.write(TEAM) as uow:
            people = [await uow.people.id_of(SlackUser(user, TEAM)) for user in ("U0ANNA", "U0BEN", "U0CARLA")]
            anna, ben, carla = people
            await uow.people.note_time_zone(carla, "Europe/Berlin")
            rejected = {"outcome": ProposalOutcome.REJECTED, "decided_at": NOW, "decided_by": ben}
            reason = await uow.reasons.keep(acme.id, WHY_TOO)
            of_acme = {"third_party": acme.id, "contact": carla}
            await uow.proposals.add(
                proposal(**of_acme, proposed_by=anna, account_ends_at=NOW + LONG, reason=reason, **rejected)
            )
            ended = {"decided_at": NOW, "outcome": KeyOutcome.WITHDRAWN, "text": None}
            await uow.contact_keys.add(contact_key(**of_acme, **ended))
            opened = {"collected_at": NOW, "collected_by": carla, "revoked_at": NOW}
            await uow.tokens.add(token(third_party=acme.id, issued_by=anna, **opened))
            await uow.handoffs.add(handoff(**of_acme, collected_at=NOW))
            await uow.commit()


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    asyncio.run(work(tmp_path))
    return tmp_path


def rows(folder: Path, query: str, *given: Any) -> list[Any]:
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(query, given).fetchall()


def person(folder: Path, user: str) -> str:
    [(found,)] = rows(folder, "SELECT id FROM people WHERE user_id = ?", user)
    return str(found)


def exported(typed: Typed, user: str) -> dict[str, Any]:
    done = typed("person", "export", user)
    assert (done.code, done.err) == (0, "")
    [kept] = json.loads(done.out)["kept"]
    return dict(kept)


# --- export -----------------------------------------------------------------------------------------------------------


def test_everything_about_somebody_is_written_out(typed: Typed, folder: Path) -> None:
    carla = exported(typed, "U0CARLA")
    [account] = carla["people"]
    assert (account["user_id"], account["time_zone"]) == ("U0CARLA", "Europe/Berlin")
    assert [each["outcome"] for each in carla["contact_proposals"]] == ["rejected"]
    assert [each["collected_at"] for each in carla["tokens"]] == ["2026-03-02T09:00:00+00:00"]
    assert [each["fingerprint"] for each in carla["contact_keys"]] == [f"SHA256:{'A' * 43}"]
    assert len(carla["handoffs"]) == 1
    assert (carla["third_parties"], carla["audit"], carla["reasons"]) == ([], [], [])
    anna = exported(typed, "U0ANNA")
    assert [each["name"] for each in anna["third_parties"]] == ["Acme"]
    assert {each["action"] for each in anna["audit"]} == {
        "third_party.registered",
        "third_party.enabled",
        "third_party.disabled",
    }, "what she did, and what was done about her"
    assert anna["outbox"]
    assert [each["text"] for each in exported(typed, "U0BEN")["reasons"]] in ([WHY, WHY_TOO], [WHY_TOO, WHY])


def test_what_it_tells_of_others_is_left_empty(typed: Typed, folder: Path) -> None:
    """Ben approved Anna's key, and was told about Carla's; neither the keys nor the message to Anna are his."""
    asyncio.run(decide_and_be_told(folder))
    ben, carla = exported(typed, "U0BEN"), exported(typed, "U0CARLA")
    keys = {each["id"]: (each["text"], each["fingerprint"]) for each in ben["contact_keys"]}
    assert keys == {"anna's": (None, None), "ben's": ("age1bens", f"SHA256:{'B' * 43}")}
    places = {
        each["subject"]: (each["channel"], each["ts"]) for each in ben["outbox"] if each["channel"] or each["actor"]
    }
    assert places["to anna"] == (None, None)
    assert places["to ben"] == ("D0BEN", "17.2")
    assert [each["account_ends_at"] for each in ben["contact_proposals"]] == [None]
    assert [each["account_ends_at"] for each in carla["contact_proposals"]] == [(NOW + LONG).isoformat()]
    assert [each["fingerprint"] for each in exported(typed, "U0ANNA")["tokens"]] == [None]
    assert [each["fingerprint"] for each in carla["tokens"]] == [token().fingerprint]


async def decide_and_be_told(folder: Path) -> None:
    """Ben approves Anna's key and has one of his own; each of them is sent a message that names Ben."""
    approved = {"decided_at": NOW, "outcome": KeyOutcome.APPROVED}
    async with at_work(settings_in(folder)) as workplace, workplace.ports.write(TEAM) as uow:
        acme = await uow.third_parties.by_name("Acme")
        assert acme
        anna, ben = [await uow.people.id_of(SlackUser(user, TEAM)) for user in ("U0ANNA", "U0BEN")]
        of_anna = contact_key(id=ContactKeyId("anna's"), third_party=acme.id, contact=anna, decided_by=ben, **approved)
        print_of_ben = {"text": "age1bens", "fingerprint": f"SHA256:{'B' * 43}"}
        of_ben = contact_key(
            id=ContactKeyId("ben's"), third_party=acme.id, contact=ben, decided_by=anna, **approved, **print_of_ben
        )
        await uow.contact_keys.add(of_anna)
        await uow.contact_keys.add(of_ben)
        for reader, subject in ((anna, "to anna"), (ben, "to ben")):
            uow.plan(message(subject, reader=reader, actor=ben, third_party=acme.id), at=NOW)
        await uow.flush()
        sent = {"to anna": ("D0ANNA", "17.1"), "to ben": ("D0BEN", "17.2")}
        for each in await uow.outbox.claim(workplace.ports.clock.now(), workplace.ports.clock.now() + LONG, 99):
            if each.message.subject in sent:
                await uow.outbox.posted(each, *sent[each.message.subject], NOW)
        await uow.commit()


def test_no_digest_and_no_mac_is_among_it(typed: Typed, folder: Path) -> None:
    text = typed("person", "export", "U0CARLA").out + typed("person", "export", "U0ANNA").out
    for column, table in (("token_digest", "tokens"), ("secret_digest", "tokens"), ("mac", "audit")):
        assert column not in text
        for (value,) in rows(folder, f"SELECT {column} FROM {table}"):
            assert value.hex() not in text
            assert repr(value) not in text


def test_it_can_go_into_a_file_that_nobody_else_can_read(typed: Typed, folder: Path) -> None:
    done = typed("person", "export", "U0CARLA", "--output", "carla.json")
    assert (done.code, done.out) == (0, "carla.json holds what is kept about U0CARLA.\n")
    assert stat.S_IMODE((folder / "carla.json").stat().st_mode) == 0o600
    assert json.loads((folder / "carla.json").read_text())["user"] == "U0CARLA"
    again = typed("person", "export", "U0CARLA", "--output", "carla.json")
    assert (again.code, again.out) == (1, "")
    assert "carla.json" in again.err


@pytest.mark.parametrize("words", [["export"], ["erase", "--yes"]])
def test_who_is_not_known_is_said_not_to_be(typed: Typed, folder: Path, words: list[str]) -> None:
    done = typed("person", *words, "U0NOBODY")
    assert (done.code, done.out) == (1, "")
    assert "Nobody of that Slack user ID is known here." in done.err
    secret = mint(TOKEN_PREFIX, b"s" * 32).reveal()
    pasted = typed("person", *words, secret)
    assert (pasted.code, secret in pasted.err) == (2, False)


# --- erase ------------------------------------------------------------------------------------------------------------


def test_somebody_who_is_nobody_here_any_more_is_forgotten_and_the_trail_fits(typed: Typed, folder: Path) -> None:
    carla = person(folder, "U0CARLA")
    done = typed("person", "erase", "U0CARLA", "--yes")
    assert (done.code, done.err) == (0, "")
    assert carla in done.out
    assert "older backups" in done.out
    assert rows(folder, "SELECT count(*) FROM people WHERE user_id = 'U0CARLA'") == [(0,)]
    assert rows(folder, "SELECT count(*) FROM contact_keys") == [(0,)]
    assert rows(folder, "SELECT collected_by FROM tokens") == [(carla,)], "a pseudonym"
    assert rows(folder, "SELECT contact, account_ends_at FROM contact_proposals") == [(carla, None)]
    told = rows(folder, "SELECT action, actor, details FROM audit ORDER BY number DESC LIMIT 1")
    assert told == [("person.erased", None, json.dumps({"person": carla}))]
    assert typed("audit", "verify").code == 0
    for file in folder.glob("thirdparty.db*"):
        assert b"U0CARLA" not in file.read_bytes(), file.name
    assert typed("person", "export", "U0CARLA").code == 1


def test_it_is_said_where_a_reader_keeps_the_journal_from_being_emptied(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace_module, "_TRIES", 1)
    with closing(sqlite3.connect(folder / "thirdparty.db")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM people").fetchone()
        done = typed("person", "erase", "U0CARLA", "--yes")
    assert (done.code, len(done.err.splitlines())) == (0, 1)
    assert "journal may still hold what was deleted" in done.err
    assert "restart the bot" in done.err
    assert typed("person", "erase", "U0BEN", "--yes").err == ""


def test_the_reasons_they_gave_and_the_messages_to_them_go_and_they_come_back_as_somebody_else(
    typed: Typed, folder: Path
) -> None:
    ben = person(folder, "U0BEN")
    asyncio.run(plan_message(folder, PersonId(ben)))
    assert typed("person", "erase", "U0BEN", "--yes").code == 0
    assert rows(folder, "SELECT count(*) FROM reasons") == [(0,)]
    assert rows(folder, "SELECT count(*) FROM outbox WHERE reader = ?", ben) == [(0,)]
    assert WHY.encode() not in (folder / "thirdparty.db").read_bytes()
    asyncio.run(meet(folder, "U0BEN"))
    assert person(folder, "U0BEN") != ben


async def plan_message(folder: Path, reader: PersonId) -> None:
    async with at_work(settings_in(folder)) as workplace, workplace.ports.write(TEAM) as uow:
        acme = await uow.third_parties.by_name("Acme")
        assert acme
        uow.plan(message(reader=reader, third_party=acme.id), at=NOW)
        await uow.commit()


async def meet(folder: Path, user: str) -> None:
    async with at_work(settings_in(folder)) as workplace, workplace.ports.write(TEAM) as uow:
        await uow.people.id_of(SlackUser(user, TEAM))
        await uow.commit()


def test_whoever_still_is_something_is_not_erased_and_it_is_said_what_ends_that(typed: Typed, folder: Path) -> None:
    asyncio.run(tie(folder))
    said = {
        "U0OWNER": ['the owner of "Globex" (`/thirdparty edit "Globex"` names another owner)'],
        "U0DEPUTY": ['the deputy owner of "Globex"'],
        "U0CONTACT": ['the contact of "Globex"', '`/thirdparty contact "Globex" @user`', "offered credentials"],
        "U0OTHER": ['the deputy contact of "Globex"', "waiting for a new token"],
        "U0FORMER": ['opened a token of "Globex" that has not ended (`/thirdparty renew "Globex"` replaces it'],
        "U0PROPOSED": ["proposed as a contact of"],
        "U0PROPOSER": ["who proposed a contact of"],
    }
    for user, words in said.items():
        for flags in ([], ["--yes"]):
            done = typed("person", "erase", user, *flags)
            assert (done.code, done.out) == (1, "")
            for word in words:
                assert word in done.err, user
        assert person(folder, user)
    assert rows(folder, "SELECT count(*) FROM audit WHERE outcome = 'person_still_needed'") == [(14,)]
    asyncio.run(remove(folder))
    assert typed("person", "erase", "U0OWNER", "--yes").code == 0


async def tie(folder: Path) -> None:
    async with at_work(settings_in(folder)) as workplace, workplace.ports.write(TEAM) as uow:
        ports = workplace.ports
        names = ("U0OWNER", "U0DEPUTY", "U0CONTACT", "U0OTHER", "U0PROPOSED", "U0PROPOSER")
        owner, deputy, contact, other, proposed, proposer = [
            await uow.people.id_of(SlackUser(user, TEAM)) for user in names
        ]
        globex = party("Globex", owner=owner, deputy_owner=deputy, contact=contact, deputy_contact=other)
        await uow.third_parties.add(globex)
        former = await uow.people.id_of(SlackUser("U0FORMER", TEAM))
        opened = {"issued_at": ports.clock.now(), "expires_at": ports.clock.now() + timedelta(days=9)}
        collected = {"collected_at": ports.clock.now(), "collected_by": former}
        await uow.tokens.add(token(id=TokenId("held"), third_party=globex.id, **opened, **collected))
        await uow.proposals.add(proposal(id=ProposalId("open"), contact=proposed, proposed_by=proposer))
        await uow.tokens.add(token(id=TokenId("offered")))
        await uow.handoffs.add(handoff(id=HandoffId("open"), token=TokenId("offered"), contact=contact))
        await uow.token_requests.add(
            TokenRequest(
                id=TokenRequestId("open"),
                third_party=globex.id,
                token=TokenId("offered"),
                why=RequestReason.STILL_WORKS,
                asked_by=other,
                asked_at=NOW,
            )
        )
        await uow.commit()


async def remove(folder: Path) -> None:
    async with at_work(settings_in(folder)) as workplace:
        await remove_third_party(RemoveThirdParty(caller=ANNA, third_party=party().id), workplace.ports)


def test_it_asks_first(typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed("person", "erase", "U0CARLA").code == 2
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    kept = typed("person", "erase", "U0CARLA")
    assert (kept.code, "Nothing was changed." in kept.out) == (0, True)
    assert person(folder, "U0CARLA")
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert "Erased U0CARLA." in typed("person", "erase", "U0CARLA").out
    assert rows(folder, "SELECT count(*) FROM people WHERE user_id = 'U0CARLA'") == [(0,)]


@pytest.mark.usefixtures("folder")
def test_a_byte_that_is_no_text_names_nobody_and_nothing(typed: Typed) -> None:
    """Python makes half a surrogate pair of it, which no database can look for."""
    for words in (("person", "erase", "\udcff", "--yes"), ("person", "export", "U\udcff")):
        done = typed(*words)
        assert (done.code, done.out, "Traceback" in done.err) == (1, "", False)
    for option in ("--actor", "--third-party"):
        done = typed("audit", "export", option, "\udcff")
        assert (done.code, done.out, "Traceback" in done.err) == (1, "", False)
    done = typed("resource-server", "remove", "\udcff", "--yes")
    assert (done.code, done.out, "Traceback" in done.err) == (1, "", False)
