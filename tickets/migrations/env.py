"""Alembic's environment: migrates over the connection that :mod:`tickets.migrating` hands in, in its transaction."""

from __future__ import annotations

from alembic import context

from tickets.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
