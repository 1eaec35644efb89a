from typing import Any

import pytest

from access.model.contact_key import ContactKeys
from access.model.resource_server import Askers
from handlers import ids
from handlers.mrkdwn import instant
from handlers.views.handoff import ApiGuide, credentials_view, dispute_form, explain_form
from handlers.views.handoff_messages import handoff_message
from handlers.views.kit import View
from tests.handlers.views.gallery import API, CREDENTIALS, DELIVERIES, EXPIRY, NOW, PARTIES, offer, shown, token

assert CREDENTIALS.client_secret is not None
SECRET, TOKEN = CREDENTIALS.client_secret.reveal(), CREDENTIALS.token.reveal()


def preformatted(view: View) -> list[str]:
    parts = [part for block in view["blocks"] if block["type"] == "rich_text" for part in block["elements"]]
    return [part["elements"][0]["text"] for part in parts if part["type"] == "rich_text_preformatted"]


def text_of(view: View) -> str:
    blocks: list[dict[str, Any]] = view["blocks"]
    return "\n".join(block["text"]["text"] for block in blocks if block["type"] == "section")


def test_the_reveal_shows_each_value_alone_and_all_of_them_for_a_file() -> None:
    client_id, client_secret, token, settings, example = preformatted(credentials_view(CREDENTIALS, API))
    assert [client_id, client_secret, token] == ["tpc_abc", SECRET, TOKEN]
    assert settings.split("\n") == [
        "API_URL=https://api.example.com/v1",
        "API_CLIENT_ID=tpc_abc",
        f"API_CLIENT_SECRET={SECRET}",
        f"API_TOKEN={TOKEN}",
    ]
    assert example == 'curl -H "Authorization: Bearer $API_TOKEN" "$API_URL"'


def test_the_reveal_leaves_out_what_is_not_configured() -> None:
    *_, settings = preformatted(credentials_view(CREDENTIALS, ApiGuide(None, None)))
    assert settings.startswith("API_CLIENT_ID=")
    assert "https://docs" not in str(credentials_view(CREDENTIALS, ApiGuide(API.url, None)))
    assert "https://docs.example.com/start" in str(credentials_view(CREDENTIALS, API))


def test_the_reveal_says_that_it_is_the_only_one_and_how_to_compare() -> None:
    text = text_of(credentials_view(CREDENTIALS, API))
    assert "shown this once" in text
    assert "closing the window loses them" in text
    assert "`1a2b3c4d`" in text
    assert instant(EXPIRY) in text


def test_before_the_reveal_it_is_said_what_will_happen() -> None:
    form = explain_form(offer(), "Acme Corp", ContactKeys())
    assert form["private_metadata"] == "handoff"
    assert "closing the window loses it" in text_of(form)
    assert "only once" in text_of(form)


def test_before_a_dispute_it_is_said_what_it_does() -> None:
    form = dispute_form(offer().id, token(), "Acme Corp", Askers())
    assert form["private_metadata"] == "handoff"
    assert "suspended at once" in text_of(form)
    assert "Last use: not known" in str(form)
    used = dispute_form(offer().id, token(last_accepted_at=NOW), "Acme Corp", Askers())
    assert f"Last use: {instant(NOW)}." in str(used)


@pytest.mark.parametrize("of_party", PARTIES)
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_offer_has_only_buttons_that_can_work(delivery: str, of_party: str) -> None:
    it = shown(delivery, of_party)
    rendered = handoff_message(it, "this workspace")
    pressed = {
        element["action_id"]
        for block in rendered.blocks
        for element in block.get("elements", ())
        if "action_id" in element
    }
    waiting = delivery == "offered"
    collected = it.handoff.collected_at is not None
    fresh = delivery in ("collected, active", "collected, overlapping") and it.party.contact == it.handoff.contact
    disputable = collected and it.handoff.disputed_at is None and it.party.removed_at is None
    holds = collected and it.token.works(it.now) and it.party.contact == it.handoff.contact
    assert pressed == (
        ({ids.OPEN_HANDOFF, ids.DECLINE} if waiting else set())
        | ({ids.ADD_KEY} if waiting and it.is_of_present_contact else set())
        | ({ids.HOLDINGS, ids.TEST_MINE} if holds else set())
        | ({ids.ASK} if holds and it.party.enabled else set())
        | ({ids.WORKS, ids.NOT_SEEN} if fresh else set())
        | ({ids.NOT_ME} if disputable else set())
    )
