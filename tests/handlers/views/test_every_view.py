"""What holds for every message and modal, in every state, whatever a third party is called."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.model.credentials import contains_secret
from access.model.errors import NameInvalid
from access.model.rendered import Rendered
from access.model.third_party import NAME_LIMIT, checked_name
from handlers import ids
from handlers.mrkdwn import command
from handlers.views.kit import View
from sandbox.limits import check_message, check_view
from tests.handlers.views.gallery import (
    CREDENTIALS,
    answer_messages,
    encrypted_reveals,
    queued_messages,
    reveals,
    views,
)
from tests.handlers.views.home_gallery import home_tabs
from tests.handlers.views.reminder_gallery import reminder_messages
from tests.handlers.views.use_gallery import use_messages, use_views
from tests.thorough import is_thorough


@lru_cache(maxsize=2)
def messages_of(name: str = "Acme Corp") -> dict[str, Rendered]:
    """Every message there is."""
    return {**queued_messages(name), **reminder_messages(name), **answer_messages(name), **use_messages(name)}


@lru_cache(maxsize=2)
def modals_of(name: str = "Acme Corp") -> dict[str, View]:
    """Every modal but the reveal, and every Home tab."""
    return {**views(name), **use_views(name), **dict(home_tabs(name))}


TOO_LONG_TO_REPEAT = {"card: full"}
OTHER_TOKENS = {*"01234", "old", "new"}
EXTREME = [
    "&" * NAME_LIMIT,
    "<@U0ANNA> <!channel> <https://evil.example|Acme>",
    "*Acme* _Corp_ ~Ltd~ `rm` :tada: ```x```",
    "\N{HEBREW LETTER ALEF}" * NAME_LIMIT,
    "\N{ARABIC LETTER MEEM} <x> & \N{ARABIC LETTER NOON}",
    "\N{GRINNING FACE}" * NAME_LIMIT,
    '"' * NAME_LIMIT,
    "\\" * NAME_LIMIT,
    "a",
]


def _is_name(text: str) -> bool:
    try:
        return checked_name(text) == text
    except NameInvalid:
        return False


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=NAME_LIMIT).filter(_is_name)


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside of blocks or a view."""
    if isinstance(value, str):
        return
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from parts(inner)


def mrkdwn(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in parts(value) if part.get("type") == "mrkdwn"]


def buttons(rendered: Rendered) -> list[Mapping[str, Any]]:
    return [part for part in parts(rendered.blocks) if part.get("type") == "button"]


def assert_slack_takes_everything(name: str) -> None:
    different = {repr(each): (label, each) for label, each in messages_of(name).items()}  # a fifth of them
    for label, rendered in different.values():
        payload = {"text": rendered.text, "blocks": [dict(block) for block in rendered.blocks]}
        assert check_message(payload, updates=True) is None, label
    for label, view in modals_of(name).items():
        assert check_view(view) is None, label
    for view in (*reveals(name), *encrypted_reveals(name)):
        assert check_view(view) is None


@pytest.mark.parametrize("name", EXTREME, ids=range(len(EXTREME)))
def test_slack_takes_every_view_with_an_extreme_name(name: str) -> None:
    assert _is_name(name)
    assert_slack_takes_everything(name)


@settings(max_examples=100 if is_thorough() else 5, deadline=None)
@given(NAMES)
def test_slack_takes_every_view_with_any_name(name: str) -> None:
    assert_slack_takes_everything(name)


def test_no_name_mentions_links_or_formats_anything() -> None:
    hostile = "<!channel> <@U0EVIL> <https://evil.example|x> *bold* :tada:"
    messages = messages_of(hostile)
    formatted = [each.text for each in messages.values()]
    formatted += [text["text"] for each in messages.values() for text in mrkdwn(each.blocks)]
    formatted += [
        text["text"]
        for view in (*modals_of(hostile).values(), *reveals(hostile), *encrypted_reveals(hostile))
        for text in mrkdwn(view)
    ]
    shown = "\n".join(formatted)
    assert "&lt;!channel&gt;" in shown
    for harm in ("<!channel", "<@U0EVIL", "<https"):
        assert harm not in shown
    outside_of_code = re.sub(r"`[^`\n]+`", "", shown)
    for harm in ("*bold*", ":tada:"):
        assert harm not in outside_of_code


def test_slack_turns_nothing_into_a_link_or_mention_by_itself() -> None:
    texts = [text for each in messages_of().values() for text in mrkdwn(each.blocks)]
    texts += [text for view in modals_of().values() for text in mrkdwn(view)]
    assert texts
    assert all(text["verbatim"] is True for text in texts)


def test_the_text_alone_says_what_the_blocks_say() -> None:
    for label, rendered in messages_of().items():
        assert rendered.text.strip(), label
        if label not in TOO_LONG_TO_REPEAT:
            assert all(text["text"] in rendered.text for text in mrkdwn(rendered.blocks)), label


def test_a_text_that_is_too_long_ends_at_the_end_of_a_line() -> None:
    cut = {label for label, rendered in messages_of().items() if rendered.text.endswith("\n…")}
    assert cut == TOO_LONG_TO_REPEAT


def test_the_first_block_leaves_its_id_to_the_relay() -> None:
    assert all("block_id" not in rendered.blocks[0] for rendered in messages_of().values())


