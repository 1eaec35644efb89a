from dataclasses import replace

import pytest

from access.model.card import AuditLineShown, NextStep, Overview, OverviewLine, ThirdPartyCard, TokenLine
from access.model.contact import ProposalOutcome
from access.model.rendered import Rendered
from handlers import ids
from handlers.views.card import third_party_card
from handlers.views.overview import overview
from handlers.views.trail import audit_trail
from tests.handlers.views.gallery import (
    ADMIN,
    BEN,
    CARLA,
    CONTACT,
    DELIVERIES,
    DORA,
    ERIK,
    FORMER,
    KEYS,
    NOW,
    SUCCESSOR,
    card_of,
    offer,
    party,
    proposal,
    token,
)


def pressed(rendered: Rendered) -> list[str]:
    blocks = rendered.blocks
    elements = [element for block in blocks for element in (*block.get("elements", ()), block.get("accessory", {}))]
    return [element["action_id"] for element in elements if element.get("type") == "button"]


def with_token(delivery: str, **given: object) -> ThirdPartyCard:
    stage = DELIVERIES[delivery]
    return card_of(tokens=[TokenLine(stage.token, stage.handoff, CARLA)], **given)


TWO = [
    TokenLine(SUCCESSOR, offer(collected_at=NOW), CARLA),
    TokenLine(DELIVERIES["collected, overlapping"].token, offer(collected_at=NOW), CARLA),
]
WAITING = {"proposed": DORA, "proposed_by": BEN}
STEPS: dict[NextStep, tuple[ThirdPartyCard, list[str]]] = {
    NextStep.PROPOSE_CONTACT: (card_of(party=party(contact=None), contact=None), [ids.PROPOSE]),
    NextStep.PROMOTE_DEPUTY: (
        card_of(
            party=party(contact=None, deputy_contact=CONTACT),
            contact=None,
            deputy_contact=DORA,
            deputy_approval=proposal(outcome=ProposalOutcome.APPROVED, decided_at=NOW, deputy=True),
        ),
        [ids.PROMOTE_DEPUTY],
    ),
    NextStep.WAIT_FOR_INTRODUCTION: (card_of(proposal=proposal(reached_at=None), **WAITING), [ids.REJECT]),
    NextStep.APPROVE_CONTACT: (card_of(proposal=proposal(), **WAITING), [ids.APPROVE, ids.REJECT]),
    NextStep.ENABLE: (card_of(party=party(enabled=False)), [ids.ENABLE]),
    NextStep.WAIT_FOR_KEY: (card_of(key_required=True, keys=KEYS["first key"]), [ids.APPROVE_KEY, ids.REJECT_KEY]),
    NextStep.ISSUE: (card_of(), [ids.ISSUE]),
    NextStep.WAIT_FOR_COLLECTION: (with_token("offered"), [ids.RESEND]),
    NextStep.DECIDE_SUSPENSION: (with_token("disputed, suspended"), [ids.REPLACE, ids.LIFT]),
    NextStep.DECIDE_FORMER_TOKENS: (with_token("confirmed, active", party=party(contact=FORMER)), [ids.REPLACE]),
    NextStep.SWITCH: (card_of(tokens=TWO), [ids.RETIRE]),
    NextStep.NOTHING: (with_token("confirmed, active"), [ids.TEST]),
}


@pytest.mark.parametrize("step", NextStep)
def test_the_card_offers_the_next_step_to_an_admin_and_nothing_they_may_not_do_to_others(step: NextStep) -> None:
    card, expected = STEPS[step]
    assert card.next_step is step
    assert [action for action in pressed(third_party_card(card)) if action in expected][: len(expected)] == expected
    auditor = replace(card, may_manage=False, may_serve=False)
    assert set(pressed(third_party_card(auditor))) == {ids.AUDIT} | ({ids.TEST} & set(expected))
    owner = replace(card, may_manage=False, may_serve=True)
    assert set(pressed(third_party_card(owner))) <= {
        ids.REVOKE,
        ids.RENEW,
        ids.RESEND,
        ids.RETIRE,
        ids.TEST,
        ids.REPLACE,
    }


