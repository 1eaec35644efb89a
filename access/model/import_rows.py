"""What the rows of an import say: a third party with its people, and at most one token in each row."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar

from access.model.contact_key import is_not_to_be_kept
from access.model.errors import AccessError
from access.model.ids import ClientId
from access.model.secret import Secret
from access.model.sheet import Problem, Record, Sheet, Wrong, unguarded
from access.model.third_party import checked_callback_url, checked_name, checked_text, name_key
from access.model.token import TokenOrigin, TokenState

OF_PARTY: Final = ("name", "callback_url", "owner", "deputy_owner", "contact", "notes", "enabled", "client_id")
OF_TOKEN: Final = ("token_kind", "token", "client_secret", "issued_at", "expires_at", "delivered")
TOKEN_STATE: Final = "token_state"
COLUMNS: Final = (*OF_PARTY, *OF_TOKEN, TOKEN_STATE)
REQUIRED: Final = ("name", "owner")
SHORTEST_SECRET: Final = 8
LONGEST_SECRET: Final = 4_096
YEARS: Final = range(2000, 2101)

_SECRETS: Final = frozenset({"token", "client_secret"})
_KINDS: Final = {"issued": TokenOrigin.EXTERNAL, "migrated": TokenOrigin.MIGRATED, "external": TokenOrigin.EXTERNAL}
"""One of ours, out of an export, is nothing more than an external one without its secret."""

_NOBODY_HAS: Final = frozenset({TokenState.PENDING, TokenState.EXPIRED, TokenState.RETIRED, TokenState.REVOKED})
_YES_OR_NO: Final = {"yes": True, "no": False, "true": True, "false": False}
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,20}|[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}")
_VSCHAR: Final = re.compile(r"[\x20-\x7e]+")
_VISIBLE: Final = re.compile(r"[!-~]+")
_OURS: Final = re.compile(r"tp[ts]_", re.IGNORECASE)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LAST_SECOND: Final = timedelta(days=1, seconds=-1)
_CLIENT_ID_LIMIT: Final = 255
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ImportedToken:
    """A token of a row. Without `token`, people are only reminded of it."""

    line: int
    origin: TokenOrigin
    issued_at: datetime
    expires_at: datetime
    delivered: bool
    token: Secret | None = None
    client_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class ImportedParty:
    """A third party as its rows describe it. People are Slack user IDs or email addresses, these in small letters.

    `says`: the columns that are not empty. `left_out`: how many of its rows are about tokens that have ended, or that
    nobody ever had.
    """

    line: int
    name: str
    owner: str
    callback_url: str | None = None
    deputy_owner: str | None = None
    contact: str | None = None
    notes: str = ""
    enabled: bool = False
    client_id: ClientId | None = None
    says: Collection[str] = field(default=(), compare=False)
    tokens: Sequence[ImportedToken] = field(default=(), compare=False)
    left_out: int = field(default=0, compare=False)

    @property
    def people(self) -> Mapping[str, str]:
        """Who is named in which column."""
        named = {"owner": self.owner, "deputy_owner": self.deputy_owner, "contact": self.contact}
        return {column: person for column, person in named.items() if person}


def parties_of(sheet: Sheet, now: datetime) -> tuple[Sequence[ImportedParty], Sequence[Problem]]:
    """Return the third parties that a file describes, and everything that is wrong with it by itself."""
    problems, found, secrets = list(sheet.problems), dict[str, ImportedParty](), _Secrets()
    for record in sheet.records:
        row = _Row(record, now)
        party, token = row.party(), row.token()
        problems += row.problems
        if party is None:
            continue
        key = name_key(party.name)
        known = found.setdefault(key, party)
        problems += _differences(known, party)
        if token is not None:
            problems += [*secrets.problems_of(token), *(() if row.is_exported else _same_again(known, token))]
        added = () if token is None else (token,)
        found[key] = replace(known, tokens=(*known.tokens, *added), left_out=known.left_out + row.is_left_out)
    problems += _clashing_client_ids(found.values())
    return list(found.values()), problems


def _differences(known: ImportedParty, again: ImportedParty) -> list[Problem]:
    return [
        Problem(again.line, column, Wrong.DIFFERS, str(known.line))
        for column in OF_PARTY
        if getattr(known, column) != getattr(again, column)
    ]


def _same_again(known: ImportedParty, token: ImportedToken) -> list[Problem]:
    same = [each for each in known.tokens if (each.issued_at, each.expires_at) == (token.issued_at, token.expires_at)]
    alike = [each for each in same if each.token is None or token.token is None]
    return [Problem(token.line, "", Wrong.ROW_TWICE, str(each.line)) for each in alike[:1]]


def _clashing_client_ids(parties: Iterable[ImportedParty]) -> list[Problem]:
    first, clashes = dict[ClientId, ImportedParty](), list[Problem]()
    for party in parties:
        if party.client_id is not None:
            earlier = first.setdefault(party.client_id, party)
            if earlier is not party:
                clashes.append(Problem(party.line, "client_id", Wrong.CLIENT_ID_TWICE, str(earlier.line)))
    return clashes


class _Secrets:
    """The secrets of a file, by what they are; each stands in it once."""

    def __init__(self) -> None:
        self._line_of: dict[str, int] = {}

    def problems_of(self, token: ImportedToken) -> list[Problem]:
        clashes = list[Problem]()
        for column, secret in (("token", token.token), ("client_secret", token.client_secret)):
            if secret is not None:
                earlier = self._line_of.setdefault(secret.reveal(), token.line)
                if earlier != token.line or (column == "client_secret" and _are_same(secret, token.token)):
                    clashes.append(Problem(token.line, column, Wrong.TOKEN_TWICE, str(earlier)))
        return clashes


def _are_same(one: Secret, other: Secret | None) -> bool:
    return other is not None and one.reveal() == other.reveal()


class _Row:
    """One row on its way to what it means. `problems` grows meanwhile."""

    def __init__(self, record: Record, now: datetime) -> None:
        self._cells = record.cells
        self._line = record.line
        self._now = now
        self.problems: list[Problem] = []
        self.is_left_out = False
        self._look_for_secrets()

    def party(self) -> ImportedParty | None:
        """Return what the row says of the third party; None if its name or owner cannot be told."""
        name = self._checked("name", checked_name, self._text("name"))
        owner = self._person("owner", required=True)
        deputy = self._person("deputy_owner")
        callback_url = self._checked("callback_url", checked_callback_url, self._text("callback_url"))
        contact = self._person("contact")
        notes = self._checked("notes", checked_text, self._text("notes")) or ""
        enabled, client_id = bool(self._yes_or_no("enabled")), self._client_id()
        if name is None or owner is None or any(problem.column == "name" for problem in self.problems):
            return None  # a name that holds a secret is shown to nobody
        says = frozenset(filter(self._raw, OF_PARTY))
        return ImportedParty(self._line, name, owner, callback_url, deputy, contact, notes, enabled, client_id, says)

    @property
    def is_exported(self) -> bool:
        """Tell whether an export has written it: of its tokens, two may have the same times and no secret."""
        return bool(self._raw(TOKEN_STATE))

    def token(self) -> ImportedToken | None:
        """Return the token of the row, if there is one and nothing is wrong with it."""
        given = [column for column in OF_TOKEN if self._raw(column)]
        if not given:
            return None
        if self._text(TOKEN_STATE) in _NOBODY_HAS:
            self.is_left_out = True
            return None
        before = len(self.problems)
        origin = self._origin()
        bearer, client_secret = self._secret("token"), self._secret("client_secret")
        issued_at, expires_at = self._times()
        delivered = self._delivered(has_secret=bearer is not None)
        self._must_suit(origin, has_token=bool(self._raw("token")))
        if len(self.problems) > before or not (origin and issued_at and expires_at):
            return None
        if expires_at <= self._now:
            self.is_left_out = True
            return None
        return ImportedToken(self._line, origin, issued_at, expires_at, delivered, bearer, client_secret)

    def _wrong(self, column: str, wrong: Wrong | AccessError, detail: str = "") -> None:
        self.problems.append(Problem(self._line, column, wrong, detail))

    def _raw(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def _text(self, column: str) -> str:
        return unguarded(self._raw(column))

    def _look_for_secrets(self) -> None:
        """A secret has been put into the wrong column sooner than anybody has seen it."""
        others = {column: cell for column, cell in self._cells.items() if cell and column not in _SECRETS}
        if is_not_to_be_kept("\n\0\n".join(others.values())):
            for column, cell in others.items():
                if is_not_to_be_kept(cell):
                    self._wrong(column, Wrong.HOLDS_SECRET)
        for secret in filter(lambda text: len(text) >= SHORTEST_SECRET, map(self._raw, _SECRETS)):
            for column, cell in others.items():
                if secret in cell:
                    self._wrong(column, Wrong.REPEATS_SECRET)

    def _checked(self, column: str, check: Callable[[str], _T], text: str) -> _T | None:
        try:
            return check(text)
        except AccessError as refusal:
            self._wrong(column, refusal)
            return None

    def _person(self, column: str, *, required: bool = False) -> str | None:
        text = self._text(column)
        if not text:
            if required:
                self._wrong(column, Wrong.REQUIRED)
            return None
        if not _PERSON.fullmatch(text):
            self._wrong(column, Wrong.NOT_A_PERSON)
            return None
        return text.lower() if "@" in text else text

    def _yes_or_no(self, column: str) -> bool | None:
        text = self._text(column).casefold()
        if text and text not in _YES_OR_NO:
            self._wrong(column, Wrong.NOT_YES_OR_NO)
        return _YES_OR_NO.get(text)

    def _client_id(self) -> ClientId | None:
        text = self._text("client_id")
        if text and not (_VSCHAR.fullmatch(text) and len(text) <= _CLIENT_ID_LIMIT):
            self._wrong("client_id", Wrong.NOT_A_CLIENT_ID)
        return ClientId(text) if text else None

    def _origin(self) -> TokenOrigin | None:
        word = self._text("token_kind").casefold()
        if word not in _KINDS:
            self._wrong("token_kind", Wrong.KIND_UNKNOWN if word else Wrong.KIND_MISSING)
        elif word == TokenOrigin.ISSUED and any(map(self._raw, _SECRETS)):
            self._wrong("token_kind", Wrong.ISSUED_WITH_SECRET)
        elif word == TokenOrigin.MIGRATED and TOKEN_STATE in self._cells and not self._raw("token"):
            return TokenOrigin.EXTERNAL
        return _KINDS.get(word)

    def _secret(self, column: str) -> Secret | None:
        text = self._raw(column)
        if not text:
            return None
        if _OURS.match(text):
            self._wrong(column, Wrong.TOKEN_OF_OURS)
        elif not _VISIBLE.fullmatch(text):
            self._wrong(column, Wrong.TOKEN_NOT_ASCII)
        elif len(text) < SHORTEST_SECRET:
            self._wrong(column, Wrong.TOKEN_TOO_SHORT, str(SHORTEST_SECRET))
        elif len(text) > LONGEST_SECRET:
            self._wrong(column, Wrong.TOKEN_TOO_LONG, f"{LONGEST_SECRET:,}")
        return Secret(text)

    def _must_suit(self, origin: TokenOrigin | None, *, has_token: bool) -> None:
        if not has_token and self._raw("client_secret"):
            self._wrong("client_secret", Wrong.CLIENT_SECRET_ALONE)
        elif not has_token and origin is TokenOrigin.MIGRATED:
            self._wrong("token", Wrong.MIGRATED_WITHOUT_SECRET)

    def _delivered(self, *, has_secret: bool) -> bool:
        """Without a secret nobody can be handed anything: it was delivered elsewhere."""
        delivered = self._yes_or_no("delivered")
        if has_secret and not self._text("delivered"):
            self._wrong("delivered", Wrong.DELIVERED_MISSING)
        return delivered is not False or not has_secret

    def _times(self) -> tuple[datetime | None, datetime | None]:
        issued_at, expires_at = self._instant("issued_at", timedelta()), self._instant("expires_at", _LAST_SECOND)
        if issued_at and issued_at > self._now:
            self._wrong("issued_at", Wrong.ISSUED_IN_FUTURE)
        if issued_at and expires_at and expires_at <= issued_at:
            self._wrong("expires_at", Wrong.EXPIRES_BEFORE_ISSUE)
        return issued_at, expires_at

    def _instant(self, column: str, of_day: timedelta) -> datetime | None:
        """Return the instant that is meant; of a day alone, `of_day` after it has begun, in UTC."""
        text = self._text(column)
        if not text:
            self._wrong(column, Wrong.REQUIRED)
            return None
        try:
            if _DAY.fullmatch(text):
                at = datetime.combine(date.fromisoformat(text), time(), UTC) + of_day
            else:
                at = datetime.fromisoformat(text)
                at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            self._wrong(column, Wrong.NOT_AN_INSTANT)
            return None
        if at.year not in YEARS:
            self._wrong(column, Wrong.YEAR_ODD, f"{YEARS[0]} {YEARS[-1]}")
            return None
        return at
