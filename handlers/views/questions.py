"""Questions that come before something is ended for good, seen by the person who asked for it alone."""

from collections.abc import Sequence

from access.model.card import ThirdPartyCard
from access.model.rendered import Rendered
from access.model.token import Token
from handlers import ids
from handlers.mrkdwn import code, escape, instant
from handlers.views.kit import actions, button, confirmation, context, message, section
from handlers.views.token_line import LAST_USE, revoke_now


def remove_question(card: ThirdPartyCard) -> Rendered:
    """Ask whether a third party is to end."""
    count = len(card.live)
    tokens = {0: "It has no working token.", 1: "Its token stops working at once."}
    lost = tokens.get(count, f"Its {count} tokens stop working at once.")
    dialog = confirmation(
        "Remove it?", "Its tokens are revoked at once. This can't be undone; the history stays.", "Remove"
    )
    return message(
        section(
            f"*Remove {escape(card.party.name)}?* {lost} This can't be undone. The history stays, and the "
            "name may be used again."
        ),
        *([context(LAST_USE)] if count else []),
        *actions(
            button("Remove now", ids.REMOVE_NOW, card.party.id, style="danger", confirm=dialog),
            button("Keep it", ids.DISMISS),
        ),
    )


def revoke_question(card: ThirdPartyCard, tokens: Sequence[Token]) -> Rendered:
    """Ask whether, or which of, these tokens are to be revoked."""
    which = "this token" if len(tokens) == 1 else "one of these tokens"
    return message(
        section(f"*Revoke {which} of {escape(card.party.name)}?* It stops working at once, and that can't be undone."),
        *(section(_token(token), button=revoke_now(token)) for token in tokens),
        context(LAST_USE),
        *actions(button("Keep it" if len(tokens) == 1 else "Keep them", ids.DISMISS)),
    )


def _token(token: Token) -> str:
    return f"{code(token.fingerprint)}, issued {instant(token.issued_at)}, expires {instant(token.expires_at)}"
