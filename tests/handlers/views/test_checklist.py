"""The checklist of an access, for those who look after it and for its contact."""

from dataclasses import replace
from typing import Any

import pytest

from access.model.card import NextStep, ThirdPartyCard, TokenLine, Undelivered
from access.model.checklist import Refused
from access.model.contact import ProposalOutcome
from access.model.ids import Fingerprint, TokenId
from access.model.messages import MessageKind
from access.model.people import Acquaintance, Gone
from access.model.token import Verdict
from handlers import ids
from handlers.mrkdwn import instant
from handlers.views.checklist import checklist
from handlers.views.own_checklist import own_checklist_message
from handlers.views.report import report_answer
from tests.handlers.views.gallery import (
    CARLA,
    CONTACT,
    DAY,
    DELIVERIES,
    NOW,
    SUCCESSOR,
    card_of,
    offer,
    party,
    proposal,
    token,
)
from tests.handlers.views.report_gallery import reports
from tests.handlers.views.test_card import STEPS, pressed, with_token
from tests.handlers.views.use_gallery import API, LONG_AGO, NOBODY, SILENT, asking, examined, own, refused, used


def text(card: ThirdPartyCard, **given: Any) -> str:
    return checklist(examined(card=card, **given)).text


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_it_agrees_with_the_rules(delivery: str) -> None:
    opened = DELIVERIES[delivery].token.works(NOW)
    assert ("is accepted" in text(with_token(delivery))) == opened
    assert "is refused" in text(with_token(delivery, party=party(enabled=False)))


def test_it_is_about_a_token_that_works_and_names_the_other() -> None:
    waiting = replace(SUCCESSOR, collected_at=None, collected_by=None)
    old = TokenLine(token(collected_at=NOW, last_accepted_at=NOW), offer(collected_at=NOW), CARLA)
    shown = text(card_of(tokens=[TokenLine(waiting, offer(), CARLA), old]))
    assert "a call with this token is accepted" in shown
    assert f"✓  *Used:* yes · last {instant(NOW)}\n" in shown
    assert "There is another token: `11223344` · ✗ not active yet" in shown


def test_without_a_token_it_says_what_to_do() -> None:
    shown = checklist(examined())
    assert "✗  *Credentials:* no · no token yet" in shown.text
    assert '`/thirdparty issue "Acme Corp"`' in shown.text
    assert pressed(shown) == [ids.ISSUE]


IN_USE = card_of(tokens=[TokenLine(used(), offer(collected_at=NOW - DAY), CARLA)], askers=asking())
UNUSED = replace(IN_USE, tokens=[TokenLine(used(last_accepted_at=None), offer(collected_at=NOW - DAY), CARLA)])


def test_all_is_well() -> None:
    shown = checklist(examined(card=IN_USE))
    assert "✗" not in shown.text
    assert f"✓  *Used:* yes · last {instant(NOW)}, at Billing" in shown.text
    assert "✓  *Contact approved:* yes · <@U0CARLA>\n✓  *Contact reachable:* yes" in shown.text
    assert pressed(shown) == []


@pytest.mark.parametrize(
    ("askers", "words", "command"),
    [
        (NOBODY, "no API of yours asks me about tokens", "`thirdparty-bot resource-server add NAME`"),
        (SILENT, "no resource server has asked me about a token yet", "`thirdparty-bot resource-server list`"),
    ],
)
def test_where_nobody_asks_it_says_so_and_what_an_operator_does(askers: Any, words: str, command: str) -> None:
    shown = text(replace(UNUSED, askers=askers))
    assert f"–  *Used:* not known · {words}" in shown
    assert command in shown


def test_what_was_never_used_though_somebody_asks() -> None:
    assert f"✗  *Used:* no · no program has used it since {instant(NOW - DAY)}" in text(UNUSED)


SUSPENDED = with_token("disputed, suspended")


