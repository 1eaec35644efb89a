"""What can be typed after /thirdparty."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Guide:
    """One command: what follows its word, what it does in a few words, what else there is to know, an example."""

    arguments: str
    does: str
    more: str
    example: str


GUIDES: Final[Mapping[str, Guide]] = {
    "add": Guide(
        "[name] [callback-url]",
        "registers a third party",
        "Without a name it opens a form. It starts not enabled; the next step is its contact.",
        'add "Acme Corp" https://acme.example/callback',
    ),
    "list": Guide(
        "[text]",
        "shows all third parties, or those whose name contains a text",
        "Just /thirdparty does the same. My Home tab has all of them, page by page, with a search and filters.",
        "list acme",
    ),
    "show": Guide(
        "NAME",
        "shows everything about one",
        "Its two switches, its contact, its tokens, and what is to be done next.",
        'show "Acme Corp"',
    ),
    "edit": Guide(
        "NAME",
        "changes name, callback URL, owner, deputy owner or notes",
        "It opens a form. The client ID stays the same for ever.",
        'edit "Acme Corp"',
    ),
    "contact": Guide(
        "NAME @user [deputy]",
        "proposes the contact, who alone may receive the credentials, or a deputy",
        "I introduce myself to that person; then another admin approves. An admin can't be a contact. The word deputy "
        "behind them proposes who takes over when the contact has gone, and receives nothing before.",
        'contact "Acme Corp" @user',
    ),
    "enable": Guide(
        "NAME",
        "switches the access on",
        "A token is accepted while the third party is enabled and the token itself is active.",
        'enable "Acme Corp"',
    ),
    "disable": Guide(
        "NAME [reason]",
        "switches the access off, at once",
        "Every call is refused until it is enabled again; the tokens stay. The owner reads the reason.",
        'disable "Acme Corp" contract under review',
    ),
    "remove": Guide(
        "NAME",
        "ends the third party and revokes its tokens",
        "I ask first. The history stays, and the name may be used again.",
        'remove "Acme Corp"',
    ),
    "issue": Guide(
        "NAME",
        "issues the first token and offers it to the contact",
        "The contact sees the credentials once, after pressing a button in my message. Nobody else ever does.",
        'issue "Acme Corp"',
    ),
    "renew": Guide(
        "NAME",
        "offers a new token while the old one still works",
        "Both work until everything is switched, so that nothing stops. An uncollected one changes nothing.",
        'renew "Acme Corp"',
    ),
    "resend": Guide(
        "NAME",
        "offers a new token in place of one that was not collected",
        "For an offer that got lost, lapsed or was declined.",
        'resend "Acme Corp"',
    ),
    "revoke": Guide(
        "NAME [fingerprint]",
        "stops a token at once, for good",
        "I ask first. Where there are several tokens, the fingerprint says which.",
        'revoke "Acme Corp" 1a2b3c4d',
    ),
    "test": Guide(
        "NAME",
        "checks what its access depends on, and says what is wrong",
        "Credentials, Enabled, Active; the contact, when a program used it last, and what was refused.",
        'test "Acme Corp"',
    ),
    "find": Guide(
        "FINGERPRINT",
        "says whose token that is",
        "For one that turned up somewhere, in a log perhaps. Type its fingerprint, the 8 digits I show everywhere, "
        "and never the token itself.",
        "find 1a2b3c4d",
    ),
    "report": Guide(
        "",
        "shows what expires next, and what was handed over but isn't used",
        "Also which contacts wait for approval, who has no token, and how much expires in which month. The admin "
        "channel reads the same every Monday; my Home tab shows what of it needs you, with buttons.",
        "report",
    ),
    "audit": Guide(
        "NAME",
        "shows who did what, and when",
        "Refusals are in it too. The records are chained, so that a change shows. It outlives a removal.",
        'audit "Acme Corp"',
    ),
    "help": Guide(
        "[command]",
        "shows what can be typed, or more about one command",
        "Everything that I answer to a command is visible to you alone.",
        "help issue",
    ),
}
