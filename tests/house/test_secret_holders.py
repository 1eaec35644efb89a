"""Whatever holds a secret shows nothing of it, however it is printed, copied, dumped or logged."""

import copy
import dataclasses
import importlib
import io
import json
import pickle
import pkgutil
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from access.model.credentials import Credentials
from access.model.ids import ClientId, Fingerprint, HandoffId, ResourceServerId, WorkspaceId
from access.model.import_plan import ImportPlan, Step
from access.model.import_rows import ImportedParty, ImportedToken
from access.model.people import Caller, Role, SlackUser
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.model.token import TokenOrigin
from access.operations.add_resource_server import AddedResourceServer
from access.operations.check_token import Asker
from access.operations.import_third_parties import ImportFile
from access.operations.report_pasted_secret import ReportPastedSecret
from access.operations.revoke_presented_token import Client, RevokePresentedToken
from bot import logs
from bot.cli import importing
from bot.cli.identify import Found
from bot.doctor.findings import Report, ok
from bot.keyring import Key, Keyring, RetiredKey, Root
from bot.keyring_place import KeyringGiven
from bot.setting_types import BotToken
from bot.settings import CommonSettings, HttpMode, Settings, SocketMode, Survey, read_settings
from handlers.answer import Show
from handlers.http.client_authentication import Authentication, Method
from tests.house import PACKAGES

WORD = "a-secret-of-thirty-two-letters-x"
SECRET, ROOT = Secret(WORD), Root(WORD.encode())
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CALLER = Caller(WorkspaceId("T1"), SlackUser("U1", "T1"), Role.ADMIN)
KEY = Key("abcdefgh", NOW, ROOT, ROOT)
SETTINGS = read_settings(Settings, {"SLACK_BOT_TOKEN": f"xoxb-{WORD}", "SLACK_APP_TOKEN": f"xapp-{WORD}"})

API = ResourceServer(ResourceServerId("tpr_1"), "API", bytes(32), NOW)
IMPORTED = ImportedToken(2, TokenOrigin.MIGRATED, NOW, NOW + timedelta(days=1), True, SECRET, SECRET)
IMPORTED_PARTY = ImportedParty(2, "Acme", "U1", tokens=[IMPORTED])
IMPORT_FILE = ImportFile([IMPORTED_PARTY], [], {})
STEP = Step(IMPORTED_PARTY, None, [(IMPORTED, None)], False, (), 0)
PLAN = ImportPlan([STEP], [])

HOLDERS: dict[type, object] = {
    AddedResourceServer: AddedResourceServer(API, SECRET),
    Asker: Asker(SECRET, WORD),
    Authentication: Authentication(Method.BASIC, SECRET, WORD),
    Client: Client(WORD, SECRET),
    CommonSettings: read_settings(CommonSettings, {"THIRDPARTY_KEYRING": WORD}),
    Credentials: Credentials(
        HandoffId("h"), "Acme", ClientId("tpc_1"), SECRET, SECRET, Fingerprint("0123abcd"), NOW + timedelta(days=1)
    ),
    Found: Found(SECRET, WorkspaceId("T1"), API),
    HttpMode: HttpMode(SECRET),
    ImportedToken: IMPORTED,
    ImportedParty: IMPORTED_PARTY,
    ImportFile: IMPORT_FILE,
    ImportPlan: PLAN,
    Step: STEP,
    importing.Known: importing.Known(CALLER.workspace, IMPORT_FILE, PLAN),
    Key: KEY,
    Keyring: Keyring([KEY], [RetiredKey("hgfedcba", NOW, ROOT)]),
    ReportPastedSecret: ReportPastedSecret(caller=CALLER, found=[SECRET]),
    RetiredKey: RetiredKey("hgfedcba", NOW, ROOT),
    RevokePresentedToken: RevokePresentedToken(
        workspace=CALLER.workspace, presented=SECRET, client=Client(WORD, SECRET)
    ),
    Settings: SETTINGS,
    SocketMode: SocketMode(SECRET),
    Survey: Survey(SETTINGS, SETTINGS, []),
}
"""An example of every class that holds a secret. A new one is missed by the first test below."""