@pytest.mark.parametrize(
    ("card", "point", "buttons"),
    [
        (STEPS[NextStep.ENABLE][0], "✗  *Enabled:* no", [ids.ENABLE]),
        (STEPS[NextStep.PROPOSE_CONTACT][0], "✗  *Contact approved:* no", [ids.PROPOSE]),
        (STEPS[NextStep.PROMOTE_DEPUTY][0], "✗  *Contact approved:* no", [ids.PROMOTE_DEPUTY, ids.PROPOSE]),
        (STEPS[NextStep.WAIT_FOR_COLLECTION][0], "✗  *Collected:* no", [ids.RESEND]),
        (SUSPENDED, "✗  *Active:* no · suspended", [ids.REPLACE, ids.LIFT]),
        (with_token("collected, revoked"), "✗  *Active:* no · revoked", [ids.ISSUE]),
        (with_token("collected, expired"), "✗  *Not expired:* no · expired", [ids.ISSUE]),
    ],
)
def test_what_is_wrong_comes_with_what_mends_it_for_those_who_may(
    card: ThirdPartyCard, point: str, buttons: list[str]
) -> None:
    shown = checklist(examined(card=card))
    assert point in shown.text
    assert [each for each in pressed(shown) if each in buttons][: len(buttons)] == buttons
    auditor = checklist(examined(card=replace(card, may_manage=False, may_serve=False)))
    assert point in auditor.text
    assert pressed(auditor) == []
    owner = checklist(examined(card=replace(card, may_manage=False)))
    assert set(pressed(owner)) <= {ids.RESEND}


def test_a_proposal_that_waits_is_approved_from_here() -> None:
    waiting = card_of(party=party(contact=None), contact=None, proposal=proposal(), proposed=CARLA)
    shown = checklist(examined(card=waiting))
    assert "*Contact approved:* no · <@U0CARLA> waits for approval" in shown.text
    assert ids.APPROVE in pressed(shown)


@pytest.mark.parametrize(("gone", "reachable"), [(None, True), (Gone.OUTSIDER, True), (Gone.DEACTIVATED, False)])
def test_a_contact_who_is_gone_cannot_be_reached(gone: Gone | None, reachable: bool) -> None:
    shown = checklist(examined(card=IN_USE, known_contact=Acquaintance(gone=gone)))
    assert ("✗  *Contact reachable:* no · their account is deactivated" in shown.text) != reachable
    assert pressed(shown) == ([] if reachable else [ids.PROPOSE])


@pytest.mark.parametrize(
    ("problem", "reachable"),
    [
        (Undelivered(MessageKind.HANDOFF, "user_disabled", NOW, to_person=True), False),
        (Undelivered(MessageKind.HANDOFF, "user_disabled", NOW - 2 * DAY, to_person=True), True),
        (Undelivered(MessageKind.SWITCHED, "user_disabled", NOW, to_person=True), True),
        (Undelivered(MessageKind.HANDOFF, "not_in_channel", NOW, to_person=False), True),
    ],
)
def test_nor_one_whom_a_message_has_not_reached_since_they_were_approved(problem: Undelivered, reachable: bool) -> None:
    approval = proposal(outcome=ProposalOutcome.APPROVED, decided_at=NOW - DAY)
    shown = text(replace(IN_USE, approval=approval, undelivered=[problem]))
    assert ("✗  *Contact reachable:* no · a message to them has not arrived" in shown) != reachable


# --- refusals ---------------------------------------------------------------------------------------------------------

OLD = token(
    id=TokenId("0"), fingerprint=Fingerprint("0ddba115"), collected_at=LONG_AGO, collected_by=CONTACT, expires_at=NOW
)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            refused(Verdict.EXPIRED, OLD),
            f"the program still sends the old token `0ddba115`, which expired {instant(NOW)}. It needs `1a2b3c4d`.",
        ),
        (
            refused(Verdict.RETIRED, replace(OLD, retired_at=NOW - DAY)),
            f"the program still sends the old token `0ddba115`, which was retired {instant(NOW - DAY)}.",
        ),
        (
            refused(Verdict.REVOKED, replace(OLD, revoked_at=NOW - DAY)),
            f"the program still sends the old token `0ddba115`, which was revoked {instant(NOW - DAY)}.",
        ),
        (refused(Verdict.DISABLED, used()), "the access was switched off. It is on again."),
        (refused(Verdict.SUSPENDED, used()), "the token `1a2b3c4d` was suspended. That was taken back since."),
        (refused(Verdict.SUSPENDED, used(suspended_at=NOW)), "the token `1a2b3c4d` was suspended.\n"),
    ],
)
def test_the_last_refusals_say_when_where_and_why(one: Refused, words: str) -> None:
    shown = f"{text(IN_USE, refused=[one])}\n"
    assert f"*Refused lately*\n✗  {instant(NOW)}, at Billing: {words}" in shown


def test_without_a_token_that_works_nothing_is_called_old() -> None:
    card = replace(IN_USE, tokens=[TokenLine(OLD, offer(collected_at=LONG_AGO), CARLA)])
    assert "the program sends the token `0ddba115`, which expired" in text(
        card, refused=[refused(Verdict.EXPIRED, OLD)]
    )


