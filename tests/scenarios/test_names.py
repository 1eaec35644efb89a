"""What people type: names with spaces and quotes, typing errors, hostile names, refused URLs and notes."""

import re
from collections.abc import Iterator

import pytest

from access.model.third_party import CALLBACK_URL_LIMIT, NAME_LIMIT, TEXT_LIMIT
from sandbox import Seen
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, secrets_in

RIGHT_TO_LEFT_OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.mark.parametrize(
    "typed", ["Acme Corp", '"Acme Corp"', "“Acme Corp”", "„Acme Corp“", "'Acme Corp'", '"  Acme   Corp "', "Acme  Corp"]
)
async def test_a_name_with_a_space_is_registered_and_found(stage: Stage, typed: str) -> None:
    answer = await stage.anna.types(f"/thirdparty add {typed} https://acme.example/callback")
    assert "Acme Corp is registered" in answer.reading
    assert stage.rows("SELECT name, callback_url FROM third_parties") == [
        ("Acme Corp", "https://acme.example/callback")
    ]
    for spelling in (typed, "acme corp", '"ACME CORP"'):
        found = await stage.anna.types(f"/thirdparty contact {spelling} @carla")
        assert "Carla Ruiz" in found.reading or "proposed already" in found.reading
    assert stage.rows("SELECT count(*) FROM contact_proposals") == [(1,)]


MEANT = [
    ("shwo Acme", "Did you mean /thirdparty show"),
    ("isue Acme", "Did you mean /thirdparty issue"),
    ("frobnicate", "/thirdparty help shows what there is"),
    ('show "Acme Crop"', "There is a similar name: Acme Corp"),
    ("show Globex", "/thirdparty list shows those there are"),
    ('show "Acme Corp', 'A name with spaces is written "like this"'),
    ("contact Acme Corp @nobody-here", "choose the person from the list"),
    (f"contact {ACME} @carla @erik", "Please name one person"),
    ("show", "shows everything about one"),
]
"""What is typed with a mistake in it, and what is said to that."""


async def test_what_was_meant_is_suggested(stage: Stage) -> None:
    await stage.registered()
    for typed, said in MEANT:
        assert said in (await stage.anna.types(f"/thirdparty {typed}")).reading
    assert stage.audit() == ["third_party.registered"]


@pytest.mark.parametrize("same", ["acme corp", "ACME   CORP", "\N{FULLWIDTH LATIN CAPITAL LETTER A}cme Corp"])
async def test_names_that_differ_in_case_width_or_spaces_are_the_same(stage: Stage, same: str) -> None:
    await stage.registered()
    answer = await stage.ben.types(f'/thirdparty add "{same}"')
    assert "There is a third party of this name already" in answer.reading
    assert "choose another name" in answer.reading
    assert stage.names() == ["Acme Corp"]
    assert stage.refusals() == ["register_third_party!name_taken"]


async def test_a_name_has_at_most_eighty_characters(stage: Stage) -> None:
    longest = "Å" * NAME_LIMIT
    assert "at most 80 characters" in (await stage.anna.types(f"/thirdparty add {longest}x")).reading
    assert stage.names() == []
    assert "is registered" in (await stage.anna.types(f"/thirdparty add {longest}")).reading
    assert stage.names() == [longest]
    assert stage.audit() == ["register_third_party!name_invalid", "third_party.registered"]


@pytest.mark.parametrize("unseen", [RIGHT_TO_LEFT_OVERRIDE, "\N{ZERO WIDTH SPACE}", "\x07"])
async def test_a_name_that_does_not_read_as_it_is_written_is_refused(stage: Stage, unseen: str) -> None:
    answer = await stage.anna.types(f'/thirdparty add "Acme{unseen}Corp"')
    assert "holds a character that can't be seen. Please type it anew" in answer.reading
    assert stage.names() == []
    assert stage.refusals() == ["register_third_party!name_invalid"]


HOSTILE = {
    "<!channel> <@U04OMARHADD> <https://evil.example|Acme>": ["<!channel>", "<@U04OMARHADD>", "<https://evil"],
    "*Acme* _Corp_ ~x~ `y` :tada: @here #general": ["*Acme*", "_Corp_", "~x~", "`y`", ":tada:"],
    "&lt;!channel&gt; =HYPERLINK(A1)": ["*&lt;!channel"],
    "שלום Acme": ["*שלום"],
}
"""A name, and what must not stand in any text that Slack formats."""


