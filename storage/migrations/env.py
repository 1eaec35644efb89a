"""What Alembic runs to run the migrations: on the connection that it is handed, within the transaction there."""

from alembic import context

from storage.migrations.dialects import sort_by_code_point

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
if connection.dialect.name == "postgresql":
    sort_by_code_point(connection)
