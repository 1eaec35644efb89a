"""What people and machines may send, cleverly wrong, and what holds of every answer to it."""

import hashlib
import json
import re
from dataclasses import dataclass
from io import StringIO
from typing import Final
from urllib.parse import quote

from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, mint
from handlers.commands.table import COMMANDS
from handlers.payloads import is_understood
from sandbox.limits import check_message, check_view
from tests.handlers.office import Json, Office

NAMES: Final = ("Acme Corp", "Globex", 'The "Best" Corp', "O'Neil & Sons")
PEOPLE: Final = ("UANNA", "UMIA", "UCARLA", "USTRANGER")

# --- texts ----------------------------------------------------------------------------------------------------------

_OPENING, _CLOSING = (
    ["", '"', "“", "„", "'", "\N{LEFT SINGLE QUOTATION MARK}", "«", '\\"'],
    ["", '"', "”", "“", "'", "’", "»", '\\"'],
)
_ODD: Final = (
    "\0\7\t\n\r\x1b\x85\u00ad\u200b\u202e\u2028\u2066\ufeff\ufffe\ud800\udfff😀𝔸ßİǅﷺ\"'\\<>&|*_~`:;@#%=+-/0aZ "
)

people = st.sampled_from(PEOPLE)
verbs = st.sampled_from(sorted(COMMANDS))
odd = st.text(_ODD, max_size=20) | st.text(max_size=12)
long = st.builds(
    lambda part, times: part * times, st.sampled_from(("x", "ß ", "'a ", '"a" ', "<a", "\\'")), st.integers(81, 900)
)
mentions = st.sampled_from(
    (
        "<@UCARLA|carla>",
        "<@UERIK>",
        "<@UNOBODY|no body>",
        "<@UCARLA",
        "<@>",
        "<@ucarla>",
        "@carla",
        "<@UCARLA|<b>>",
        "<#C0ADMINS|admins>",
        "<#G0|>",
        "<!subteam^S0|@admins>",
        "<!channel>",
        "<!here|here>",
        "<https://acme.example|Acme>",
        "<mailto:a@b.example|a@b.example>",
        "&lt;@UCARLA&gt;",
    )
)
names = st.builds(
    lambda opening, name, closing: f"{opening}{name}{closing}",
    st.sampled_from(_OPENING),
    st.sampled_from(NAMES) | odd,
    st.sampled_from(_CLOSING),
)


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """A command's word with a slip of the fingers in it."""
    word = draw(verbs)
    at = draw(st.integers(0, len(word) - 1))
    slips = (
        word[:at] + word[at + 1 :],
        word[: at + 1] + word[at:],
        word[:at] + word[at:][::-1],
        word.upper(),
        f"{word},",
    )
    return draw(st.sampled_from(slips))


@st.composite
def urls(draw: st.DrawFn) -> str:
    """A callback URL, more often wrong than right."""
    scheme = draw(
        st.sampled_from(("https://", "http://", "HTTPS://", "https:", "https:/", "javascript:", "//", "ftp://", ""))
    )
    user = draw(st.sampled_from(("", "", "", "user@", "user:word@", "a%40b@", "@")))
    host = draw(
        st.sampled_from(
            (
                "acme.example",
                "localhost",
                "127.0.0.1",
                "[::1]",
                "[::1",
                "[v1.a]",
                "[fe80::1%25eth0]",
                "bücher.example",
                "xn--bcher-kva.example",
                "acme.example.",
                "..",
                "",
                "a" * 300,
                "①.example",
                "acme\u3002example",
                "acme.example\\evil.example",
                "acme%2eexample",
            )
        )
    )
    port = draw(st.sampled_from(("", "", ":8443", ":", ":0", ":99999", ":-1", ":x", ":\uff18\uff14")))
    rest = draw(
        st.sampled_from(
            ("", "/", "/cb?a=b&amp;c", "/#top", "#", "/%00", "/a b", "/\t", "\\", "/\ud800", "/" + "x" * 1_990)
        )
        | odd
    )
    return f"{scheme}{user}{host}{port}{rest}"


# --- secrets --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pasted:
    """A text in which a secret was pasted; `pieces` are what must be found nowhere afterwards."""

    text: str
    pieces: tuple[str, ...]


