"""What Alembic runs to run the migrations: on the connection that it is handed, within the transaction there."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
