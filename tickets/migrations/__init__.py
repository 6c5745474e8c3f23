"""Alembic migrations of the store; run by :mod:`tickets.migrating`."""
