"""Runs migrations on the connection that ``ledger.migrate`` hands over."""

from alembic import context

from ledger.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
