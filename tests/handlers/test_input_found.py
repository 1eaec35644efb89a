"""What tests with hostile input have found, once each as a plain example."""

import time
from typing import Any

import pytest

from access.model.credentials import TOKEN_PREFIX, contains_secret, find_secrets, mint
from handlers import ids
from handlers.commands.words import split
from handlers.payloads import is_understood
from tests.handlers.office import Json, Office, command, press, submission, typed

TOKEN = mint(TOKEN_PREFIX, b"found" * 6 + b"!!").reveal()
BROKEN = "Something went wrong"


@pytest.mark.parametrize("piece", ["'x ", "'\\\\\\\\ ", "„x ", '"x" ', "<x ", "x "])
def test_a_text_of_forty_thousand_characters_is_taken_apart_in_a_moment(piece: str) -> None:
    """Each apostrophe was looked for its partner up to the end: 17 seconds in which nobody was answered."""
    started = time.process_time()
    split(piece * (40_000 // len(piece)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text", ["list \ud800", "show \udfff", "disable Acme Corp since \ud83d", "\ud800", "add x\ud800"]
)
async def test_half_a_character_breaks_nothing(office: Office, text: str) -> None:
    """SQLite keeps no lone surrogate, which JSON may carry."""
    await office.types("UANNA", "add Acme Corp")
    await office.types("UANNA", "enable Acme Corp")
    assert BROKEN not in await office.types("UANNA", text)


async def test_half_a_character_in_a_field_breaks_nothing(office: Office) -> None:
    await office.offered()
    party = (await office.card()).party
    await office.presses("UANNA", ids.EDIT, party.id)
    fields = {"name_field": typed(party.name), "callback_url_field": typed(None), "text_field": typed("half \ud83d")}
    people = {field: {"type": "users_select", "selected_user": None} for field in ("owner_field", "deputy_owner_field")}
    body = await office.submits("UANNA", ids.EDIT_FORM, office.last.view["private_metadata"], **fields, **people)
    assert "is saved" in str(body["view"])
    assert (await office.card()).party.notes == "half"


WRONG: dict[str, Any] = {
    "no such field": {},
    "no element": {"name_field": {}},
    "a list": {"name_field": []},
    "a number": {"name_field": {"name_field": {"value": 5}}},
    "another kind": {"name_field": {"name_field": {"value": {"text": "x"}}}},
}


@pytest.mark.parametrize("form", [ids.ADD_FORM, ids.EDIT_FORM, ids.CONTACT_FORM, ids.REJECT_FORM])
async def test_a_form_of_another_version_is_out_of_date(office: Office, form: str) -> None:
    about = "a" * 26 + (":" + "0" * 16 if form == ids.EDIT_FORM else "")
    for values in WRONG.values():
        payload = submission("UANNA", form, about)
        payload["view"]["state"]["values"] = values
        answer = str(await office.sends(payload))
        assert "is out of date, so nothing was done. Type `/thirdparty`" in answer, values


@pytest.mark.parametrize("wrong", [5, ["x"], {"x": 1}, True])
def test_a_part_of_another_type_is_not_understood(wrong: Any) -> None:
    for payload in (
        command("UANNA", "x") | {"text": wrong},
        command("UANNA", "x") | {"actions": wrong},
        command("UANNA", "x") | {"user_id": "U\ud800"},
        press("UANNA", "show", wrong, "channel"),
        press("UANNA", "show", "", "channel") | {"enterprise": wrong if not isinstance(wrong, dict) else 1},
        submission("UANNA", ids.ADD_FORM, wrong),
    ):
        assert not is_understood(payload)


async def test_a_press_with_an_empty_command_in_it_is_a_press(office: Office) -> None:
    await office.sends(press("UANNA", ids.LIST, "", "ephemeral") | {"command": None})
    assert office.last.how == "replace"


@pytest.mark.parametrize("at", range(1, 5))
async def test_a_token_with_half_a_character_in_its_prefix_is_not_repeated(office: Office, at: int) -> None:
    answer = await office.types("UANNA", f"{TOKEN[:at]}\ud800{TOKEN[at:]}")
    assert "looks like a token or a client secret" in answer
    assert TOKEN[4:] not in answer


async def test_what_we_never_asked_for_is_acknowledged_so_that_it_does_not_come_again(office: Office) -> None:
    view: Json = {"type": "modal", "callback_id": ids.ADD_FORM}
    for payload in (
        {"type": "event_callback", "event": {"type": "app_mention"}},
        {"type": "view_closed", "view": view, "user": {"id": "UANNA"}},
    ):
        assert await office.sends(payload) == {}


UNSEEN = "\u200b\u180e\u2063\ufe0f\x00\x1f\u202c\u061c\u034f\U000e0020\ud800\u3164"


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_a_token_with_something_invisible_in_it_is_recognised(unseen: str) -> None:
    text = f"add {unseen.join(TOKEN)}"
    assert contains_secret(text)
    assert [secret.reveal() for secret in find_secrets(text)] == [TOKEN]


def test_a_token_cut_short_with_something_invisible_in_it_is_recognised() -> None:
    assert contains_secret(f"{TOKEN[:8]}\u200b{TOKEN[8:13]}")


def test_a_token_cut_short_right_behind_another_word_is_recognised() -> None:
    assert contains_secret(f"my{TOKEN[:20]}")
    assert contains_secret(f"myt pt_ {TOKEN[4:]}")


def test_a_field_may_be_called_anything() -> None:
    payload = submission("UANNA", ids.ADD_FORM, "")
    payload["view"]["state"]["values"] = {"some_id": {"some_id": typed("x")}}
    assert is_understood(payload)


def test_a_token_in_wide_letters_is_recognised() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN)
    assert [secret.reveal() for secret in find_secrets(f"list {wide}")] == [TOKEN]


@pytest.mark.parametrize(
    "text",
    [
        "set https_ proxy for all of the servers in the new building",
        "https_proxy settings have to be changed by the customer",
        "uses https_callback",
        "https_callbackurlforproduction",
        "smtps_username and ftps_server",
    ],
)
def test_a_sentence_about_https_is_no_token(text: str) -> None:
    assert not contains_secret(text)


@pytest.mark.parametrize("place", ["message", "modal", "action"])
async def test_a_secret_typed_beside_a_button_is_caught(office: Office, place: str) -> None:
    payload = press("UANNA", ids.LIST, "", "modal" if place == "modal" else "channel")
    state = {"values": {"b": {"a": typed(TOKEN)}}}
    if place == "action":
        payload["actions"][0]["value"] = TOKEN
    else:
        (payload["view"] if place == "modal" else payload)["state"] = state
    await office.sends(payload)
    assert "looks like a token or a client secret" in office.last.text


async def test_a_value_nested_three_hundred_deep_is_an_old_form(office: Office) -> None:
    deep: Any = TOKEN[:2]
    for _ in range(900):
        deep = [deep]
    body = await office.submits("UANNA", ids.ADD_FORM, name_field={"value": deep}, callback_url_field=typed(None))
    assert "is out of date" in str(body)
