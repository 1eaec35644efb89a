"""What the owner is told about the third party itself."""

from collections.abc import Sequence

from access.model.card import Undelivered, Who
from access.model.rendered import Rendered
from access.model.third_party import ThirdParty
from handlers import ids
from handlers.mrkdwn import command, person, quote, strong
from handlers.views.delivery import undelivered_line
from handlers.views.kit import actions, button, message, section


def owner_assigned(party: ThirdParty, by: Who) -> Rendered:
    """Tell somebody that they are the owner now, and what that means."""
    return message(
        section(
            f"{person(by)} made you the owner of {strong(party.name)}: you are responsible for its access to our API. "
            "I tell you what happens to it, and you can renew its token, offer its credentials anew or stop it: "
            f"{command('renew', party.name)}, {command('resend', party.name)}, {command('revoke', party.name)}."
        ),
        *actions(button("Show", ids.SHOW, party.id, style="primary")),
    )


def switched(party: ThirdParty, by: Who, reason: str) -> Rendered:
    """Tell the owner that the switch was moved, as it stands now. `reason`: of a disabling, empty if unknown."""
    if party.enabled:
        text = f"{person(by)} enabled {strong(party.name)}: a token that is active is accepted."
    else:
        text = (
            f"{person(by)} disabled {strong(party.name)}: every call to the API is refused. "
            f"An admin can undo that: {command('enable', party.name)}."
        )
    why = [section(quote(reason))] if reason else []
    return message(section(text), *why, *actions(button("Show", ids.SHOW, party.id)))


def removed(party: ThirdParty, by: Who) -> Rendered:
    """Tell the owner that the third party is gone."""
    return message(
        section(
            f"{person(by)} removed {strong(party.name)}. Its tokens are revoked, and every call is refused; the "
            "history stays. There is nothing to do. If it shall come back, an admin can register it anew: "
            f"{command('add', party.name)}."
        )
    )


def undeliverable(party: ThirdParty, problems: Sequence[Undelivered]) -> Rendered | None:
    """Say which messages about a third party did not arrive and what helps; None if none is known any more."""
    if not problems:
        return None
    return message(
        section(f"Something about {strong(party.name)} could not be delivered."),
        *(section(undelivered_line(problem)) for problem in problems),
        *actions(button("Show", ids.SHOW, party.id)),
    )
