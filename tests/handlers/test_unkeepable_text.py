"""NUL and half a surrogate pair, which databases do not keep, wherever somebody may type or send them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.errors import NameInvalid, ResourceServerNotFound
from access.model.import_rows import COLUMNS, REQUIRED
from access.model.sheet import read_sheet
from access.model.third_party import checked_text
from access.operations.add_resource_server import add_resource_server
from access.operations.find_resource_server import find_resource_server
from handlers import ids
from handlers.payloads import is_understood
from tests.access.world import TEAM, World
from tests.handlers.http.api import FORM, open_api
from tests.handlers.http.registry import open_registry
from tests.handlers.http.wire import ask
from tests.handlers.office import Office, chosen, command, press, submission, typed
from tests.handlers.test_input_found import BROKEN

pytestmark = pytest.mark.on_both
UNKEEPABLE = ("\0", "\ud83d", "\udcff\0\0")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A bot that knows one third party, with an offer that waits."""
    opened = await Office.make(tmp_path)
    await opened.offered()
    yield opened
    await opened.world.close()


@pytest.mark.parametrize("text", UNKEEPABLE)
async def test_in_every_command(office: Office, text: str) -> None:
    for words in ("list {}", "show {}", "show Acme{}Corp", "find {}", "add {}", "help {}", "audit Acme{}", "{}"):
        assert BROKEN not in await office.types("UANNA", words.format(text))
    assert BROKEN not in await office.types("UANNA", f'disable "Acme Corp" since{text} Monday')
    reasons = {reason for (reason,) in office.world.rows("SELECT text FROM reasons")}
    assert len(reasons) == 1
    assert not any(set(text) & set(reason) for reason in reasons)


async def test_a_name_with_nul_is_refused_as_one_with_any_unseen_character(office: Office) -> None:
    said = [await office.types("UANNA", f"add Ini{unseen}tech") for unseen in "\0\1\x7f"]
    assert len({each.partition("Reference")[0] for each in said}) == 1
    assert "a character that can't be seen" in said[0]


@pytest.mark.parametrize("text", UNKEEPABLE)
async def test_in_every_field(office: Office, text: str) -> None:
    party = (await office.card()).party
    await office.presses("UANNA", ids.EDIT, party.id)
    nobody = {"owner_field": chosen(None), "deputy_owner_field": chosen(None)}
    fields = {"name_field": typed(party.name), "callback_url_field": typed(None), "text_field": typed(f"half {text}")}
    about = office.last.view["private_metadata"]
    body = await office.submits("UANNA", ids.EDIT_FORM, about, **fields, **nobody)
    assert "is saved" in str(body["view"])
    assert not set(text) & set((await office.card()).party.notes)
    refused = await office.submits(
        "UANNA", ids.ADD_FORM, "", name_field=typed(text), callback_url_field=typed(f"https://a.example/{text}")
    )
    assert BROKEN not in json.dumps(refused)


@pytest.mark.parametrize("text", UNKEEPABLE)
async def test_in_what_a_button_or_a_form_is_about(office: Office, text: str) -> None:
    party = (await office.card()).party.id
    for about in (text, f"{party}{text}", f"{party}:{text}"):
        for action in (ids.EDIT, ids.OPEN_HANDOFF, ids.REVOKE, ids.APPROVE):
            await office.presses("UANNA", action, about)
            assert BROKEN not in office.last.text
        assert BROKEN not in json.dumps(await office.submits("UANNA", ids.EDIT_FORM, about))


def test_in_an_id_it_is_nothing_that_slack_sends() -> None:
    for payload in (command("UANNA", ""), press("UANNA", "show", "", "channel"), submission("UANNA", "add", "")):
        assert is_understood(payload)
        spoilt = json.loads(json.dumps(payload).replace("UANNA", r"UANNA\u0000"))
        assert spoilt != payload
        assert not is_understood(spoilt)


ENCODED = [b"\0", b"a\0b", b"%00", b"a%00b", b"%ED%A0%80", b"\xed\xa0\x80", b"%ff"]


@pytest.mark.parametrize("text", ENCODED)
async def test_in_a_revocation(tmp_path: Path, text: bytes) -> None:
    async with open_registry(tmp_path) as registry:
        _, secret = await registry.basic()
        for body in (b"token=%s", b"%s=token", b"token=a&client_id=%s&client_secret=b", b"token=a&client_secret=%s"):
            assert (await registry.send(body % text)).status == 400
        for auth in ((text.decode("latin-1"), secret), (await registry.client_id(), text.decode("latin-1"))):
            assert (await registry.send("token=a", auth=auth)).status == 401
        assert not await registry.is_revoked()


@pytest.mark.parametrize("text", ENCODED)
async def test_in_a_check(tmp_path: Path, text: bytes) -> None:
    async with open_api(tmp_path) as api:
        given = {"Content-Type": FORM, "Authorization": api.basic}
        assert (await ask(api.url, "POST", "/oauth/introspect", given, b"token=" + text)).status == 400
        assert (await api.check(text.decode("latin-1").replace("\0", "%00"))).status in (400, 401)


@pytest.mark.parametrize("text", UNKEEPABLE)
async def test_at_the_terminal_and_in_a_file(tmp_path: Path, text: str) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(NameInvalid):
        await add_resource_server(TEAM, f"Shop{text}", world.ports)
    with pytest.raises(ResourceServerNotFound):
        await find_resource_server(TEAM, f"Shop{text}", world.ports)
    await world.close()
    for column in COLUMNS:
        file = f"name,owner,{column}\nGlobex,UANNA,{text}".encode(errors="surrogatepass")
        assert read_sheet(file, known=COLUMNS, required=REQUIRED).problems


def test_a_note_is_kept_without_it() -> None:
    """Whoever it comes from: what reads a file refuses it, and what reads a payload has replaced it."""
    assert [checked_text(f" half{text}  ") for text in UNKEEPABLE] == ["half"] * 3
