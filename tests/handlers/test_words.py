import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.commands.words import UnbalancedQuote, Word, phrase, split
from handlers.mrkdwn import quoted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("show Acme", ["show", "Acme"]),
        ('show  "Acme Corp" ', ["show", "Acme Corp"]),
        ("show “Acme Corp” x", ["show", "Acme Corp", "x"]),
        ("show ”Acme Corp”", ["show", "Acme Corp"]),
        ("show „Acme Corp“", ["show", "Acme Corp"]),
        ("show 'Acme Corp'", ["show", "Acme Corp"]),
        ("show \N{LEFT SINGLE QUOTATION MARK}Acme Corp’", ["show", "Acme Corp"]),
        ("show O'Brien's Ltd", ["show", "O'Brien's", "Ltd"]),
        ("show 't Hart", ["show", "'t", "Hart"]),
        ("show «Acme Corp» x", ["show", "Acme Corp", "x"]),
        ("show «Acme", ["show", "«Acme"]),
        (r'show "The \"Best\" \\ Ltd"', ["show", 'The "Best" \\ Ltd']),
        ("add A&amp;B &lt;x&gt;", ["add", "A&B", "<x>"]),
        ("add &amp;lt;", ["add", "&lt;"]),
        ("add <http://acme.example|acme.example>", ["add", "acme.example"]),
        ("add X <https://acme.example/a?b=1&amp;c=2>", ["add", "X", "https://acme.example/a?b=1&c=2"]),
        ("add <#C123|general> <!here>", ["add", "#general", "@here"]),
        ("", []),
        (" \t\n ", []),
    ],
)
def test_words_as_the_person_saw_them(text: str, words: list[str]) -> None:
    assert [word.text for word in split(text)] == words


@pytest.mark.parametrize("mention", ["<@U012ABC>", "<@U012ABC|carla>", "<@W012ABC|Carla Ruiz>", "<@U012ABC|carla>,"])
def test_a_mention_names_a_person(mention: str) -> None:
    (word,) = split(mention)

    assert word.user_id in ("U012ABC", "W012ABC")


@pytest.mark.parametrize("text", ["@carla", '"<@U012ABC|carla>"', "x<@U012ABC>", "&lt;@U012ABC&gt;"])
def test_what_only_looks_like_a_mention_names_nobody(text: str) -> None:
    assert [word.user_id for word in split(text)] == [None]


@pytest.mark.parametrize("text", ['show "Acme', "show “Acme Corp", "show ”Acme", '"'])
def test_a_quote_that_is_never_closed(text: str) -> None:
    with pytest.raises(UnbalancedQuote):
        split(text)


_names = st.text(
    st.characters(exclude_characters="&<>", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"])
    | st.sampled_from(" '\"\\")
).map(lambda text: " ".join(text.split()))


@given(_names.filter(bool))
def test_a_name_as_the_answers_write_it_is_read_back(name: str) -> None:
    first, *rest = split(f"{quoted(name)} rest")

    assert (first.text, rest) == (name, [Word("rest")])


@given(st.text())
def test_nothing_that_can_be_typed_is_lost_or_fails(text: str) -> None:
    try:
        words = split(text)
    except UnbalancedQuote:
        return
    assert len(phrase(words)) <= len(text) + 1