@st.composite
def pasted(draw: st.DrawFn) -> Pasted:
    """A token or client secret: whole, cut, broken up, in other letters, wrapped in what programs wrap it in."""
    entropy = hashlib.sha256(str(draw(st.integers(0, 10_000))).encode()).digest()
    secret = mint(draw(st.sampled_from((TOKEN_PREFIX, CLIENT_SECRET_PREFIX))), entropy).reveal()
    at = draw(st.integers(1, len(secret) - 1))
    unseen = draw(st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad\u180e\ufe0f\u2063\x00\x1f\u202c\U000e0020\ud800"))
    damaged = draw(
        st.sampled_from(
            (
                secret,
                secret.upper(),
                secret[: max(at, 20)],
                secret[:-1] + "~",
                f"{secret[:at]} {secret[at:]}",
                f"{secret[:at]}\n  {secret[at:]}",
                f"{secret[:at]}{unseen}{secret[at:]}",
                unseen.join(secret),
                "".join(chr(ord(letter) + 0xFEE0) for letter in secret),
            )
        )
    )
    wrapped = draw(
        st.sampled_from(
            (
                "{}",
                "`{}`",
                "*{}*",
                "_{}_",
                "“{}”",
                "Bearer {}",
                "key={}&amp;x",
                "<https://x.example/?t={}|x>",
                "({})",
                "my{}",
            )
        )
    )
    if wrapped == "my{}" and damaged.split() != [damaged]:
        wrapped = "{}"  # glued to a word and broken up within: that is not recognised, or sentences would be
    before, behind = draw(st.sampled_from(("", "add ", "Acme ", "show "))), draw(st.sampled_from(("", " now", ".")))
    shown = damaged.casefold()
    pieces = re.findall(r"[0-9a-z\uff10-\uff5a]{10,}", shown) or [shown[:12]]
    return Pasted(before + wrapped.format(damaged) + behind, tuple(pieces))


_parts = verbs | near_misses() | names | mentions | urls() | odd
command_texts = st.builds(
    lambda verb, parts, end: " ".join((verb, *parts)) + end,
    verbs | near_misses() | st.just(""),
    st.lists(_parts, max_size=4),
    st.just("") | st.just(" ") | long,
)

# --- what holds -----------------------------------------------------------------------------------------------------

_STEP: Final = re.compile(
    r"/thirdparty|\b(?:please|choose|type|press|ask|wait|try|decide|propose|enable|leave|nothing|sign|shorten)\b", re.I
)
_SENTENCE: Final = re.compile(r"[.?!…:`][)\"*_`]*$")


class Watched:
    """An office, and everything that it shows, logs and keeps."""

    def __init__(self, office: Office, log: StringIO) -> None:
        self.office = office
        self.log = log

    async def dispatch(self, payload: Json) -> tuple[int, list[str]]:
        """Hand a payload over as both ways in do; return the status and everything that the person then reads."""
        if not is_understood(payload):
            return 400, []
        said = len(self.office.replies.said)
        self.log.seek(0)
        self.log.truncate()
        answer = await self.office.app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
        body = json.loads(answer.body) if answer.status == 200 and answer.body else {}
        must_pass_slack(body)
        await self.office.show_homes()
        shown = [answer.body or "", *(each.text for each in self.office.replies.said[said:])]
        assert "request_failed" not in self.log.getvalue(), self.log.getvalue()
        assert "answer_failed" not in self.log.getvalue(), self.log.getvalue()
        return answer.status, shown

    async def answers(self, payload: Json) -> list[str]:
        """The same, of a payload to which a person is owed an answer that says what to do next."""
        status, shown = await self.dispatch(payload)
        assert status == 200, shown
        must_lead_on("\n".join(filter(None, shown)))
        return shown

    def must_not_hold(self, pieces: tuple[str, ...], shown: list[str]) -> None:
        """Nothing of a secret was shown, logged or kept."""
        folder = self.office.world.file.parent
        kept = b"\n".join(path.read_bytes() for path in folder.iterdir()).decode("latin-1")
        places = {"answer": "\n".join(shown), "log": self.log.getvalue(), "files": kept}
        for where, text in places.items():
            lowered = text.casefold()
            for piece in pieces:
                forms = (piece, json.dumps(piece)[1:-1], quote(piece).casefold())
                assert not any(form in lowered for form in forms), (where, piece)


def must_pass_slack(body: Json) -> None:
    if "view" in body:
        assert check_view(body["view"]) is None, check_view(body["view"])
    if "blocks" in body:
        content = {"text": body["text"], "blocks": body["blocks"]}
        assert check_message(content) is None, check_message(content)


def must_lead_on(shown: str) -> None:
    """It says something, in whole sentences, and what to do now: in words, by a command, a button or a field."""
    assert shown.strip(), "no answer"
    assert "Something went wrong" not in shown, shown
    assert _STEP.search(shown) or '"type": "button"' in shown or '"type": "input"' in shown, shown
    for body in re.findall(r'^\{"response_type".*', shown, re.M):
        assert _SENTENCE.search(json.loads(body)["text"].rstrip()), body
