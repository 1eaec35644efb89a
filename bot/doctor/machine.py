"""What is found on this machine: settings, keyring, database, port."""

import os
import stat
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from bot.doctor.findings import Finding, not_looked_at, note, ok, problem
from bot.keyring import Keyring, KeyringError
from bot.settings import Survey
from storage.errors import StorageError
from storage.inspection import OLDEST_SQLITE, FileInspection, Inspection
from storage.keys_in_use import KeysInUse
from storage.migrate import Schema
from storage.server_inspection import OLDEST_SERVER, ServerInspection

NEEDS_SETTINGS: Final = "The settings have to be mended first."
_NEEDS_DATABASE: Final = "The database has to be mended first."
_ELSEWHERE: Final = "Name another place in THIRDPARTY_DATABASE_URL"
_RESTORE: Final = "Stop the bot and restore the database from a backup."


def settings(survey: Survey) -> Sequence[Finding]:
    """Name each setting that is wrong."""
    mend = "Correct it in the environment or in .env, where every setting is explained."
    if survey.complaints:
        return [problem("settings", _sentence(complaint), mend) for complaint in survey.complaints]
    return [ok("settings", "Every setting is understood.")]


def env_file(mode: int | None) -> Finding:
    """Judge the rights of `.env`, None where there is none: it may hold tokens."""
    if mode is None:
        return ok("env file", "There is no .env in this folder; the environment says everything.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return problem(
            "env file", "Other users of this machine can read .env, and tokens may be in it.", "chmod 600 .env"
        )
    return ok("env file", ".env is for its owner alone.")


def keyring(found: Keyring | KeyringError | None) -> Finding:
    """Judge the keyring; None where the settings do not say where it is."""
    match found:
        case None:
            return not_looked_at("keyring", NEEDS_SETTINGS)
        case KeyringError():
            return problem("keyring", f"{found.found}.", f"{found.mend}.")
    several = f", of {len(found.keys)} keys" if len(found.keys) > 1 else ""
    return ok("keyring", f"It is there, for its owner alone; key {found.first.id} seals{several}.")


def running(is_running: bool | StorageError | OSError | None) -> Finding:
    """Say whether a bot runs on this database; either is fine."""
    match is_running:
        case None:
            return not_looked_at("running", NEEDS_SETTINGS)
        case StorageError():
            return not_looked_at("running", _NEEDS_DATABASE)
        case OSError():
            return problem("running", _said(is_running), "Give the file to the user that runs the bot.")
    return ok("running", "The bot is running." if is_running else "The bot is not running.")


def database(found: FileInspection | ServerInspection | StorageError | OSError | None) -> Sequence[Finding]:
    """Judge the database, or say why it cannot be used."""
    match found:
        case None:
            return [not_looked_at("database", NEEDS_SETTINGS)]
        case StorageError():
            what, _, mend = str(found).partition("; ")
            return [problem("database", _sentence(what), _sentence(mend))]
        case OSError():
            mend = f"Make the folder, or room on its disk, or give it to the user that runs the bot. {_ELSEWHERE} else."
            return [problem("database", f"It cannot be written to: {_said(found)}", mend)]
        case ServerInspection():
            return [_schema(found), *_server(found)]
        case FileInspection():
            return [_schema(found), *_file(found)]


def _schema(found: Inspection) -> Finding:
    match found.schema:
        case None | Schema.NONE:
            return ok("database", f"There is nothing in {found.place} yet; the first start fills it.")
        case Schema.CURRENT:
            return ok("database", f"{found.place} is of this version and can be written to.")
        case Schema.OLDER:
            mend = "Copy it, then run `thirdparty-bot migrate`, or just start the bot."
            return note(
                "database", f"{found.place} is of an older version; the next start brings it to this one.", mend
            )
        case Schema.NEWER:
            mend = "Install the newer version again, or restore the copy of the database from before it."
            return problem("database", f"{found.place} is of a newer version of thirdparty-bot.", mend)
        case Schema.UNFINISHED:
            mend = "Run `thirdparty-bot copy-database` once more, with the same two databases."
            return problem("database", f"A copy into {found.place} was begun and not finished.", mend)
        case Schema.FOREIGN:
            return problem("database", f"{found.place} is another program's database.", f"{_ELSEWHERE}.")


def _file(found: FileInspection) -> Sequence[Finding]:
    findings = []
    if found.is_whole is False:
        findings.append(problem("database", "SQLite finds damage in the file.", _RESTORE))
    if found.open_to_others:
        mend = f"chmod 600 '{found.place}'"
        findings.append(note("database", "Other users of this machine can open the file.", mend))
    if found.sqlite_is_too_old:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        mend = f"Install a Python whose SQLite is {oldest} or newer."
        findings.append(problem("database", f"SQLite {found.sqlite} is too old.", mend))
    return findings


