"""Authlib's introspection endpoint on Flask, as its documentation builds it, with SQLAlchemy on SQLite or PostgreSQL.

`python -m bench.peers.authlib_server FOLDER COUNT` makes and fills the database; then a WSGI server runs `application`
with the folder in the environment's `BENCH_FOLDER`. Where `BENCH_DATABASE` is the address of a database of PostgreSQL,
it is that one.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import (
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_query_client_func,
    create_query_token_func,
    create_save_token_func,
)
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask, Response
from sqlalchemy import create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

from bench.peers.tokens import ASKER, LIFETIME, SECRET, insert_tokens

_INSERT = """
INSERT INTO tokens (client_id, token_type, access_token, scope, issued_at, access_token_revoked_at,
    refresh_token_revoked_at, expires_in)
SELECT 'third-party', 'Bearer', token(n), 'api', :now, 0, 0, :lifetime FROM numbers LIMIT :count
"""
_INSERT_ON_SERVER = """
INSERT INTO tokens (client_id, token_type, access_token, scope, issued_at, access_token_revoked_at,
    refresh_token_revoked_at, expires_in)
SELECT 'third-party', 'Bearer', left(encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 42), 'api', :now, 0, 0,
    :lifetime
FROM generate_series(0, :count - 1) AS n
"""
_file = Path(os.environ.get("BENCH_FOLDER") or sys.argv[1]).absolute() / "authlib.db"
_server = os.environ.get("BENCH_DATABASE")
engine = create_engine(_server.replace("postgresql:", "postgresql+psycopg:") if _server else f"sqlite:///{_file}")
session = scoped_session(sessionmaker(engine))
application = Flask(__name__)


class Base(DeclarativeBase):
    """What is kept."""


class Client(Base, OAuth2ClientMixin):
    """Who may ask."""

    __tablename__ = "clients"
    id: Mapped[int] = mapped_column(primary_key=True)


class Token(Base, OAuth2TokenMixin):
    """What is asked about."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)


class Introspection(IntrospectionEndpoint):
    """The three methods that the documentation asks for."""

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:
        """Find a token."""
        return query_token(token_string, token_type_hint)

    def introspect_token(self, token: Any) -> dict[str, object]:
        """Say what it is."""
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "exp": token.issued_at + token.expires_in,
            "iat": token.issued_at,
        }

    def check_permission(self, token: Any, client: Any, request: Any) -> bool:
        """Let the one resource server ask about every token."""
        return bool(client.client_id == ASKER)


query_token = create_query_token_func(session, Token)
server = AuthorizationServer(
    application,
    query_client=create_query_client_func(session, Client),
    save_token=create_save_token_func(session, Token),
)
server.register_endpoint(Introspection)


@application.post("/oauth/introspect")
def introspect() -> Response:
    """RFC 7662."""
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME)


@application.teardown_appcontext
def end(_error: BaseException | None) -> None:
    """Let each request have a session of its own."""
    session.remove()


def fill(count: int) -> None:
    """Make the database, with a client and so many tokens."""
    Base.metadata.create_all(engine)
    client = Client(client_id=ASKER, client_secret=SECRET)
    client.set_client_metadata({"token_endpoint_auth_method": "client_secret_basic"})
    session.add(client)
    session.commit()
    given: dict[str, object] = {"now": int(time.time()), "lifetime": LIFETIME, "count": count}
    if _server is None:
        insert_tokens(_file, _INSERT, given)
    else:
        session.execute(text(_INSERT_ON_SERVER), given)
        session.commit()


if __name__ == "__main__":
    fill(int(sys.argv[2]))
