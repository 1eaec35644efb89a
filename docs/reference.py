"""Write the pages of docs/reference, from the code itself, so that they are complete.

`python -m docs.reference` writes them anew; `tests/house/test_reference.py` fails while they say something else.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Final, cast, get_args

import typer
import yaml
from typer.core import TyperArgument, TyperGroup, TyperOption

from access.model.secret import Secret
from bot import cli
from bot.settings import Settings, env_template
from handlers.commands.table import COMMANDS
from handlers.views.command_guide import GUIDES

FOLDER: Final = Path(__file__).parent / "reference"
_WIDTH: Final = 118


def commands() -> str:
    """Return the page about what is typed in Slack, and on the command line."""
    lines = [
        "# Commands",
        _text(
            "In Slack, `/thirdparty` alone shows the overview, and `/thirdparty help` this list. Names with spaces go "
            "in quotes. Whoever types a command without being allowed to use it is told whom to ask, and an unknown "
            "word gets *did you mean*. Only the person who typed reads the answer. What follows are the bot's own "
            "words: *I* is the bot."
        ),
        _table(
            ("Command", "What it does"),
            ((f"[`{name}`](#{_anchor(name)})", GUIDES[name].does) for name in COMMANDS),
        ),
    ]
    for name in COMMANDS:
        guide = GUIDES[name]
        lines += [
            f"## /thirdparty {name}",
            f"```text\n/thirdparty {name} {guide.arguments}".rstrip() + "\n```",
            _text(f"It {guide.does}. {guide.more}"),
            f"For example: `/thirdparty {guide.example}`",
        ]
    lines += [
        "## On the command line",
        _text(
            "In the bot's folder, where its `.env` is. All but `run` work beside the running bot. No secret is ever "
            "typed on a command line, where it would be seen in the list of processes and kept in the shell's history."
        ),
        *_of_group(_command_line(), cli.NAME),
    ]
    return _page(lines)


def _anchor(name: str) -> str:
    return f"thirdparty-{name}"


def _command_line() -> TyperGroup:
    return cast(TyperGroup, typer.main.get_command(cli._commands))


def _of_group(group: TyperGroup, above: str) -> Iterator[str]:
    for name, command in group.commands.items():
        whole = f"{above} {name}"
        if isinstance(command, TyperGroup):
            yield from _of_group(command, whole)
            continue
        values = [str(each.metavar) for each in command.params if isinstance(each, TyperArgument)]
        yield f"### {whole}"
        yield "```sh\n" + " ".join([whole, *values]) + "\n```"
        yield from map(_text, (command.help or "").split("\n\n"))
        given = [(_name(each), each.help or "") for each in command.params if isinstance(each, TyperOption)]
        if given:
            yield _table(("Option", "What it does"), given)


def _name(option: TyperOption) -> str:
    flag = option.opts[0]
    return f"`{flag}`" if option.is_flag else f"`{flag} {option.metavar or ('PORT' if flag == '--port' else 'DIR')}`"


def settings() -> str:
    """Return the page about the settings: what `thirdparty-bot init` writes into `.env`, and what else is known."""
    lines = [
        "# Settings",
        _text(
            "They come from the environment, or from the file `.env` in the folder in which the bot is started; the "
            "environment wins. `thirdparty-bot init` makes that file, with the explanations that are here. A setting "
            "that is unknown or wrong stops the start with one line that names it."
        ),
        _text(
            "A secret can also be read from a file: instead of `NAME` set `NAME_FILE`, the path of a file that holds "
            "nothing else."
        ),
    ]
    names = {each.validation_alias for each in Settings.model_fields.values()}
    for name, explained, default in _of_template():
        field = next(each for each in Settings.model_fields.values() if each.validation_alias == name)
        said = [explained]
        limits = {key: getattr(each, key) for each in field.metadata for key in ("ge", "le") if hasattr(each, key)}
        if limits:
            said.append(f"A whole number from {limits['ge']:,} to {limits['le']:,}.")
        if field.is_required():
            said.append("It has to be set.")
        elif default:
            said.append(f"Unless it is set: `{default}`.")
        if Secret in (field.annotation, *get_args(field.annotation)) and f"{name}_FILE" not in names:
            said.append(f"A secret, so `{name}_FILE` can name a file that holds it.")
        lines += [f"## {name}", _text(" ".join(said))]
    return _page(lines)


def _of_template() -> Iterator[tuple[str, str, str]]:
    """The settings as `.env` explains them: name, explanation, default."""
    for part in env_template().split("\n\n")[1:]:
        *explained, last = part.strip().splitlines()
        name, _, default = last.removeprefix("# ").partition("=")
        yield name, " ".join(line.removeprefix("# ") for line in explained), default


def endpoints() -> str:
    """Return the page about what the bot answers over HTTP, from docs/openapi.yaml."""
    api = yaml.safe_load((FOLDER.parent / "openapi.yaml").read_text("utf-8"))
    lines = [
        "# Endpoints",
        *map(_text, api["info"]["description"].strip().split("\n\n")),
        _text(
            "For programs there is the same as [OpenAPI](../openapi.yaml). In HTTP mode there is `POST /slack/events` "
            "at the public port besides, for Slack alone. [Protect your API](../protect-your-api.md) shows how your "
            "proxy or your API asks, and [Metrics](../metrics.md) what `/metrics` tells."
        ),
    ]
    for path, item in api["paths"].items():
        for method in ("get", "post"):
            if method in item:
                server = item.get("servers", api["servers"])[0]
                lines += _endpoint(api, f"{method.upper()} {path}", item[method], server)
    return _page(lines)


def _endpoint(api: Any, title: str, does: Any, server: Any) -> Iterator[str]:
    yield f"## {title}"
    yield _text(f"{does['summary']} At `{server['url']}`: {_small(server['description'])}.")
    yield from map(_text, does.get("description", "").strip().split("\n\n"))
    schemes = api["components"]["securitySchemes"]
    proofs = [", and ".join(_proof(schemes[name]) for name in way) for way in does.get("security", ())]
    if proofs:
        yield "Who asks proves it by one of these:"
        yield "\n".join(f"- {proof or 'nothing in a header'}" for proof in proofs)
    form = does.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {}).get("schema")
    if form:
        required = form.get("required", ())
        rows = (
            (f"`{name}`", "yes" if name in required else "no", value.get("description", ""))
            for name, value in form["properties"].items()
        )
        yield _table(("Field of the form", "Required", "What it is"), rows)
    answers = {status: _resolved(api, answer) for status, answer in does["responses"].items()}
    rows = ((status, _oneline(answer["description"]), _headers(answer)) for status, answer in answers.items())
    yield _table(("Answer", "What it means", "Headers"), rows)
    for schema in _schemas(api, answers.get("200", {})):
        yield _table(("In the answer", "What it is"), schema)


def _proof(scheme: Mapping[str, str]) -> str:
    how = f"the header `{scheme['name']}`" if scheme["type"] == "apiKey" else f"HTTP {scheme['scheme'].capitalize()}"
    return f"{how}: {_small(_oneline(scheme['description'])).rstrip('.')}"


def _headers(answer: Any) -> str:
    return ", ".join(f"`{name}`" for name in answer.get("headers", {}))


def _schemas(api: Any, answer: Any) -> Iterator[list[tuple[str, str]]]:
    for content in answer.get("content", {}).values():
        schema = content["schema"]
        for each in schema.get("oneOf", [schema]):
            fields = _resolved(api, each).get("properties", {})
            if fields:
                yield [(f"`{name}`", _value(value)) for name, value in fields.items()]


def _value(value: Mapping[str, Any]) -> str:
    if "const" in value:
        said = f"`{str(value['const']).lower() if isinstance(value['const'], bool) else value['const']}`"
    elif "enum" in value:
        said = " or ".join(f"`{each}`" for each in value["enum"])
    else:
        said = {"integer": "a whole number", "string": "a text"}[value["type"]]
    return " · ".join(filter(None, [said, value.get("description", "")]))


def _resolved(api: Any, found: Any) -> Any:
    for name in found.get("$ref", "").split("/")[1:]:
        api = api[name]
    return api if "$ref" in found else found


def slack_app() -> str:
    """Return the page about what the Slack app may do, and why: the reasons stand beside each in the manifest."""
    manifest = (FOLDER.parents[1] / "manifest.yml").read_text("utf-8")
    reasons = dict(re.findall(r"^ +- ([a-z_:.]+) +# (.+)$", manifest, re.MULTILINE))
    read = yaml.safe_load(manifest)
    scopes = read["oauth_config"]["scopes"]
    lines = [
        "# What the Slack app may do",
        _text(
            "Slack asks whoever installs the app to allow these. They stand in [manifest.yml](../../manifest.yml), "
            "with these reasons, and there is no other."
        ),
        _table(("Scope", "What it is for"), ((f"`{scope}`", reasons[scope]) for scope in scopes["bot"])),
        "The bot works without these:",
        _table(("Scope", "What it is for"), ((f"`{scope}`", reasons[scope]) for scope in scopes["bot_optional"])),
        "What Slack tells the bot by itself:",
        _table(
            ("Event", "What it is for"),
            ((f"`{event}`", reasons[event]) for event in read["settings"]["event_subscriptions"]["bot_events"]),
        ),
        _text(
            "The app-level token, in Socket Mode, has the scope `connections:write`. It opens the connection and can "
            "do nothing else."
        ),
    ]
    return _page(lines)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _oneline(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    return fill(_oneline(text), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _page(parts: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(filter(None, parts))) + "\n"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "commands.md": commands,
    "settings.md": settings,
    "endpoints.md": endpoints,
    "slack-app.md": slack_app,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
        sys.stdout.write(f"docs/reference/{name} is written.\n")
