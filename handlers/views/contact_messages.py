"""What is sent about a contact: to the person proposed, to the admins, to whoever proposed them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from access.model.card import Who
from access.model.contact import ContactProposal, ProposalOutcome
from access.model.contact_key import ContactKeys
from access.model.ids import PersonId
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from handlers import ids
from handlers.mrkdwn import code, command, instant, person, quote, strong
from handlers.views.keys import approve_button, own_key, proposed_key, reject_key
from handlers.views.kit import actions, button, context, message, section
from handlers.views.lookalike import lookalike_warning
from handlers.views.token_line import replace

_NO_SECRETS: Final = "I never ask you for a password, token or any other secret."


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """A proposal with the people in it.

    `reason` is why it was rejected, empty if unknown. `has_token`: one has not ended yet. `new_token_expires_at`: when
    a token issued now would expire. `keys`: the public keys of whoever was proposed; `key_required`: no credentials
    without. `lookalikes`: other third parties' names that can be mistaken for this one's.
    """

    party: ThirdParty
    proposal: ContactProposal
    contact: Who
    proposed_by: Who
    decided_by: Who
    reason: str
    has_token: bool
    new_token_expires_at: datetime
    lookalikes: Sequence[str] = ()
    keys: ContactKeys = field(default_factory=ContactKeys)
    key_required: bool = False

    @property
    def role(self) -> str:
        """As what they were proposed."""
        return "deputy contact" if self.proposal.deputy else "contact"

    @property
    def holds(self) -> bool:
        """Tell whether they are now what they were proposed as."""
        present = self.party.deputy_contact if self.proposal.deputy else self.party.contact
        return present == self.proposal.contact


def introduction(shown: ProposalShown, workspace_name: str) -> Rendered | None:
    """Tell somebody that they were proposed, and afterwards what came of it; None if they need not know any more."""
    name, outcome = strong(shown.party.name), shown.proposal.outcome
    if outcome is None:
        what = "the one person who may receive its credentials"
        then = (
            "When there are credentials for you, I send you a message here with a button that shows them once. My Home "
            "tab always shows what you hold."
        )
        if shown.proposal.deputy:
            what = f"who takes the place of the contact, {what}, when that one has gone"
            then = "Until then you receive no credentials; should you take over, I tell you here."
        return message(
            section(
                f"Hello! I give third parties access to the API of {workspace_name}. {_proposed_you(shown)} the "
                f"{shown.role} of {name}: {what}."
            ),
            section(f"An admin decides about that now; you don't have to do anything. {then}"),
            context(
                "I never ask you for a password, token or any other secret. If you didn't expect this, please ask "
                f"{person(shown.proposed_by) if shown.proposal.proposed_by else 'whoever looks after that access'}."
            ),
            *([] if shown.proposal.deputy else own_key(shown.party, shown.keys, required=shown.key_required)),
        )
    if shown.proposal.reached_at is None:
        return None
    if outcome is ProposalOutcome.APPROVED and shown.proposal.deputy and shown.holds:
        return message(
            section(
                f"Hello! You are the deputy contact of {name} for the API of {workspace_name}. When the contact has "
                "gone, you take their place, and I tell you here. Until then you receive no credentials."
            ),
            context(_NO_SECRETS),
        )
    if outcome is ProposalOutcome.APPROVED and shown.party.contact == shown.proposal.contact:
        return message(
            section(
                f"Hello! You are the contact of {name} for the API of {workspace_name}. When there are credentials for "
                "you, I send you a message here with a button that shows them once."
            ),
            context(_NO_SECRETS),
            *own_key(shown.party, shown.keys, required=shown.key_required),
        )
    return message(section(f"You are not the {shown.role} of {name}, so there is nothing for you to do."))


def _proposed_you(shown: ProposalShown) -> str:
    """Nobody in Slack proposed whoever was imported."""
    if shown.proposal.proposed_by is None:
        return "Its data were taken over from elsewhere, and name you as"
    return f"{person(shown.proposed_by)} has proposed you as"


def _proposes(shown: ProposalShown) -> str:
    return f"{person(shown.proposed_by)} proposes" if shown.proposal.proposed_by else "An import names"


def approval_request(shown: ProposalShown, *, may_approve: bool) -> Rendered:
    """Ask the admins about a proposed contact, and afterwards show who decided what."""
    proposal, name = shown.proposal, strong(shown.party.name)
    what = f"{person(shown.contact)} as the {shown.role} of {name}"
    if proposal.outcome is not None:
        by = f"proposed by {person(shown.proposed_by)}" if proposal.proposed_by else "imported"
        decided = f"{_decision(shown)}: {what}, {by}."
        return message(section(decided), *_reason(shown))
    take = "Approve or reject?" if may_approve else "It takes another admin than you to approve that."
    key = shown.keys.waiting
    approve = [approve_button(proposal.id, key)] if may_approve else []
    return message(
        section(f"{_proposes(shown)} {what}, {_meaning(shown)}. {take}"),
        *([section(lookalike_warning(shown.party.name, shown.lookalikes))] if shown.lookalikes else []),
        *_former_deputy(shown),
        *_account_end(shown),
        *proposed_key(key),
        context("Before you approve: is it the right person? Best ask somebody who knows them by another way."),
        *actions(
            *approve,
            button("Reject" if may_approve else "Take it back", ids.REJECT, proposal.id),
            *([reject_key(key)] if key else []),
            button("Show", ids.SHOW, shown.party.id),
        ),
    )


def proposal_decided(shown: ProposalShown) -> Rendered | None:
    """Tell whoever proposed a contact what came of it, and what is next."""
    name, who = shown.party.name, person(shown.contact)
    propose = ids.PROPOSE_DEPUTY if shown.proposal.deputy else ids.PROPOSE
    again = [button("Propose somebody else", propose, shown.party.id, style="primary")]
    match shown.proposal.outcome:
        case ProposalOutcome.APPROVED if shown.holds:
            text, step = _after_approval(shown)
            return message(
                section(f"{_decision(shown)}: {who} is the {shown.role} of {strong(name)}. {text}"),
                *actions(*step, button("Show", ids.SHOW, shown.party.id)),
            )
        case ProposalOutcome.REJECTED:
            rejected = section(f"{_decision(shown)}: {who} does not become the {shown.role} of {strong(name)}.")
            return message(rejected, *_reason(shown), *actions(*again))
        case ProposalOutcome.UNREACHABLE:
            return message(
                section(
                    f"I couldn't reach {who}, so they can't be the {shown.role} of {strong(name)}. Please invite them "
                    "to this workspace as a guest, or to a channel that you share with their organisation, and propose "
                    f"them again: {command('contact', name, '@user deputy' if shown.proposal.deputy else '@user')}."
                ),
                *actions(*again),
            )
        case _:
            return None


def deputy_took_over(shown: ProposalShown, by: Who) -> Rendered | None:
    """Tell owner and admins that the deputy of that proposal is the contact, and what is next; moot if no longer so.

    `by`: the admin who decided that, if one did.
    """
    if shown.party.contact != shown.proposal.contact:
        return None
    name, who = strong(shown.party.name), person(shown.contact)
    happened = f"The contact of {name} has gone, so their deputy {who} took over and is the contact now."
    if by is not None:
        happened = f"{name} had no contact, so {person(by)} made the deputy {who} the contact."
    approved = "They were approved for that, and as the deputy they received no credentials."
    text, _ = _after_becoming(shown)
    if shown.party.enabled and shown.has_token:
        renew = command("renew", shown.party.name)
        text = f"To give them credentials of their own, beside the token that there is: {renew}."
    withdrawn = "What the former contact was offered and had not opened is withdrawn."
    return message(
        section(f"{happened} {approved} {withdrawn}"),
        section(text),
        *actions(button("Show", ids.SHOW, shown.party.id)),
    )


def contact_now(shown: ProposalShown, workspace_name: str) -> Rendered | None:
    """Tell the deputy that they are the contact; moot if they are so no longer."""
    if shown.party.contact != shown.proposal.contact:
        return None
    return message(
        section(
            f"You were the deputy contact of {strong(shown.party.name)} for the API of {workspace_name}. You have "
            "taken over, and are the contact now: the one person who may receive its credentials. When there are "
            "credentials for you, I send you a message here with a button that shows them once."
        ),
        context(_NO_SECRETS),
        *actions(button("What I hold", ids.HOLDINGS)),
    )


def deputy_lost(party: ThirdParty, former: PersonId, who: Who) -> Rendered | None:
    """Tell owner and admins that the deputy became an admin, so nobody would take over; moot once it is settled.

    `former`: the person of whom `who` is the Slack account.
    """
    if party.removed_at is not None or party.deputy_contact is not None or party.contact == former:
        return None
    name = strong(party.name)
    return message(
        section(
            f"{person(who)} became an admin, and an admin can't be a contact: so they are no longer the deputy contact "
            f"of {name}. Nothing else changed, and they never received credentials as the deputy. If the contact goes, "
            "nobody takes over."
        ),
        section(f"An admin can propose another deputy: {command('contact', party.name, '@user deputy')}."),
        *actions(button("Show", ids.SHOW, party.id)),
    )


def former_contact_tokens(
    party: ThirdParty, opened: Sequence[tuple[Token, Who]], now: datetime, *, for_owner: bool
) -> Rendered:
    """Ask what to do with tokens that a former contact opened and that have not ended.

    `opened`: each with whoever opened it. Only an admin decides about a suspended one.
    """
    name = strong(party.name)
    if not opened:
        return message(
            section(f"{name} has another contact. No token that the former one opened works any more; nothing to do.")
        )
    if any(token.state(now) is not TokenState.SUSPENDED for token, _ in opened):
        what = (
            "A token that the former one opened still works, and they may still have its credentials. Replace it now, "
            "or leave it as it is if you trust them with it."
        )
    else:
        what = "A token that the former one opened is suspended: it is refused until an admin decides."
    return message(
        section(f"{name} has another contact. {what}"),
        *(_opened_token(token, who, now, for_owner=for_owner) for token, who in opened),
        *actions(button("Show", ids.SHOW, party.id)),
    )


def _opened_token(token: Token, who: Who, now: datetime, *, for_owner: bool) -> Block:
    opened = f"{code(token.fingerprint)}, opened by {person(who)},"
    if token.state(now) is TokenState.SUSPENDED:
        return section(f"{opened} is suspended", button=None if for_owner else replace(token))
    return section(f"{opened} works until {instant(token.retires_at or token.expires_at)}", button=replace(token))


def _meaning(shown: ProposalShown) -> str:
    if not shown.proposal.deputy:
        return "who alone would receive its credentials"
    return "who would take the contact's place when that one has gone, and receives no credentials before"


def _former_deputy(shown: ProposalShown) -> list[Block]:
    if not shown.proposal.deputy or shown.party.deputy_contact is None:
        return []
    return [section("There is a deputy contact already, whose place they would take.")]


def _after_approval(shown: ProposalShown) -> tuple[str, list[Block]]:
    if shown.proposal.deputy:
        return "They receive no credentials until the contact has gone, and then take their place.", []
    return _after_becoming(shown)


def _after_becoming(shown: ProposalShown) -> tuple[str, list[Block]]:
    """Say what is next where there is a contact."""
    name, about = shown.party.name, shown.party.id
    if not shown.party.enabled:
        return f"To go on: {command('enable', name)}.", [button("Enable", ids.ENABLE, about, style="primary")]
    if not shown.has_token:
        return f"To go on: {command('issue', name)}.", [button("Issue a token", ids.ISSUE, about, style="primary")]
    return f"There is a token already; {command('show', name)} says how it is with it.", []


def _decision(shown: ProposalShown) -> str:
    by = person(shown.decided_by)
    return {
        ProposalOutcome.APPROVED: f"✓ Approved by {by}",
        ProposalOutcome.REJECTED: f"✗ Rejected by {by}",
        ProposalOutcome.UNREACHABLE: "✗ Not reached",
        ProposalOutcome.SUPERSEDED: "– Nothing to decide any more, something newer took its place",
    }[shown.proposal.outcome or ProposalOutcome.SUPERSEDED]


def _reason(shown: ProposalShown) -> list[Block]:
    return [section(quote(shown.reason))] if shown.reason else []


def _account_end(shown: ProposalShown) -> list[Block]:
    ends_at = shown.proposal.account_ends_at
    if ends_at is None:
        return []
    early = ends_at < shown.new_token_expires_at
    late = f", before a token issued now would expire ({instant(shown.new_token_expires_at)})" if early else ""
    return [section(f"They are a guest here, and their account ends {instant(ends_at)}{late}.")]
