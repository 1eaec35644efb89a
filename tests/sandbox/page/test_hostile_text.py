"""Whatever stands in a message or a view, the page holds no element and no attribute but the sandbox's own."""

from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import MovableClock, cast
from sandbox.messages import Message
from sandbox.mrkdwn import unescaped, visible
from sandbox.page.looks import Looks
from sandbox.page.place import Place, place_of
from sandbox.sandbox import Sandbox
from sandbox.timing import Timing
from sandbox.views import View, accept
from sandbox.workspace import Workspace
from tests.sandbox.apps import MANIFEST
from tests.sandbox.page.corpus import Part, inputs, plain, shown

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
VOID = {"hr", "input"}
ELEMENTS = {
    *("a", "article", "b", "blockquote", "button", "code", "details", "dialog", "div", "fieldset", "figcaption"),
    *("figure", "footer", "form", "h2", "h3", "header", "hr", "i", "input", "label", "legend", "li", "ol", "optgroup"),
    *("option", "p", "pre", "s", "select", "span", "summary", "textarea", "time", "ul"),
}
ATTRIBUTES = {
    *("action", "autocomplete", "checked", "class", "dir", "for", "href", "id", "inputmode", "label", "name"),
    *("novalidate", "placeholder", "rel", "role", "rows", "selected", "start", "tabindex", "target", "type", "value"),
}
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea></select></title></style><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "<javascript:alert(1)|click>",
    '<https://example.com/"onclick="alert(1)|*bold* `code`>',
    "<data:text/html,<script>alert(1)</script>|x>",
    "*<b onclick=alert(1)>* _`</code><i>`_ ~```</pre><svg onload=alert(1)>```~",
    "<!date^1^{date}^javascript:alert(1)|<b>>",
    "<@U01ANNABERG|<b>> <#C01GENERAL0> <!subteam^S1|<b>> <!here>",
    "&lt;script&gt; &amp;lt;b&amp;gt; &#60;b&#62;",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "--><!--<b>]]>",
    "\x00\x01\x000\x00\u202e\u2066\u05e9\u05dc\u05d5\u05dd 😀 \u0000",
    "> quoted <b>\n>&gt; \n*a*b*c*_d_~e~",
]
TEXTS = st.one_of(
    st.sampled_from(PAYLOADS),
    st.builds("".join, st.lists(st.one_of(st.sampled_from(PAYLOADS), st.text(max_size=9)), min_size=1, max_size=4)),
    st.text(st.sampled_from("<>&\"'`*_~|!@#^{}\n\x00\x01 =/a0"), min_size=1, max_size=60),
)


class Outline(HTMLParser):
    """What a browser makes of it: every start tag, and whether each end tag closes what was opened last."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.count = 0
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += 1
        assert tag in ELEMENTS
        for name, value in attrs:
            assert name in ATTRIBUTES or name.startswith(("data-", "aria-")), name
            if name == "href":
                assert (value or "").startswith(("https://", "http://", "mailto:")), value
            if name == "id":
                assert value
                assert " " not in value
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


@cache
def anna() -> tuple[Workspace, Looks, Place]:
    sandbox = Sandbox(MANIFEST, MovableClock(NOW), Timing(), "http://127.0.0.1:1", cast.HOME)
    person = sandbox.people["anna"]
    return person.client.space, Looks(person.client.space), place_of(person, "channel", "general")


def drawn_message(text: str, blocks: list[Part]) -> str:
    space, looks, place = anna()
    message: Message = space.messages.post(place.channel.id, space.bot.id, text, blocks)
    space.messages.delete(message)
    ((_, html),) = looks.messages(place, [message], None)
    return str(html)


def drawn_modal(body: Part, error: str) -> str:
    _, looks, place = anna()
    accept(body, "modal")
    view = View("V1", place.person.id, {})
    view.show(body)
    view.trouble = error
    view.errors = {block["block_id"]: error for block in view.blocks}
    return str(looks.draw("modal.html", view=view, action="/x", surface=looks.view(view, "v")))


class Texts:
    """Hands out texts one by one, each cut to what fits; where one would be empty it is a dash."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._given = 0

    def __call__(self, most: int) -> str:
        self._given += 1
        return self._texts[self._given % len(self._texts)][:most] or "-"


SOME = st.lists(TEXTS, min_size=1, max_size=12)


@settings(max_examples=60)
@given(SOME)
def test_no_message_breaks_out(texts: list[str]) -> None:
    Outline(drawn_message("", shown(Texts(texts))))


@settings(max_examples=60)
@given(SOME)
def test_no_modal_breaks_out(texts: list[str]) -> None:
    text = Texts(texts)
    body = {
        "type": "modal",
        "title": plain(text(24)),
        "submit": plain(text(24)),
        "close": plain(text(24)),
        "blocks": [*shown(text), *inputs(text)],
    }
    Outline(drawn_modal(body, text(300)))


@given(TEXTS)
def test_no_text_of_a_person_breaks_out(text: str) -> None:
    Outline(drawn_message(text, []))


@given(st.text(max_size=200))
def test_a_plain_text_is_read_as_it_was_written(text: str) -> None:
    """But for the characters that nobody sees, and Slack's own three entities."""
    outline = Outline(drawn_message("", [{"type": "section", "text": plain(text)}]))
    assert unescaped(visible(text)) in "".join(outline.texts)


def test_a_long_text_of_marks_is_drawn_at_once() -> None:
    for text in ("*a* " * 750, "_" * 3000, "*_~" * 1000, "`" * 3000, "<" * 3000, "> \n" * 1000, "*a _b ~c " * 333):
        Outline(drawn_message(text, []))