def test_only_the_reveal_holds_a_secret() -> None:
    messages = [[each.text, list(each.blocks)] for each in messages_of().values()]
    shown = json.dumps([*messages, list(modals_of().values())])
    assert not contains_secret(shown.replace("\\u", " "))
    assert not contains_secret(json.dumps(encrypted_reveals()))
    for view in reveals():
        for secret in (CREDENTIALS.token, CREDENTIALS.client_secret):
            assert secret is not None
            assert secret.reveal() in json.dumps(view)


INTERACTIVE = {"button", "overflow", "static_select", "users_select", "checkboxes", "plain_text_input", "input"}


def test_the_reveal_sends_nothing_back() -> None:
    for view in (*reveals(), *encrypted_reveals()):
        assert not {"submit", "private_metadata", "notify_on_close", "external_id"} & view.keys()
        assert not INTERACTIVE & {part.get("type") for part in parts(view["blocks"])}
        assert not any({"action_id", "accessory", "block_id"} & part.keys() for part in parts(view["blocks"]))


def test_titles_and_modal_buttons_fit() -> None:
    for view in (*modals_of().values(), *reveals(), *encrypted_reveals()):
        for field in ("title", "submit", "close"):
            assert len(view.get(field, {}).get("text", "")) <= 24


ENDS_SOMETHING = {
    *(ids.REMOVE_NOW, ids.REVOKE_NOW, ids.RETIRE_NOW, ids.REPLACE, ids.LIFT, ids.DECLINE, ids.NOT_SEEN),
    *(ids.REMOVE_DEPUTY, ids.ASK_SOMEBODY_ELSE, ids.REMOVE_KEY),
}


def test_what_cannot_be_undone_asks_in_a_dialog() -> None:
    seen = set()
    for rendered in messages_of().values():
        for button in buttons(rendered):
            if button["action_id"] in ENDS_SOMETHING or button.get("style") == "danger":
                seen.add(button["action_id"])
                assert button["confirm"]["style"] == "danger"
    assert seen == ENDS_SOMETHING


def test_offering_anew_asks_only_where_an_offer_would_end() -> None:
    asks = {label for label, each in messages_of().items() for it in buttons(each) if _ends_an_offer(it)}
    assert asks
    assert all(label.startswith(("card", "checklist")) for label in asks)
    not_asking = {
        label
        for label, each in messages_of().items()
        for it in buttons(each)
        if it["action_id"] == ids.RESEND and not _ends_an_offer(it)
    }
    assert not_asking
    assert all(label.startswith(("handoff_lapsed", "restored")) for label in not_asking)


def _ends_an_offer(button: Mapping[str, Any]) -> bool:
    return button["action_id"] == ids.RESEND and "confirm" in button


def test_every_button_has_a_known_id_and_the_right_kind_of_value() -> None:
    about = {
        None: {ids.ADD, ids.LIST, ids.DISMISS, ids.HOLDINGS, ids.CONFIRM, ids.CONFIRM_NOW},
        "proposal": {ids.APPROVE, ids.REJECT},
        "approval": {ids.PROMOTE_DEPUTY, ids.REMOVE_DEPUTY},
        "handoff": {ids.OPEN_HANDOFF, ids.DECLINE, ids.WORKS, ids.NOT_SEEN, ids.NOT_ME},
        "token": {ids.REVOKE, ids.REVOKE_NOW, ids.RETIRE, ids.RETIRE_NOW, ids.REPLACE, ids.LIFT, ids.RESEND}
        | {ids.SWITCHED, ids.RENEW_REMINDED, ids.CLAIM, ids.SNOOZE, ids.LET_LAPSE, ids.UNDO_LAPSE}
        | {ids.ASK, ids.ASK_STILL_WORKS, ids.ASK_SOMEBODY_ELSE},
        "request": {ids.GRANT_REQUEST, ids.DECLINE_REQUEST},
        "key": {ids.REMOVE_KEY, ids.APPROVE_KEY, ids.REJECT_KEY},
        "proposal:key": {ids.APPROVE},
        "party": {
            ids.UNCONFIRMED,
            ids.SHOW,
            ids.EDIT,
            ids.PROPOSE,
            ids.PROPOSE_DEPUTY,
            ids.ENABLE,
            ids.DISABLE,
            ids.REMOVE,
            ids.REMOVE_NOW,
        }
        | {ids.ISSUE, ids.RENEW, ids.TEST, ids.TEST_MINE, ids.AUDIT, ids.ADD_KEY},
    }
    pressed = [button for rendered in messages_of().values() for button in buttons(rendered)]
    assert {button["action_id"] for button in pressed} == set().union(*about.values())
    for button in pressed:
        value = button.get("value")
        assert button["action_id"] in about["token" if value in OTHER_TOKENS else value]


def test_what_does_not_exist_yet_is_not_named() -> None:
    shown = "\n".join(rendered.text for rendered in messages_of().values())
    for later in ("identify", "snooze"):
        assert command(later)[:-1] not in shown


def test_every_sentence_begins_with_a_capital_whoever_it_begins_with() -> None:
    said = "\n".join(message.text for message in messages_of().values())
    assert not re.findall(r"(?:^|[.!?:] |\n)someone .*", said)
