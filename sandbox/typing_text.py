"""What a person types, as Slack sends it on."""

import re

from sandbox.workspace import Workspace

_TOKEN = re.compile(r"(?P<url>https?://\S+)|(?P<user>(?<![\w@.])@[\w.-]+)|(?P<channel>(?<![\w#/])#[\w-]+)")


def escaped(text: str, space: Workspace) -> str:
    """Text with links, users and channels written the way `should_escape` asks for.

    Links become `<https://…>`, @handles `<@U…|handle>`, #channels `<#C…|name>`, a private one without its name
    (docs: reference/app-manifest, should_escape; interactivity/implementing-slash-commands).
    """
    parts, last = [], 0
    for found in _TOKEN.finditer(text):
        parts += [_entities(text[last : found.start()]), _linked(found, space)]
        last = found.end()
    return "".join([*parts, _entities(text[last:])])


def _linked(found: re.Match[str], space: Workspace) -> str:
    word = found.group()
    try:
        if found["url"]:
            return f"<{_entities(word)}>"
        if found["user"]:
            user = space.user(word)
            return f"<@{user.id}|{user.handle}>"
        channel = space.channel(word)
        return f"<#{channel.id}|{channel.name if channel.kind == 'public' else ''}>"
    except KeyError:
        return _entities(word)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
