"""What a third party waits for, read from everything about it at one moment."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from access.model.card import NextStep, ThirdPartyCard, TokenLine
from access.model.contact import ContactProposal
from access.model.ids import ProposalId, TokenId
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token
from tests.access.model.test_handoff import ANNA, CARLA, ERIK, HELD, NOW, OPEN, OVERLAPPING, PARTY, RETIRED, TOKEN

PROPOSED = ContactProposal(ProposalId("p"), PARTY.id, ERIK, ANNA, NOW)
REACHED, _ = PROPOSED.reached(NOW)
SUSPENDED, _ = HELD.suspend(NOW)
REVOKED, _ = HELD.revoke(RevocationCause.BY_HAND, ANNA, NOW)
OF_FORMER = replace(HELD, collected_by=ERIK)
ALONE = replace(PARTY, contact=None)
DISABLED = replace(PARTY, enabled=False)


def card(party: ThirdParty, tokens: Sequence[Token] = (), proposal: ContactProposal | None = None) -> ThirdPartyCard:
    return ThirdPartyCard(
        party=party,
        now=NOW,
        owner=None,
        deputy_owner=None,
        contact=None,
        approval=None,
        approved_by=None,
        proposal=proposal,
        proposed=None,
        proposed_by=None,
        tokens=[TokenLine(token, OPEN, None) for token in tokens],
        undelivered=(),
        may_manage=True,
        may_serve=True,
    )


@pytest.mark.parametrize(
    ("shown", "step"),
    [
        (card(ALONE), NextStep.PROPOSE_CONTACT),
        (card(ALONE, proposal=PROPOSED), NextStep.WAIT_FOR_INTRODUCTION),
        (card(ALONE, proposal=REACHED), NextStep.APPROVE_CONTACT),
        (card(DISABLED), NextStep.ENABLE),
        (card(DISABLED, [HELD]), NextStep.ENABLE),
        (card(PARTY), NextStep.ISSUE),
        (card(PARTY, [REVOKED]), NextStep.ISSUE),
        (card(PARTY, [TOKEN]), NextStep.WAIT_FOR_COLLECTION),
        (card(PARTY, [TOKEN, OF_FORMER]), NextStep.WAIT_FOR_COLLECTION),
        (card(PARTY, [HELD]), NextStep.NOTHING),
        (card(PARTY, [HELD, RETIRED]), NextStep.NOTHING),
        (card(PARTY, [TOKEN, OVERLAPPING]), NextStep.WAIT_FOR_COLLECTION),
        (card(PARTY, [RETIRED]), NextStep.ISSUE),
        (card(PARTY, [HELD, OF_FORMER]), NextStep.DECIDE_FORMER_TOKENS),
        (card(PARTY, [SUSPENDED]), NextStep.DECIDE_SUSPENSION),
        (card(ALONE, [SUSPENDED], PROPOSED), NextStep.DECIDE_SUSPENSION),
    ],
)
def test_the_most_urgent_comes_first(shown: ThirdPartyCard, step: NextStep) -> None:
    assert shown.next_step is step


def test_what_has_ended_is_not_live_and_not_a_former_contacts() -> None:
    ended = replace(REVOKED, id=TokenId("ended"), collected_by=ERIK)
    shown = card(PARTY, [ended, OF_FORMER, HELD, TOKEN])
    assert [line.token for line in shown.live] == [OF_FORMER, HELD, TOKEN]
    assert [line.token for line in shown.opened_by_former] == [OF_FORMER]
    assert CARLA not in {line.token.collected_by for line in shown.opened_by_former}
