"""Answers to a command or a press that only the person who asked can see."""

from collections.abc import Sequence

from access.model.errors import AccessError
from access.model.people import SlackUser
from access.model.rendered import Block, Rendered
from access.model.token import Token
from handlers import ids
from handlers.error_text import explain
from handlers.mrkdwn import code, command, person, shortened, strong
from handlers.views.command_guide import GUIDES
from handlers.views.kit import actions, button, context, message, section, sections
from handlers.views.lookalike import looks_the_same
from handlers.views.token_line import revoke_now

_ADMINS_NAMED = 5
_SHOWN = 80


def sentence(text: str, *, buttons: Sequence[Block] = ()) -> Rendered:
    """Return one paragraph of mrkdwn (foreign parts escaped by `handlers.mrkdwn`) with its buttons."""
    return message(section(text), *actions(*buttons))


def help_text(about: str | None) -> Rendered:
    """Return what can be typed, or more about one command if there is such a one."""
    guide = GUIDES.get(about or "")
    if about is None or guide is None:
        lines = [f"{command(word, rest=each.arguments)} {each.does}" for word, each in GUIDES.items()]
        rules = (
            f"Put a name that has spaces in quotes. More about one of them: {command('help', rest='issue')}. My Home "
            "tab shows what needs you now, with a button for each thing."
        )
        return message(section("*What you can type*"), *sections(lines), context(rules))
    usage = f"{command(about, rest=guide.arguments)} {guide.does}. {guide.more}"
    return message(section(f"{usage}\nFor example: {command(guide.example)}"))


def did_you_mean(word: str, suggestions: Sequence[str]) -> Rendered:
    """Answer an unknown word after /thirdparty. `suggestions`: commands that are close to it."""
    known = f"There is no command {code(shortened(word, _SHOWN))}."
    if suggestions:
        return sentence(f"{known} Did you mean {' or '.join(command(each) for each in suggestions)}?")
    return sentence(f"{known} {command('help')} shows what there is.")


def no_such_third_party(name: str, suggestions: Sequence[str], lookalikes: Sequence[str] = ()) -> Rendered:
    """Answer a name that no third party has. The caller has made sure that it holds no secret.

    `suggestions`: names that are spelt like it; `lookalikes`: names that can be mistaken for it.
    """
    unknown = f"I know no third party named {strong(shortened(name, _SHOWN))}."
    everything = button("List all", ids.LIST)
    if lookalikes:
        return sentence(f"{unknown} {looks_the_same(name, lookalikes)}", buttons=[everything])
    if suggestions:
        close = ", ".join(code(each) for each in suggestions)
        return sentence(f"{unknown} There is a similar name: {close}.", buttons=[everything])
    return sentence(f"{unknown} {command('list')} shows those there are.", buttons=[everything])


def whom_to_ask(admins: Sequence[SlackUser], channel: str | None) -> Rendered:
    """Tell somebody who may not use the command who can help. `channel`: the admin channel's id."""
    who = ", ".join(person(admin) for admin in admins[:_ADMINS_NAMED])
    ways = [f"ask {who}"] if who else []
    ways += [f"write in <#{channel}>"] if channel else []
    please = " or ".join(ways) or "ask one of them"
    return sentence(f"I look after third parties' access to our API, together with the admins. Please {please}.")


def pasted_secret(token: Token | None, may_revoke: bool) -> Rendered:
    """Answer a text that held a secret. `token` is set where the caller may know which one it is."""
    kept = "That looks like a token or a client secret. I have kept nothing of it; please delete it where you pasted it"
    if token is None:
        return sentence(f"{kept}, and ask an admin to revoke that token, because somebody else may have read it.")
    which = f"It belongs to the token {code(token.fingerprint)}"
    if not may_revoke:
        return sentence(f"{kept}. {which}, which doesn't work any more, so there is nothing else to do.")
    return sentence(
        f"{kept}. {which}. Somebody else may have read it, so it is best to revoke that token.",
        buttons=[revoke_now(token), button("Leave it", ids.DISMISS)],
    )


def pasted_private_key() -> Rendered:
    """Answer a text that held a private key."""
    return sentence(
        "That looks like a *private* key, and a public one is all that is ever needed here. I have kept nothing of it, "
        "but Slack has seen it: take it for lost. Please delete it where you pasted it, stop using that key wherever "
        "it opens something, and make a new one (`age-keygen -o key.txt`, or `ssh-keygen -t ed25519`). Then give me "
        "the line that begins with age1, ssh-ed25519 or ssh-rsa."
    )


def refusal(error: AccessError, reference: str, *, name: str = "") -> Rendered:
    """Say why something was refused. `reference` finds it in the log; `name`: the third party's, where it is known."""
    return message(section(explain(error, name)), context(f"Reference: {code(reference)}"))


def broken(reference: str) -> Rendered:
    """Answer where something failed that nobody foresaw."""
    return sentence(
        "Something went wrong here, and not because of you. Please try again; if it happens again, give whoever runs "
        f"me this reference: {code(reference)}."
    )


def cannot_keep(reference: str, *, changing: bool, in_doubt: bool = False) -> Rendered:
    """Answer where the database cannot be used.

    `changing`: something was to be changed, and was not, unless it is `in_doubt` whether it was.
    """
    if in_doubt:
        what = "I lost my database while I did this, so I can't say whether it is done."
        then = "Please look before you do it again: `/thirdparty show NAME` says how things are, once I can read again."
    else:
        cannot_look = "I can't look anything up at the moment, so I can't show you how things are."
        what = "I can't keep anything at the moment, so nothing was done." if changing else cannot_look
        then = "What was done before stays as it is. Please try again later."
    return sentence(f"{what} {then} If it goes on, give whoever runs me this reference: {code(reference)}.")
