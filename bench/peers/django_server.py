"""django-oauth-toolkit's introspection endpoint, with its own settings, on SQLite.

`python -m bench.peers.django_server FOLDER COUNT` makes and fills the database, and prints how the secrets of clients
are hashed; then a WSGI server runs `application` with the folder in the environment's `BENCH_FOLDER`.

A resource server asks with a token that has the scope `introspection`, as in the documentation's example. It may ask
with the ID and the secret of a client as well; the secret is then compared with a slow hash.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from django.utils import timezone

from bench.peers.tokens import ASKER, LIFETIME, SECRET, insert_tokens

_INSERT = """
INSERT INTO oauth2_provider_accesstoken
    (token, token_checksum, application_id, expires, scope, resource, created, updated)
SELECT token(n), sha256(token(n)), :application, :expires, 'api', '[]', datetime(), datetime() FROM numbers LIMIT :count
"""
_file = Path(os.environ.get("BENCH_FOLDER") or sys.argv[1]).absolute() / "django.db"
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _file, "CONN_MAX_AGE": None}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    OAUTH2_PROVIDER={"SCOPES": {"api": "The API", "introspection": "Introspect token scope"}},
    ROOT_URLCONF=__name__,
    SECRET_KEY=SECRET,
    USE_TZ=True,
)
django.setup()
urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
application = get_wsgi_application()


def fill(count: int) -> None:
    """Make the database, with a client for the resource server, a token of its own, and so many others."""
    access_tokens = apps.get_model("oauth2_provider", "AccessToken").objects
    clients = apps.get_model("oauth2_provider", "Application").objects
    call_command("migrate", verbosity=0)
    machine = {"client_type": "confidential", "authorization_grant_type": "client-credentials"}
    asker = clients.create(client_id=ASKER, client_secret=SECRET, **machine)
    third_party = clients.create(client_id="third-party", **machine)
    expires = timezone.now() + timedelta(seconds=LIFETIME)
    access_tokens.create(application=asker, token=SECRET, expires=expires, scope="introspection")
    given = {"application": third_party.id, "expires": f"{expires:%Y-%m-%d %H:%M:%S}", "count": count}
    insert_tokens(_file, _INSERT, given)
    hasher, times = asker.client_secret.split("$")[:2]
    print(f"secrets of clients are hashed by {hasher}, {times} times")


if __name__ == "__main__":
    fill(int(sys.argv[2]))
