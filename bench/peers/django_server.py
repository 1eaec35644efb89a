"""django-oauth-toolkit's introspection endpoint, with its own settings, on SQLite.

`python -m bench.peers.django_server FOLDER COUNT` makes and fills the database; then a WSGI server runs `application`
with the folder in the environment's `BENCH_FOLDER`.

A resource server asks with a bearer token that has the scope `introspection`, as the documentation's example does. With
the ID and secret of a client it may ask as well; the secret is then compared with a slow hash.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from django.utils import timezone

from bench.peers.tokens import ASKER, LIFETIME, SECRET, insert_tokens

FILE = Path(os.environ.get("BENCH_FOLDER") or sys.argv[1]).absolute() / "django.db"
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FILE, "CONN_MAX_AGE": None}},
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
    from oauth2_provider.models import AccessToken, Application  # noqa

    call_command("migrate", verbosity=0)
    machine = {"client_type": "confidential", "authorization_grant_type": "client-credentials"}
    asker = Application.objects.create(client_id=ASKER, client_secret=SECRET, **machine)
    third_party = Application.objects.create(client_id="third-party", **machine)
    expires = timezone.now() + timedelta(seconds=LIFETIME)
    AccessToken.objects.create(application=asker, token=SECRET, expires=expires, scope="introspection")
    insert_tokens(
        FILE,
        count,
        f"""
        INSERT INTO oauth2_provider_accesstoken
            (token, token_checksum, application_id, expires, scope, resource, created, updated)
        SELECT token(n), checksum(token(n)), {third_party.id}, '{expires:%Y-%m-%d %H:%M:%S}', 'api', '[]',
            datetime(), datetime()
        FROM {{numbers}}
        """,
    )
    print(asker.client_secret.split("$")[:2])


if __name__ == "__main__":
    fill(int(sys.argv[2]))