def _server(found: ServerInspection) -> Sequence[Finding]:
    findings = []
    if found.server_is_too_old:
        mend = f"Use a server of version {OLDEST_SERVER} or newer."
        findings.append(problem("database", f"PostgreSQL {found.version} is too old.", mend))
    if found.encoding != "UTF8":
        mend = "Make a database with ENCODING 'UTF8', and name that."
        findings.append(problem("database", f"The database keeps texts in {found.encoding}, not in UTF-8.", mend))
    if not found.is_private:
        mend = "Put ?sslmode=verify-full at the end of THIRDPARTY_DATABASE_URL: docs/postgresql.md."
        findings.append(note("database", "What travels to PostgreSQL is not encrypted.", mend))
    return findings


def keys(found: Inspection | StorageError | OSError | None, ring: Keyring | KeyringError | None) -> Finding:
    """Say which keys the database needs and the keyring does not have."""
    if found is None or ring is None:
        return not_looked_at("keys", NEEDS_SETTINGS)
    if not isinstance(ring, Keyring):
        return not_looked_at("keys", "The keyring has to be mended first.")
    if not isinstance(found, Inspection):
        return not_looked_at("keys", _NEEDS_DATABASE)
    match found.schema:
        case None | Schema.NONE:
            return ok("keys", "The database needs none yet.")
        case Schema.CURRENT:
            return _missing_keys(found.keys, ring)
    return not_looked_at("keys", "The database is not of this version.")


def _missing_keys(in_use: KeysInUse | None, ring: Keyring) -> Finding:
    if in_use is None:
        return not_looked_at("keys", "The database is too large to be read through here.")
    missing = in_use.without(opening=[key.id for key in ring.keys], verifying=ring.audit_roots)
    if not missing.ids:
        return _old_keys(in_use, ring)
    offers, records = sum(missing.offers.values()), sum(missing.records.values())
    found = (
        f"The keyring lacks {', '.join(missing.ids)}: offers that cannot be opened: {offers}; audit records that "
        f"cannot be verified: {records}."
    )
    mend = "Put back your copy of the keyring. If that key is lost, type `/thirdparty resend` for each waiting offer."
    if tokens := sum(missing.tokens.values()):
        found = f"{found} Imported tokens that are not recognised: {tokens}."
        mend = f"{mend} Renew each imported token, by `/thirdparty renew`."
    return problem("keys", found, mend)


def _old_keys(in_use: KeysInUse, ring: Keyring) -> Finding:
    """Say whether keys seal nothing any more, or whether a rotation waits for its end."""
    found = "The keyring has every key that the database needs."
    old = [key.id for key in ring.keys[1:]]
    if any(key in in_use.offers for key in old):
        return note(
            "keys", f"{found} Offers are sealed with an older one.", "`thirdparty-bot keys rotate` seals them anew."
        )
    if old and not any(key in in_use.tokens for key in old):
        mend = f"`thirdparty-bot keys retire {old[0]}` takes it away."
        return note("keys", f"{found} Nothing is sealed with {', '.join(old)} any more.", mend)
    return ok("keys", found)


def contact_keys(found: Inspection | StorageError | OSError | None, *, required: bool) -> Sequence[Finding]:
    """Where contacts need a key of their own, say how many have none."""
    if not required or (isinstance(found, Inspection) and found.schema in (None, Schema.NONE)):
        return []
    if not isinstance(found, Inspection) or found.contacts_without_key is None:
        return [not_looked_at("contact keys", _NEEDS_DATABASE)]
    if not found.contacts_without_key:
        return [ok("contact keys", "Credentials are shown encrypted only, and every contact has an approved key.")]
    mend = "Ask them to press *Add a public key* in the bot's message to them; then an admin approves it."
    text = f"Credentials are shown encrypted only, and contacts who have no approved key: {found.contacts_without_key}."
    return [note("contact keys", text, mend)]


def port(name: str, place: str, error: OSError | None, *, is_running: bool, settings: str) -> Finding:
    """Judge an address that the bot listens on. `settings`: those that name it."""
    if error is None:
        return ok(name, f"{place} is free.")
    if is_running:
        return ok(name, f"{place} is in use, by the running bot as far as can be told.")
    return problem(name, f"{place} cannot be listened on: {_said(error)}", f"Stop what uses it, or set {settings}.")


def reach(host: str) -> Sequence[Finding]:
    """Say where the internal port may be reached by others than this machine: it asks nobody who reads its metrics."""
    try:
        if host == "localhost" or ip_address(host).is_loopback:
            return []
    except ValueError:
        pass  # a name, of which nobody knows here where it leads from elsewhere
    found = f"Others than this machine may reach the internal port at {host}, and whoever does can read its metrics."
    mend = "See to it that only your own machines do, or set THIRDPARTY_INTERNAL_HOST to 127.0.0.1."
    return [note("internal port", found, mend)]


def _said(error: OSError) -> str:
    """Say it shortly: asyncio repeats the address in its own text. A name that does not resolve has no errno."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror}."


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith("?") else ".")
