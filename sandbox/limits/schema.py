"""A small language for Slack's rules about shapes: each check yields complaints in Slack's own words.

The wording and the JSON pointers are those of Slack's `response_metadata.messages`, for example
`must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

Check = Callable[[object, str], Iterator[str]]
"""Takes a value and the JSON pointer to it, yields what Slack would complain about."""

_SHOWN = 80  # how much of a foreign value a complaint repeats


def complaint(what: str, where: str) -> str:
    """One complaint as Slack words it, without the `[ERROR]` in front."""
    return f"{what} [json-pointer:{where}]"


def string(most: int | None = None, least: int = 1) -> Check:
    """A string of `least` to `most` characters."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield complaint("must be a string", where)
        elif len(value) < least:
            yield complaint(f"must be more than {least - 1} characters", where)
        elif most is not None and len(value) > most:
            yield complaint(f"must be less than {most + 1} characters", where)

    return check


def one_of(*allowed: str) -> Check:
    """One of a few fixed words."""

    def check(value: object, where: str) -> Iterator[str]:
        if value not in allowed:
            yield complaint(f"must be one of: {', '.join(allowed)}", where)

    return check


def boolean(value: object, where: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield complaint("must be a boolean", where)


def any_object(value: object, where: str) -> Iterator[str]:
    """An object whose fields are the app's own business."""
    if not isinstance(value, Mapping):
        yield complaint("must provide an object", where)


def whole(least: int, most: int) -> Check:
    """A whole number between two bounds, both allowed."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield complaint("must be an integer", where)
        elif not least <= value <= most:
            yield complaint(f"must be between {least} and {most}", where)

    return check


def array(item: Check, most: int | None = None, least: int = 1) -> Check:
    """A list of `least` to `most` items, each of which passes `item`."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield complaint("must provide an array", where)
            return
        if len(value) < least:
            yield complaint(f"must provide at least {least} items", where)
        if most is not None and len(value) > most:
            yield complaint(f"no more than {most} items allowed", where)
            return
        for number, entry in enumerate(value):
            yield from item(entry, f"{where}/{number}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Check) -> Check:
    """An object with these fields and no others; `rules` look at it as a whole once its fields are sound."""
    known = {**required, **(optional or {})}

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield complaint("must provide an object", where)
            return
        complaints = [complaint(f"missing required field: {name}", where) for name in required if name not in value]
        for name, entry in value.items():
            if name in known:
                complaints.extend(known[name](entry, f"{where}/{name}"))
            else:
                complaints.append(complaint(f"invalid additional property: {str(name)[:_SHOWN]}", where))
        yield from complaints
        if not complaints:
            for rule in rules:
                yield from rule(value, where)

    return check


def tagged(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of `kinds` it has to pass."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield complaint("must provide an object", where)
        elif "type" not in value:
            yield complaint("missing required field: type", where)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            yield complaint(f"unsupported type: {str(value['type'])[:_SHOWN]}", f"{where}/type")
        else:
            yield from kinds[value["type"]](value, where)

    return check


def exactly_one(*names: str) -> Check:
    """A rule for `record`: one of these fields, not none and not several."""

    def check(value: object, where: str) -> Iterator[str]:
        if isinstance(value, Mapping) and sum(name in value for name in names) != 1:
            yield complaint(f"must define exactly one of: {', '.join(names)}", where)

    return check


def at_least_one(*names: str) -> Check:
    """A rule for `record`: one of these fields or several."""

    def check(value: object, where: str) -> Iterator[str]:
        if isinstance(value, Mapping) and not any(name in value for name in names):
            yield complaint(f"must define at least one of: {', '.join(names)}", where)

    return check


def unique(name: str, parts: Sequence[object], where: Callable[[int], str]) -> Iterator[str]:
    """Complain about every part whose field `name` repeats that of an earlier one; `where(i)` points to part i."""
    taken: set[str] = set()
    for number, part in enumerate(parts):
        value = part.get(name) if isinstance(part, Mapping) else None
        if not isinstance(value, str):
            continue
        if value in taken:
            yield complaint(f'`{name}` "{value}" already exists', f"{where(number)}/{name}")
        taken.add(value)


def only(kinds: Mapping[str, Check], names: Collection[str]) -> Mapping[str, Check]:
    """The named ones of `kinds`."""
    return {name: kinds[name] for name in names}
