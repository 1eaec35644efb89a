"""From the typed text to the subcommand it means."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from access.model.people import Caller
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from handlers.answer import Answer, Say
from handlers.commands import (
    add,
    audit,
    contact,
    disable,
    edit,
    enable,
    find,
    help,
    issue,
    list,
    remove,
    renew,
    report,
    resend,
    revoke,
    show,
    test,
)
from handlers.commands.naming import Misunderstood
from handlers.commands.words import UnbalancedQuote, Word, split
from handlers.desk import Desk
from handlers.views.answers import did_you_mean, sentence

_UNBALANCED: Final = (
    'There is a quote at the beginning of a word, and none at the end. A name with spaces is written "like this".'
)

COMMANDS: Final[Mapping[str, Callable[[Sequence[Word], Caller, Desk], Awaitable[Answer]]]] = {
    "add": add.run,
    "list": list.run,
    "show": show.run,
    "edit": edit.run,
    "contact": contact.run,
    "enable": enable.run,
    "disable": disable.run,
    "remove": remove.run,
    "issue": issue.run,
    "renew": renew.run,
    "resend": resend.run,
    "revoke": revoke.run,
    "test": test.run,
    "find": find.run,
    "report": report.run,
    "audit": audit.run,
    "help": help.run,
}


def known_command(text: str) -> str | None:
    """Return the subcommand's word, for the log: never what somebody typed that is none."""
    first = next(iter(text.split()), "list").lower()
    return first if first in COMMANDS else None


async def answer_command(text: str, caller: Caller, desk: Desk) -> Answer:
    """Do what was typed. Nothing at all is the overview.

    Raises: AccessError; NotPermitted also where the words make no sense and the caller may see nothing here, so that
    they learn whom to ask, and not which names there are.
    """
    try:
        return await _run(text, caller, desk)
    except Misunderstood as misunderstood:
        await list_third_parties(ListThirdParties(caller=caller), desk.ports)
        return Say(misunderstood.answer)


async def _run(text: str, caller: Caller, desk: Desk) -> Answer:
    try:
        command, *words = split(text) or [Word("list")]
    except UnbalancedQuote:
        raise Misunderstood(sentence(_UNBALANCED)) from None
    run = COMMANDS.get(command.text.lower())
    if run is None:
        raise Misunderstood(did_you_mean(command.text, get_close_matches(command.text.lower(), COMMANDS, n=2)))
    return await run(words, caller, desk)