def test_a_token_that_somebody_sent_before_it_was_anybodys_can_be_revoked_from_here() -> None:
    card, pending = with_token("offered"), DELIVERIES["offered"].token
    early = refused(Verdict.NOT_COLLECTED, pending)
    for may_serve, shown in ((True, [ids.REVOKE]), (False, [])):
        rendered = checklist(examined(card=replace(card, may_serve=may_serve), refused=[early]))
        assert "before its credentials were opened, when nobody could have it yet" in rendered.text
        assert [each for each in pressed(rendered) if each == ids.REVOKE] == shown


# --- the contact's own ------------------------------------------------------------------------------------------------

OF_CONTACTS = {ids.OPEN_HANDOFF, ids.SWITCHED, ids.ASK, ids.HOLDINGS}


def test_the_contact_sees_their_own_without_a_resource_server_by_name_or_an_admins_button() -> None:
    shown = own_checklist_message(own(refused=[refused(Verdict.EXPIRED, OLD)], askers=asking().unnamed))
    assert "a call with your token is accepted" in shown.text
    assert "client ID `tpc_abc`, token `1a2b3c4d`" in shown.text
    assert f"*Used:* yes · last {instant(NOW)}\n" in shown.text
    assert "your program still sends the old token `0ddba115`" in shown.text
    assert "Billing" not in shown.text
    assert API not in str(shown.blocks)
    assert pressed(shown) == [ids.ASK, ids.HOLDINGS]


@pytest.mark.parametrize(
    ("given", "words", "buttons"),
    [
        ({"tokens": []}, "*Credentials:* no · you have opened none", [ids.HOLDINGS]),
        ({"tokens": [], "offer": offer()}, "new ones wait for you until", [ids.OPEN_HANDOFF, ids.HOLDINGS]),
        (
            {"party": party(enabled=False)},
            "the access is switched off; <@U0ANNA> can say more",
            [ids.ASK, ids.HOLDINGS],
        ),
        ({"party": party(enabled=False), "offer": offer()}, "is refused", [ids.ASK, ids.HOLDINGS]),
        ({"tokens": [used(suspended_at=NOW)]}, "*Active:* no · suspended", [ids.ASK, ids.HOLDINGS]),
        ({"tokens": [used(last_accepted_at=None)]}, "no program has used it since", [ids.ASK, ids.HOLDINGS]),
        ({"tokens": [used(last_accepted_at=None)], "askers": NOBODY}, "*Used:* not known", [ids.ASK, ids.HOLDINGS]),
        (
            {"tokens": [SUCCESSOR, used(succeeded_at=NOW)], "may_ask": False},
            f"Your other token, `1a2b3c4d`, works until {instant(used().expires_at)}. Last use: {instant(NOW)}.",
            [ids.SWITCHED, ids.HOLDINGS],
        ),
        (
            {"tokens": [replace(SUCCESSOR, suspended_at=NOW), used()], "may_ask": False},
            "Your other token, `11223344`, is suspended. Last use: none since",
            [ids.HOLDINGS],
        ),
    ],
)
def test_the_contact_reads_what_concerns_them_and_what_they_can_do(
    given: dict[str, Any], words: str, buttons: list[str]
) -> None:
    shown = own_checklist_message(own(**{"may_ask": "tokens" not in given or bool(given["tokens"]), **given}))
    assert words in shown.text
    assert pressed(shown) == buttons
    assert set(buttons) <= OF_CONTACTS


# --- the report -------------------------------------------------------------------------------------------------------


def test_what_is_not_used_for_long_can_be_disabled_from_the_report_by_those_who_may() -> None:
    labelled = dict(reports("Acme Corp"))
    idle, for_owner = report_answer(labelled["long_unused"]), report_answer(labelled["long_unused, for an owner"])
    assert pressed(idle) == [ids.DISABLE] * 3
    assert pressed(for_owner) == [ids.SHOW] * 3
    since = instant(NOW - 91 * DAY)
    assert f"*Not used for 90 days* (3)\n*Acme Corp* · `1a2b3c4d` · last use {since}\n" in idle.text
    assert f"*Acme Corp* · never used, as far as I could see since {since}\n" in idle.text
    assert f"last use {since}, at Acme Corp\n" in for_owner.text
    assert "There may be more." in for_owner.text