def test_the_card_says_whose_credentials_those_are_that_still_work() -> None:
    shown = third_party_card(with_token("collected, active", party=party(contact=FORMER), contact=ERIK)).text
    assert "decide about the token that <@U0CARLA> opened. They are not the contact any more" in shown
    assert "<@U0ERIK> has the credentials" not in shown
    hers = third_party_card(with_token("collected, active")).text
    assert "<@U0CARLA> has the credentials, and hasn't said yet" in hers


def test_of_two_tokens_that_a_former_contact_opened_one_is_decided_about_at_a_time() -> None:
    card = card_of(tokens=TWO, party=party(contact=FORMER))
    shown = third_party_card(card)
    assert "decide about the token `11223344` that <@U0CARLA> opened" in shown.text
    assert pressed(shown).count(ids.REPLACE) == 1


def test_only_an_admin_replaces_a_suspended_token_of_a_former_contact() -> None:
    card = with_token("disputed, suspended", party=party(contact=FORMER), may_manage=False)
    assert ids.REPLACE not in pressed(third_party_card(card))


def test_an_owner_may_not_revoke_a_suspended_token() -> None:
    card = with_token("disputed, suspended", may_manage=False)
    assert ids.REVOKE not in pressed(third_party_card(card))
    assert "An admin can do that." in third_party_card(card).text


def test_the_card_shows_both_switches() -> None:
    on = third_party_card(with_token("collected, active")).text
    assert "*Enabled:* ✓ yes" in on
    assert "`1a2b3c4d` · ✓ Active" in on
    off = third_party_card(with_token("offered", party=party(enabled=False))).text
    assert "*Enabled:* ✗ no" in off
    assert "`1a2b3c4d` · ✗ not active yet" in off


def test_the_card_starts_with_what_just_happened() -> None:
    assert third_party_card(card_of(), lead="It is registered.").text.startswith("It is registered.\n")


def test_renew_is_offered_while_one_token_works_and_could_be_renewed() -> None:
    one = with_token("collected, active")
    assert ids.RENEW in pressed(third_party_card(replace(one, may_manage=False)))
    for other in (
        replace(one, may_manage=False, may_serve=False),
        replace(one, party=party(enabled=False)),
        with_token("offered"),
        with_token("disputed, suspended"),
        card_of(tokens=TWO),
    ):
        assert ids.RENEW not in pressed(third_party_card(other))


def test_the_old_one_of_two_has_retire_where_the_other_has_revoke() -> None:
    buttons = pressed(third_party_card(card_of(tokens=TWO)))
    assert buttons[:2] == [ids.REVOKE, ids.RETIRE]
    alone = [TokenLine(each.token, each.handoff, each.contact) for each in TWO[1:]]
    assert ids.RETIRE not in pressed(third_party_card(card_of(tokens=alone)))


def test_the_overview_counts_and_invites() -> None:
    line = OverviewLine(party(), CARLA, contact_waits=False, token=token(collected_at=NOW))
    one = overview(Overview([line], total=1, text="", now=NOW, may_manage=False))
    assert "*1 third party*" in one.text
    assert pressed(one) == [ids.SHOW]
    many = overview(Overview([line], total=21, text="ac", now=NOW, may_manage=True))
    assert "20 more are not shown" in many.text
    assert pressed(many) == [ids.SHOW, ids.ADD]
    assert pressed(overview(Overview([], total=0, text="", now=NOW, may_manage=True))) == [ids.ADD]


def test_the_audit_trail_says_who_did_what_and_why_not() -> None:
    lines = [
        AuditLineShown(9, NOW, ADMIN, BEN, "issue_token", "token_exists"),
        AuditLineShown(8, NOW, None, None, "handoff.lapsed", "done"),
        AuditLineShown(7, NOW, ADMIN, None, "token.issued", "done"),
    ]
    shown = audit_trail("Acme Corp", lines).text
    assert "<@U0BEN> tried to issue a token, refused: token exists" in shown
    assert "This app let the offer lapse" in shown
    assert "someone whose account is not known any more issued a token" in shown


def test_a_card_says_that_a_restore_turned_the_switch_off_until_somebody_decides() -> None:
    waits = party(enabled=False, restored_at=NOW)
    assert "since the database was restored" in third_party_card(card_of(party=waits)).text
    decided = replace(waits, decided_at=NOW)
    assert "restored" not in third_party_card(card_of(party=decided)).text