@pytest.mark.parametrize(("name", "marks"), HOSTILE.items())
async def test_a_hostile_name_is_a_name_and_nothing_else(stage: Stage, name: str, marks: list[str]) -> None:
    """The whole story under that name: it formats, links and mentions nothing, in whatever anybody reads."""
    form = got((await stage.anna.types("/thirdparty add")).modal)
    await form.fill(name=name).submit()
    assert stage.names() == [name]
    await form.press("Propose a contact")
    await form.set("Contact", "@carla").submit()
    await stage.settled()
    await stage.ben.reads(CHANNEL)[-1].press("Approve")
    await stage.settled()
    await (await stage.anna.waits_for("To go on")).press("Enable")
    await got((await stage.anna.types("/thirdparty")).ephemeral).press("Show")
    await stage.anna.reads("#general")[-1].press("Issue a token")
    await stage.settled()
    secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    places = [(stage.anna, "bot"), (stage.anna, "#general"), (stage.ben, CHANNEL), (stage.carla, "bot")]
    formatted = [text for person, place in places for seen in person.reads(place) for text in formatted_in(seen)]
    assert len(formatted) > 20
    assert not [text for text in formatted for mark in marks if mark in text]


def formatted_in(seen: Seen) -> Iterator[str]:
    """Every text of a message in which Slack looks for formatting, without what stands in code."""
    for text in (seen.text, *_mrkdwn(seen.blocks)):
        yield re.sub(r"`(/thirdparty [^`\n]*|tpc_\w+|[0-9a-f]{8})`", "", text)


def _mrkdwn(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield str(node["text"])
        for each in node.values():
            yield from _mrkdwn(each)
    elif isinstance(node, list):
        for each in node:
            yield from _mrkdwn(each)


async def test_a_quoted_quote_is_part_of_the_name(stage: Stage) -> None:
    await stage.anna.types(r'/thirdparty add "The \"Best\" Corp"')
    assert stage.names() == ['The "Best" Corp']
    answer = await stage.anna.types(r'/thirdparty show "The \"Best\" Corp"')
    assert r'/thirdparty contact "The \"Best\" Corp" @user' in answer.reading


REFUSED_URLS = [
    ("http://acme.example/", "starts with https://"),
    ("ftp://acme.example/", "starts with https://"),
    ("javascript://acme.example/", "starts with https://"),
    ("acme.example", "isn't a complete URL"),
    ("https://", "isn't a complete URL"),
    ("https://acme.example/a b", "isn't a complete URL"),
    ("https://acme.example/#top", "can't have a # in it"),
    ("https://user:word@acme.example/", "leave out what is before the @"),
    (f"https://acme.example/{'x' * CALLBACK_URL_LIMIT}", "at most 2,000 characters"),
]


async def test_a_refused_callback_url_is_explained_beneath_its_field(stage: Stage) -> None:
    form = got((await stage.anna.types("/thirdparty add")).modal)
    for url, said in REFUSED_URLS:
        await form.fill(name="Acme Corp", callback_url=url).submit()
        assert list(form.errors) == ["Callback URL"]
        assert said in form.errors["Callback URL"]
    assert stage.names() == []
    answer = await form.fill(callback_url="http://localhost:8080/callback").submit()
    assert "Acme Corp is registered" in answer.reading
    refused = ["register_third_party!callback_url_invalid"] * len(REFUSED_URLS)
    assert stage.audit() == [*refused, "third_party.registered"]


REFUSED_DETAILS = [
    ("Name", "x" * (NAME_LIMIT + 1), "at most 80 characters"),
    ("Name", "Globex", "There is a third party of this name already"),
    ("Callback URL", "http://acme.example/", "starts with https://"),
    ("Owner", "@carla", "not a guest"),
    ("Owner", "@erik", "belongs to this workspace"),
    ("Owner", "@hookbot", "An app can't be an owner"),
    ("Deputy owner", "@anna", "have to be two people"),
    ("Notes", "x" * (TEXT_LIMIT + 1), "shorten it to 500 characters"),
]


async def test_what_the_edit_form_refuses_is_explained_there(stage: Stage) -> None:
    await stage.anna.types("/thirdparty add Globex")
    await stage.registered()
    done = stage.audit()
    form = got((await stage.anna.types(f"/thirdparty edit {ACME}")).modal)
    for label, value, said in REFUSED_DETAILS:
        before = form.values[label]
        await form.set(label, value).submit()
        assert said in " ".join(form.errors.values())
        form.set(label, "" if before is None else str(before))
    assert len(stage.refusals()) == len(REFUSED_DETAILS)
    assert [line for line in stage.audit() if "!" not in line] == done
    answer = await form.set("Notes", "All is *well* now.").submit()
    assert "Acme Corp is saved" in answer.reading
    assert stage.audit()[-1] == "third_party.edited"
