"""Alembic, once per plugin: histories, the lock they share, and the versions of the core itself."""
