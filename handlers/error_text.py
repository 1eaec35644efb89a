"""What a person reads when an operation is refused: what is so, and what to do next. The only such table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from access.model import errors
from access.model.errors import AccessError
from handlers.mrkdwn import command, instant

_NO_LONGER_HERE: Final = "I can't find it any more: it may have been removed or replaced."
_SLACK_HAS_NO_SUCH_PERSON: Final = "I can't find that person in Slack. Please choose somebody else."
_NEW_ONES: Final = (
    "Nothing was shown. Please ask the person who offered them for new ones: {resend} makes them, and these end."
)
_IF_MISUSED: Final = "If somebody else may have them, ask again and choose that: it stops this token at once."

_IMPORT: Final = "`thirdparty-bot import`"

_TEXTS: Final[Mapping[type[AccessError], str | Mapping[str, str]]] = {
    errors.NotPermitted: {
        "look": "Only admins, auditors and the owner can see this. An admin can show you, or do it for you.",
        "manage": "Only an admin can do this. Please ask one; {help} says what there is.",
        "serve": "Only an admin, or the owner, can do this. Please ask one of them.",
    },
    errors.DirectoryUnavailable: (
        "Slack didn't tell me in time who is who, so I changed nothing. Please try again in a minute."
    ),
    errors.ThirdPartyNotFound: "There is no such third party; it may have been removed. {list} shows those there are.",
    errors.NameInvalid: {
        "empty": "There is no name yet. Please type one of 1 to 80 characters.",
        "too_long": "That name is too long. Please choose one of at most 80 characters.",
        "invisible": "That name holds a character that can't be seen. Please type it anew instead of pasting it.",
    },
    errors.NameTaken: (
        "There is a third party of this name already (capitals and spaces don't count). For another one, please choose "
        "another name."
    ),
    errors.ImportOutdated: (
        "Something has changed since the file was looked at, so nothing was imported. Please run the command once "
        "more: it says what stands in the way."
    ),
    errors.AskerUnknown: (
        "Whoever asked is no resource server that I know, or its secret is wrong. On the bot's machine, "
        "`thirdparty-bot resource-server add` lets one ask."
    ),
    errors.ResourceServerNameTaken: (
        "There is a resource server of this name already (capitals and spaces don't count). Please choose another name."
    ),
    errors.ResourceServerNotFound: (
        "There is no resource server of that name. `thirdparty-bot resource-server list` shows those there are."
    ),
    errors.PersonNotKnown: (
        "Nobody of that Slack user ID is known here. It is what Slack's *Copy member ID* gives, in somebody's profile "
        "(U…, W…), with every letter and digit."
    ),
    errors.PersonStillNeeded: (
        "That person is still an owner, a contact or a deputy of a third party, or something of theirs waits. "
        "`thirdparty-bot person erase` names what that is, and what to do about it."
    ),
    errors.CallbackUrlInvalid: {
        "not_a_url": "That isn't a complete URL. It looks like https://example.com/callback, or leave it empty.",
        "not_https": (
            "A callback URL starts with https://; please change that. Only on the same machine (localhost) may it be "
            "http://."
        ),
        "fragment": "A callback URL can't have a # in it. Please leave out the # and what follows.",
        "user_info": "A callback URL can't have a user name or password in it. Please leave out what is before the @.",
        "too_long": "That callback URL is too long. Please choose one of at most 2,000 characters.",
    },
    errors.TextTooLong: "That text is too long. Please shorten it to {limit} characters.",
    errors.OwnerUnsuitable: {
        "unknown": _SLACK_HAS_NO_SUCH_PERSON,
        "bot": "An app can't be an owner. Please choose a person.",
        "deactivated": "An owner's account has to be active, and one of those isn't. Please choose somebody else.",
        "guest": "An owner is a full member of this workspace, not a guest. Please choose somebody else.",
        "foreign": "An owner belongs to this workspace, not to another organisation. Please choose somebody else.",
        "same": "Owner and deputy owner have to be two people. Please choose another deputy, or none.",
    },
    errors.ChangedMeanwhile: (
        "Somebody changed it while your form was open, so I kept theirs. Open the form again to see it as it is now: "
        "{edit}."
    ),
    errors.AlreadyEnabled: "It is enabled already, so there is nothing to do.",
    errors.NothingToConfirm: (
        "Nothing waits to be confirmed: everything was decided about already. {list} shows how everything is now."
    ),
    errors.AlreadyDisabled: "It is not enabled, so there is nothing to disable. {enable} switches it on.",
    errors.ThirdPartyDisabled: "It is not enabled, and that comes first: {enable}.",
    errors.ContactUnsuitable: {
        "unknown": _SLACK_HAS_NO_SUCH_PERSON,
        "bot": "An app can't be a contact. Please choose a person.",
        "deactivated": "That person's account is deactivated. Please choose somebody else.",
        "admin": (
            "That person is an admin here, and an admin never sees credentials. Please choose somebody else, "
            "best somebody who works for the third party."
        ),
        "stranger": (
            "I can't write to that person. Please invite them to this workspace as a guest, or to a channel that "
            "you share with their organisation, and try again."
        ),
    },
    errors.ContactUnchanged: "That person is the contact already. Choose somebody else, or leave it as it is.",
    errors.DeputyWithoutContact: (
        "A deputy takes over from a contact, and there is no contact at the moment. Please propose the contact first: "
        "{contact}."
    ),
    errors.DeputyUnsuitable: {
        "contact": "That person is the contact already, and a deputy is somebody else. Please choose another person.",
        "deputy": "That person is the deputy contact already. Choose somebody else, or leave it as it is.",
    },
    errors.NotTheDeputy: "That person is not the deputy contact any more. {show} says how things are.",
    errors.DeputyNotNeeded: (
        "There is a contact, and a deputy takes over only when they have gone. To change the contact all the same, "
        "propose the deputy as the contact: {contact}."
    ),
    errors.ContactAlreadyProposed: {
        "waiting": (
            "That person is proposed already, but my introduction hasn't reached them yet. As soon as it has, I ask "
            "the admins; until then you can wait, or take the proposal back."
        ),
        "reached": "That person is proposed already and waits for approval. Another admin can approve them now.",
    },
    errors.ContactNotApproved: (
        "There is no approved contact yet, so nobody could receive the credentials. Propose one: {contact}."
    ),
    errors.ContactReplaced: (
        "Another contact was approved at the same moment, so I offered nothing. Please look who it is now ({show}), "
        "and try again."
    ),
    errors.ProposalNotFound: f"{_NO_LONGER_HERE} {{show}} says how things are.",
    errors.ProposalDecided: {
        "approved": "This was approved already, so there is nothing left to decide. {show} says how things are.",
        "rejected": "This was rejected already. To propose somebody: {contact}.",
        "superseded": "Something newer has taken the place of this proposal. {show} says how things are.",
        "unreachable": "I couldn't reach that person, so this proposal has ended. To propose somebody: {contact}.",
    },
    errors.ProposalNotReady: (
        "My introduction hasn't reached that person yet. Please wait a moment: as soon as it has, I ask the admins."
    ),
    errors.KeyUnusable: {
        "empty": "There is no key yet. Please paste the one line of your public key.",
        "several": "That is more than one key, or a key in several lines. Please paste exactly one, in one line.",
        "unknown": (
            "I don't know that kind of key. Please paste a public key that begins with age1, ssh-ed25519 or ssh-rsa."
        ),
        "old_kind": (
            "age can't encrypt to a key of that kind (ECDSA, DSA or a security key). Please paste another one: "
            "ssh-keygen -t ed25519 or age-keygen makes it."
        ),
        "short": (
            "An RSA key has to have 2,048 bits or more, and this one is shorter. Please paste another one: "
            "ssh-keygen -t ed25519 makes it."
        ),
        "long": (
            "An RSA key of more than 4,096 bits is too long for this. Please paste another one: "
            "ssh-keygen -t ed25519 makes it."
        ),
        "damaged": "That key is damaged or incomplete. Please copy its whole line once more, and paste it again.",
    },
    errors.KeyUnchanged: {
        "waiting": "You have asked for that already, and it waits for an admin. Nothing else to do.",
        "in_force": "That is your key already, so there is nothing to do.",
    },
    errors.NoKeyToRemove: "You have no approved public key at the moment, so there is none to remove. You can add one.",
    errors.KeysChangedOften: (
        "You have asked for several changes of your key just now, and the admins need time to look. Please try again "
        "in an hour, or talk with the person who offers you the credentials."
    ),
    errors.KeyChangeNotFound: f"{_NO_LONGER_HERE} {{show}} says how things are.",
    errors.KeyChangeDecided: {
        "approved": "This was approved already, so there is nothing left to decide. {show} says how things are.",
        "rejected": "This was rejected already, so there is nothing left to decide. {show} says how things are.",
        "superseded": "The contact has asked for something else since. {show} has it, with its buttons.",
        "withdrawn": "They are not the contact any more, so nothing is left to decide. {show} says how things are.",
    },
    errors.KeyChangedSince: (
        "Their public key has changed since you were shown this, so I approved nothing. Please look at it anew: {show}."
    ),
    errors.OwnKey: "This is your own key, and it takes another admin to decide about it. Please ask one.",
    errors.KeyRequired: {
        "offer": (
            "The contact has no approved public key, and here credentials are shown encrypted only. Please ask the "
            "contact to press *Add a public key* in my message to them; then an admin approves it."
        ),
        "reveal": (
            "Here credentials are shown encrypted only, and no public key of yours is approved yet. Nothing is lost: "
            "press *Add a public key* in my message, and *Show credentials* once an admin has approved it."
        ),
    },
    errors.CannotEncrypt: (
        "I can't encrypt these credentials to your public key, so nothing was shown and nothing is lost. Please give "
        "another key by *Change the key* in my message, and ask an admin to approve it."
    ),
    errors.PrivateKeyPasted: (
        "That looks like a private key. I have kept nothing of it, but Slack has seen it: please take it for lost, "
        "delete it wherever you pasted it, and make a new key."
    ),
    errors.SelfApproval: "You proposed this contact yourself, and it takes two. Please ask another admin to approve.",
    errors.TokenExists: {
        "pending": (
            "There is a token already: the contact hasn't opened its credentials yet. {resend} puts a new one in its "
            "place, {revoke} stops it."
        ),
        "active": (
            "There is a token already, and it works. {renew} offers another one while the old one keeps working; "
            "{revoke} stops it."
        ),
        "overlapping": (
            "There is a token already, and it works. {renew} offers another one while the old one keeps working; "
            "{revoke} stops it."
        ),
        "suspended": (
            "There is a token already, suspended because the contact said that somebody else may have it. An admin "
            "decides about it: {show}."
        ),
    },
    errors.MadeElsewhere: {
        "renew": (
            "This token was made elsewhere, so only there can a new one be made. Please have that done, and have it "
            f"imported on my machine: {_IMPORT}. Then {{renew}} offers it."
        ),
        "resend": (
            "These credentials were made elsewhere, so I can't offer new ones in their place. Please have new ones "
            f"made there, and imported on my machine: {_IMPORT}. To give these up, type {{revoke}}."
        ),
        "resend_ended": (
            "The credentials that were offered were made elsewhere, and are deleted here. Please have new ones made "
            f"there, and imported on my machine: {_IMPORT}. Then {{issue}} offers them, or {{renew}} does, beside a "
            "token that works."
        ),
        "replace": (
            "It was made elsewhere, so only there can a new one be made. Please have that done, and have it imported "
            f"on my machine: {_IMPORT}. Then {{issue}} offers it."
        ),
    },
    errors.NotOffered: (
        "The imported credentials were not offered to anybody yet. {issue} offers them; beside a token that works, "
        "{renew} does."
    ),
    errors.NothingToRenew: "There is no token that works or will, so there is none to renew. For a first one: {issue}.",
    errors.TwoTokens: (
        "There are two tokens that work, and two is the limit. Retire the old one, once everything is switched: {show} "
        "has a button for it. Or stop one: {revoke_which}."
    ),
    errors.RenewedSince: (
        "New credentials have been offered to you since, in a newer message of mine: please use those. If you didn't "
        "see them either, press *I didn't see it* there."
    ),
    errors.NothingToResend: (
        "No credentials are waiting to be collected, so there is nothing to resend. {show} says how things are."
    ),
    errors.OfferedJustNow: (
        "New credentials were offered less than a minute ago. If they don't arrive, please try again in a minute."
    ),
    errors.OfferReplaced: "A newer offer has taken the place of this one. {show} says how things are.",
    errors.TookTooLong: (
        "That took longer than Slack waits for me, so I showed nothing, and nothing is lost. Please press once more."
    ),
    errors.ClientUnknown: (
        "This client ID and client secret do not belong together, or the secret's token has ended. Please check both, "
        "or leave both out: whoever has a token may revoke it."
    ),
    errors.TokenOfAnother: (
        "This token was issued to another third party than the one whose client ID and client secret came with it. "
        "Please leave both out: whoever has a token may revoke it."
    ),
    errors.TokenNotFound: "I find no such token. {show} lists the tokens with their fingerprints.",
    errors.TokenAmbiguous: (
        "There are {count} tokens that this could mean. Please add the fingerprint: {revoke_which}; {show} lists them."
    ),
    errors.TokenEnded: {
        "retired": "This token is retired already: its successor has taken its place, so there is nothing left to do.",
        "expired": "This token has expired already, so it is refused anyway. For a new one: {issue}.",
        "revoked": "This token is revoked already, so it is refused anyway. For a new one: {issue}.",
    },
    errors.CredentialsEnded: (
        "These credentials don't work any more. If there is a newer message from me, please use that one; otherwise "
        "ask the person who offered them."
    ),
    errors.TokenNotSuspended: {
        "pending": "This token isn't suspended: it waits to be collected. {show} says how things are.",
        "active": "This token isn't suspended: it works. Somebody may have decided already; {show} says more.",
        "overlapping": "This token isn't suspended: it works. Somebody may have decided already; {show} says more.",
        "retired": "This token is retired meanwhile, because its successor took its place: nothing is left to decide.",
        "expired": "This token has expired meanwhile, so there is nothing left to decide. For a new one: {issue}.",
        "revoked": "This token is revoked already, so there is nothing left to decide. For a new one: {issue}.",
    },
    errors.NotOverlapping: {
        "pending": "This token waits to be collected, so there is nothing to retire yet. Please wait until it works.",
        "active": (
            "No newer token works beside this one at the moment, so I left it as it is: retiring it would stop the "
            "access. Please wait until the new one works."
        ),
        "suspended": "This token is suspended, so an admin decides about it. Please ask one of them.",
    },
    errors.RenewalUnneeded: {
        "renewed": (
            "It is renewed already: a newer token works in its place, so there is nothing left to do. {show} says more."
        ),
        "newer": (
            "There is a newer token beside it already, so there is nothing to decide about this one. If nobody needs "
            "the newer one, {revoke_which} stops it."
        ),
        "pending": "This token waits to be collected, so there is nothing to renew yet. {show} says how things are.",
        "suspended": "This token is suspended, so an admin decides about it first: {show}.",
    },
    errors.LeftToLapse: (
        "It is decided that this token is to lapse, so there is nothing to remind anybody of. If that is wrong, press "
        "*Undo*, here or in {show}."
    ),
    errors.AlreadySnoozed: (
        "Somebody else is reminded of this again {until}, and I do that for one person at a time. Your next reminder "
        "comes as planned."
    ),
    errors.CannotSnooze: {
        "no_time": (
            "The next reminder comes {next_at} anyway, and I can't put one off for longer, so there is nothing to do "
            "for now."
        ),
        "passed": "That time has passed meanwhile, so I changed nothing. Please press *Snooze* once more.",
    },
    errors.HandoffNotFound: f"{_NO_LONGER_HERE} Please ask the person who offered you the credentials.",
    errors.NotTheContact: (
        "These credentials are for the third party's contact, and at the moment that isn't you. "
        "If it should be you, please ask the person who offered them."
    ),
    errors.AdminCannotCollect: (
        "You are an admin here now, and an admin never sees credentials. Please ask another admin to propose somebody "
        "else as the contact."
    ),
    errors.HandoffEnded: {
        "lapsed": (
            "This offer has lapsed: the credentials were not opened in time and don't work any more. "
            "Nothing is lost: please ask the person who offered them for new ones."
        ),
        "withdrawn": (
            "This offer was withdrawn. If there is a newer message from me, please use that one; "
            "otherwise ask the person who offered the credentials."
        ),
        "declined": (
            "You said that you are not the right person, so these credentials don't work any more. "
            "If that was a mistake, please tell the person who offered them."
        ),
    },
    errors.HandoffPaused: (
        "The access is switched off for now, so the credentials can't be opened. "
        "Please ask the person who offered them when it will be on again."
    ),
    errors.AlreadyCollected: (
        "These credentials have been shown already, and I never show them twice. If you didn't see them, press "
        "*I didn't see it* in my message about them; if it wasn't you who opened them, *That wasn't me*."
    ),
    errors.NotCollected: "These credentials haven't been opened yet. To open them, press *Show credentials*.",
    errors.AlreadyConfirmed: (
        "I know that these credentials work: you told me, or a program has used them. If that was no program of yours, "
        "or somebody else has opened them, press *That wasn't me*; otherwise ask the person who offered them."
    ),
    errors.AlreadyDisputed: (
        "You have told me that it wasn't you who opened these, and the admins know. "
        "Please ask the person who offered them how it goes on."
    ),
    errors.ModalRefused: (
        "Slack doesn't let you open my window, and the credentials are shown nowhere else. Nothing is lost: the person "
        "who offered them is told, and can invite you to their workspace as a guest."
    ),
    errors.CredentialsUnreadable: {
        "missing": f"I can't open these credentials: their key `{{key_id}}` is missing. {_NEW_ONES}",
        "wrong": f"I can't open these credentials: my key `{{key_id}}` doesn't fit them. {_NEW_ONES}",
        "damaged": f"I can't open these credentials: they are damaged. {_NEW_ONES}",
    },
    errors.CannotAsk: {
        "removed": (
            "This third party has no access any more, so there is no token to ask for. In doubt, please ask the person "
            "who offered you the credentials."
        ),
        "disabled": (
            "The access is switched off for now, so I can't ask for a new token. Please ask the person who offered you "
            "the credentials when it will be on again."
        ),
        "not_opened": (
            "You haven't opened these credentials, so there is none of yours to replace. *What I hold* shows what you "
            "have; for anything else, please ask the owner."
        ),
        "ended": (
            "This token doesn't work any more, so it can't be renewed. If there is a newer message from me, please use "
            "that one; otherwise ask the person who offered you the credentials."
        ),
        "suspended": (
            "A token is suspended, and the admins know. They decide how it goes on; please wait, or ask the person who "
            "offered you the credentials."
        ),
        "offered": (
            f"New credentials wait for you already: press *Show credentials* in my message about them. {_IF_MISUSED}"
        ),
        "two": (
            "You have two tokens that work, and two is the limit. When every program of yours uses the newer one, "
            f"press *Everything is switched*. {_IF_MISUSED}"
        ),
        "asked": f"You have asked already, and you read in my message about it what is decided. {_IF_MISUSED}",
        "declined": (
            "You asked less than an hour ago, and the answer was no for now. Please talk with the person who offered "
            f"you the credentials, or ask again in an hour. {_IF_MISUSED}"
        ),
    },
    errors.TokenRequestNotFound: f"{_NO_LONGER_HERE} {{show}} says how things are.",
    errors.TokenRequestDecided: {
        "granted": "A new token was offered already, so there is nothing left to decide. {show} says how things are.",
        "declined": "This was declined already, and the contact was told. To offer a new token now: {renew}.",
        "settled": "Something else has come in between, so nothing is left to decide. {show} says how things are.",
    },
    errors.SecretPasted: (
        "That looks like a token or a client secret. I have kept nothing of it. Please delete it wherever you pasted "
        "it, and ask an admin to revoke that token."
    ),
}
_DECIDING_FIELDS: Final = ("problem", "outcome", "end", "state", "right")


def explain(error: AccessError, name: str = "") -> str:
    """Return one or two sentences of mrkdwn: what is so, and what to do next.

    `name` is the third party's, where it is known, so that a command in the text can be typed as it stands there.
    """
    text = _TEXTS[type(error)]
    if not isinstance(text, str):
        (case,) = (str(error.fields[field]) for field in _DECIDING_FIELDS if field in error.fields)
        text = text[case]
    fields = {name: instant(value) if isinstance(value, datetime) else value for name, value in error.fields.items()}
    return text.format(**_commands(name or "NAME"), **fields)


def _commands(name: str) -> Mapping[str, str]:
    verbs = ("show", "edit", "enable", "issue", "renew", "resend", "revoke")
    return {
        **{verb: command(verb, name) for verb in verbs},
        "contact": command("contact", name, "@user"),
        "revoke_which": command("revoke", name, "FINGERPRINT"),
        "list": command("list"),
        "help": command("help"),
    }