LOOSE: dict[str, object] = {
    "a secret": SECRET,
    "a root": ROOT,
    "a keyring from the environment": KeyringGiven(SECRET),
    "the answer that shows one": Show({"type": "modal", "blocks": [{"text": WORD}]}),
}
EVERYTHING = [pytest.param(thing, id=kind.__name__) for kind, thing in HOLDERS.items()]
EVERYTHING += [pytest.param(thing, id=name) for name, thing in LOOSE.items()]


def modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", "migrations.env")):
                yield importlib.import_module(found.name)


def kinds_with_fields() -> set[type]:
    ours = {each for module in modules() for each in vars(module).values() if isinstance(each, type)}
    kinds = {each for each in ours if each.__module__.partition(".")[0] in PACKAGES}
    return {each for each in kinds if dataclasses.is_dataclass(each) or issubclass(each, BaseModel)}


def parts(hint: object) -> Iterator[object]:
    """A type and those within it; what a Callable takes is in a list."""
    if not isinstance(hint, list):
        yield hint
    for part in hint if isinstance(hint, list) else typing.get_args(hint):
        yield from parts(part)


def fields_of(kind: type) -> set[object]:
    try:
        return {part for hint in typing.get_type_hints(kind).values() for part in parts(hint)}
    except NameError:  # a name that is imported for the type checker alone; a secret never is
        return set()


def test_there_is_an_example_of_every_class_that_holds_a_secret() -> None:
    fields = {kind: fields_of(kind) for kind in kinds_with_fields()}
    holders: set[object] = {Secret, Root}
    while more := {kind for kind, held in fields.items() if held & holders} - holders:
        holders |= more
    assert holders - {Secret, Root} == HOLDERS.keys()


def shown(write: Callable[[], object]) -> str:
    """What one way of writing gives, be it an error."""
    try:
        written = write()
    except (TypeError, ValueError) as error:
        return f"{error!r} {error}"
    return written.decode("latin-1") if isinstance(written, bytes) else str(written)


def ways(thing: Any) -> Iterator[str]:
    yield from (repr(thing), str(thing), f"{thing}", f"{thing!r}", repr([thing]), repr({1: (thing,)}))
    yield from (shown(lambda: pickle.dumps(thing)), shown(lambda: json.dumps(thing, default=str)))
    yield from (shown(lambda: copy.copy(thing)), shown(lambda: copy.deepcopy(thing)), shown(lambda: vars(thing)))
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        yield shown(lambda: dataclasses.asdict(thing))
        yield shown(lambda: dataclasses.replace(thing))
    if isinstance(thing, BaseModel):
        yield from (shown(thing.model_dump), shown(thing.model_dump_json), shown(thing.model_copy))
        yield shown(lambda: thing.model_dump(mode="json"))
    yield logged(thing)


def logged(thing: object) -> str:
    stream = io.StringIO()
    before = structlog.get_config()
    logs.configure("json", "DEBUG", stream)
    log = structlog.get_logger("bot")
    log.error("looked_at", code=thing, kind=[thing], payload=thing)
    log.error(thing)
    structlog.configure(**before)
    return stream.getvalue()


@pytest.mark.parametrize("thing", EVERYTHING)
def test_it_shows_nothing(thing: object) -> None:
    if isinstance(thing, Show):
        assert WORD not in repr(thing)  # the view itself goes to Slack, and to nobody else
    else:
        assert [each for each in ways(thing) if WORD in each] == []


def test_what_is_wrong_with_a_secret_is_said_without_it() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(BotToken, config=Settings.model_config).validate_python(WORD)
    assert WORD not in f"{refused.value} {refused.value!r}"


def test_the_looking_would_find_one() -> None:
    assert any(WORD in each for each in ways(Report([ok("x", WORD)])))
    assert Report in kinds_with_fields()
