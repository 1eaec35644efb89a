"""Payloads in which a part is missing, of another type, of another version, or not Slack's at all."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from handlers import ids
from handlers.register import PRESSES, SUBMISSIONS
from tests.handlers.hostile import PEOPLE, command_texts, long, names, odd, people, urls
from tests.handlers.office import Json, chosen, command, opened_home, press, submission, ticked, typed

PLACES = ("ephemeral", "channel", "direct", "modal", "home")
actions = st.sampled_from((*PRESSES, "of_an_older_version"))

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**40) | st.floats(allow_nan=False) | odd,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(("id", "type", "value", "values")) | odd, inner, max_size=2)
    ),
    max_leaves=4,
)
nested = st.integers(1, 300).map(lambda depth: json.loads("[" * depth + "]" * depth))


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield from _paths(node[key], (*path, key))


@st.composite
def mutated(draw: st.DrawFn, payloads: st.SearchStrategy[Json]) -> Json:
    """A payload of Slack's in which up to three things are not as they should be."""
    payload: Json = json.loads(json.dumps(draw(payloads)))
    for _ in range(draw(st.integers(1, 3))):
        paths = list(_paths(payload))
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        node: Any = payload
        for key in way:
            node = node[key]
        match draw(st.sampled_from(("drop", "replace", "nest", "add"))):
            case "drop":
                del node[last]
            case "replace":
                node[last] = draw(anything | nested)
            case "nest":
                node[last] = draw(st.sampled_from(([node[last]], {"value": node[last]})))
            case _ if isinstance(node, dict):
                node[draw(st.sampled_from(("actions", "view", "state", "command", "type", "new_in_2031")) | odd)] = (
                    draw(anything)
                )
    return payload


FIELDS = (
    ids.NAME_FIELD,
    ids.CALLBACK_URL_FIELD,
    ids.OWNER_FIELD,
    ids.DEPUTY_OWNER_FIELD,
    ids.CONTACT_FIELD,
    ids.DEPUTY_FIELD,
    ids.TEXT_FIELD,
)
_right = st.one_of(
    st.builds(typed, st.none() | names | odd | long | urls()),
    st.builds(chosen, st.none() | st.sampled_from((*PEOPLE, "UERIK", "UBOT", "")) | odd),
    st.builds(ticked, st.booleans()),
)
_wrong = st.one_of(
    anything,
    st.builds(lambda value: {"type": "plain_text_input", "value": value}, anything | nested),
    st.builds(lambda value: {"type": "users_select", "selected_user": value}, anything),
    st.just({"type": "static_select", "selected_option": {"value": "x"}}),
)


@st.composite
def states(draw: st.DrawFn) -> Json:
    """What a form sends back: mostly every field in its place, some of them wrong, missing or not ours."""
    values: Json = {field: {field: draw(_right)} for field in FIELDS}
    for field in draw(st.lists(st.sampled_from(FIELDS), max_size=2)):
        match draw(st.sampled_from(("wrong", "missing", "block", "action"))):
            case "wrong":
                values[field] = {field: draw(_wrong)}
            case "missing":
                values.pop(field, None)
            case "block":
                values[field] = draw(anything)
            case _:
                values[field] = {"another": draw(_right)}
    return values | draw(st.dictionaries(odd, anything, max_size=1))


forms = st.sampled_from((*SUBMISSIONS, "of_an_older_version"))


payloads = st.one_of(
    st.builds(command, people, command_texts),
    st.builds(press, people, st.sampled_from(sorted(PRESSES)), odd | st.just("a" * 26), st.sampled_from(PLACES)),
    st.builds(
        lambda user, form, state: submission(user, form, "a" * 26, **{ids.NAME_FIELD: typed("X")}),
        people,
        forms,
        states(),
    ),
    st.builds(
        lambda user, kind, more: (
            {"type": kind, "user": {"id": user}, "callback_id": "x", "view": {"type": "modal", "callback_id": "x"}}
            | more
        ),
        people,
        st.sampled_from(
            ("view_closed", "shortcut", "message_action", "block_suggestion", "workflow_step_edit", "other")
        ),
        st.dictionaries(
            st.sampled_from(("message", "channel", "actions", "value", "trigger_id")), anything, max_size=2
        ),
    ),
    st.builds(
        lambda user, event: {"type": "event_callback", "team_id": "T0SANDBOX", "event": {"type": event, "user": user}},
        people,
        st.sampled_from(("message", "app_mention", "user_change", "app_uninstalled", "function_executed")),
    ),
    st.builds(opened_home, people, st.sampled_from(("home", "messages"))),
    st.builds(
        lambda user, action, metadata: (
            (pressed := press(user, action, "a" * 26, "home"))
            | {"view": pressed["view"] | {"private_metadata": metadata, "state": {"values": {}}}}
        ),
        people,
        st.sampled_from(sorted(PRESSES)),
        odd | st.just('["x","all","",3]'),
    ),
    st.just({"type": "url_verification", "challenge": "x"}),
    st.just({"ssl_check": "1"}),
)
