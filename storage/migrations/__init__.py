"""Alembic's migrations. One that was released is never changed; `storage.tables` is what they add up to."""
