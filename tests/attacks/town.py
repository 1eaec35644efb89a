"""An office in which a lot has happened: third parties in every state, so that there is something to attack."""

import json
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from access.model.people import Role, SlackPerson, SlackUser
from access.model.secret import Secret
from handlers import ids
from storage.tables import metadata
from tests.handlers.office import Json, Office, chosen, ticked, typed

COLLECTED, OFFERED, REMOVED = "Aurora Systems", "Borealis Ltd", "Ember"
OWN = "Fable"
"""The third party of the owner who attacks: Omar."""
OTHERS = (COLLECTED, OFFERED, REMOVED)

KEYS = (
    "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v",
    "age1lsrgu6z7f9m8ksqgyzak5lc0mc2ewxetktv7nage4nwk5ke7zc9qy7tn9z",
)
"""Two public keys: the contact's is in force, and another one of theirs waits."""

Row = tuple[Any, ...]


@dataclass
class Attacked:
    """The office, and what is there to be guessed, stolen or pressed."""

    office: Office
    ids: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def rows(self, query: str) -> list[Row]:
        with closing(sqlite3.connect(self.office.world.file)) as connection:
            return list(connection.execute(query))

    def state(self) -> dict[str, list[Row]]:
        """Every row there is, but for the trail and for who has been seen."""
        kept = set(metadata.tables) - {"audit", "audit_heads", "people"}
        return {table: self.rows(f"SELECT * FROM {table}") for table in sorted(kept)}

    def secrets(self) -> list[str]:
        return [secret.reveal() for sealed in self.office.world.vault.sealed.values() for secret in sealed]

    def hidden(self) -> list[str]:
        """What nobody reads who may not look: names, client ids and fingerprints of the others' third parties."""
        named = self.rows(
            f"SELECT name FROM third_parties WHERE name <> '{OWN}' UNION SELECT client_id FROM third_parties"
        )
        keys = self.rows("SELECT fingerprint FROM contact_keys UNION SELECT text FROM contact_keys WHERE text NOT NULL")
        return [str(each) for (each,) in [*named, *keys, *self.rows("SELECT fingerprint FROM tokens")]]

    def files(self) -> list[bytes]:
        """The database and its journal, where there is one, to the byte."""
        file = self.office.world.file
        return [path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")) if not path.match("*-shm")]

    def everything_said(self) -> str:
        """All that anybody was shown or told since the last time, and forget it."""
        said = "\n".join([*self.told, *(f"{each.text} {json.dumps(each.view)}" for each in self.office.replies.said)])
        self.told.clear()
        self.office.replies.said.clear()
        return said

    async def sends(self, payload: Json) -> Json:
        """Send a payload, and remember what its acknowledgement says."""
        body = await self.office.sends(payload)
        self.told.append(json.dumps(body, ensure_ascii=False))
        return body

    def note_ids(self) -> None:
        """Read an id of everything that a button can be about."""
        party = "(SELECT id FROM third_parties WHERE name = '{}')"
        queries = {
            "offered": f"SELECT {party.format(OFFERED)}",
            "removed": f"SELECT {party.format(REMOVED)}",
            "deputy": "SELECT id FROM contact_proposals WHERE deputy = 1",
            "proposal": "SELECT id FROM contact_proposals WHERE outcome IS NULL",
            "token": f"SELECT id FROM tokens WHERE third_party = {party.format(COLLECTED)}",
            "request": "SELECT id FROM token_requests WHERE outcome IS NULL",
            "key": "SELECT id FROM contact_keys WHERE outcome IS NULL AND kind IS NOT NULL",
            "key in force": "SELECT id FROM contact_keys WHERE outcome = 'approved'",
            "handoff": f"SELECT id FROM handoffs WHERE third_party = {party.format(OFFERED)}",
        }
        self.ids = {kind: str(self.rows(query)[0][0]) for kind, query in queries.items()}


@dataclass(frozen=True)
class Built:
    """What a town leaves behind: its files by name, and what was sealed in it."""

    files: dict[str, bytes]
    sealed: dict[str, list[Secret]]


_built: list[Built] = []


async def attacked(folder: Path) -> Attacked:
    """A town in which `build` has been, once in a process; from then on its files are copied."""
    if not _built:
        with tempfile.TemporaryDirectory() as first:
            office = await Office.make(Path(first))
            await build(office)
            await office.world.close()
            files = {path.name: path.read_bytes() for path in Path(first).iterdir()}
            _built.append(Built(files, office.world.vault.sealed))
    for name, content in _built[0].files.items():
        create_file(folder / name, content)
    office = await Office.make(folder, seed=1)
    office.world.vault.sealed.update({row: list(secrets) for row, secrets in _built[0].sealed.items()})
    settle(office)
    town = Attacked(office)
    town.note_ids()
    return town


def create_file(path: Path, content: bytes) -> None:
    """Write what is for its owner alone."""
    path.touch(0o600)
    path.write_bytes(content)


async def build(office: Office) -> None:
    """Tell some stories, each to another point; Erik waits for his approval, and Omar owns a third party of his own.

    Dina is the deputy contact of the one whose credentials were collected.
    """
    settle(office)
    for name in OTHERS:
        handoff = await office.offered(name)
        if name == COLLECTED:
            await office.submits("UCARLA", ids.HANDOFF_FORM, handoff)
        if name == REMOVED:
            await office.presses("UANNA", ids.REMOVE_NOW, (await office.card(name)).party.id)
        if name == COLLECTED:
            await make_deputy(office, name)
    await office.types("UANNA", f'contact "{OFFERED}" <@UERIK|erik>')
    for key in KEYS:
        await give_key(office, COLLECTED, key, approve=key == KEYS[0])
    token = next(line.token for line in (await office.card(COLLECTED)).tokens)
    await office.presses("UCARLA", ids.ASK_STILL_WORKS, token.id, "direct")
    await office.types("UANNA", f"add {OWN}")
    form = await edit_form(office, OWN)
    await office.submits("UANNA", ids.EDIT_FORM, form, **edit_fields(OWN, owner="UOMAR"))
    await office.world.deliver()


async def give_key(office: Office, name: str, key: str, *, approve: bool) -> None:
    """Have Carla, the contact, give a public key."""
    party = (await office.card(name)).party.id
    await office.submits("UCARLA", ids.KEY_FORM, party, key_field=typed(key))
    waiting = (await office.card(name)).keys.waiting
    assert waiting is not None
    if approve:
        await office.presses("UBEN", ids.APPROVE_KEY, waiting.id, "channel")


async def make_deputy(office: Office, name: str) -> None:
    """Have Dina approved as the deputy contact."""
    await office.types("UANNA", f'contact "{name}" <@UDINA|dina> deputy')
    await office.world.deliver()
    proposal = (await office.card(name)).proposal
    assert proposal is not None
    await office.presses("UBEN", ids.APPROVE, proposal.id, "channel")


def settle(office: Office) -> None:
    """Give the office everybody who might attack, besides those who are there."""
    people = office.world.town.people
    office.world.town.settle("UAUDI", Role.AUDITOR)
    office.world.town.settle("UDINA", Role.OUTSIDER, is_guest=True)
    people["UFOREIGN"] = SlackPerson(SlackUser("UFOREIGN", "T0OTHER"), Role.OUTSIDER, is_foreign=True)


async def edit_form(office: Office, name: str) -> str:
    """The private_metadata of the form with which an admin edits that third party."""
    await office.types("UANNA", f'edit "{name}"')
    return str(office.last.view["private_metadata"])


def edit_fields(name: str, owner: str = "UMIA") -> dict[str, Json]:
    return {
        ids.NAME_FIELD: typed(name),
        ids.CALLBACK_URL_FIELD: typed("https://evil.example/"),
        ids.OWNER_FIELD: chosen(owner),
        ids.DEPUTY_OWNER_FIELD: chosen(None),
        ids.TEXT_FIELD: typed("a note"),
    }


ASKS: Json = {"type": "radio_buttons", "selected_option": {"value": "somebody_else"}}
"""Of all that a contact can say, what stops a token."""


def fields_of_every_form(attacker: str) -> dict[str, Json]:
    """Whatever any form asks for, filled in by an attacker in their own favour."""
    theirs = {ids.KEY_FIELD: typed(KEYS[0])} | {
        ids.CONTACT_FIELD: chosen(attacker),
        ids.DEPUTY_FIELD: ticked(True),
        ids.REASON_FIELD: ASKS,
    }
    return {**edit_fields("Evil", owner=attacker), **theirs}
