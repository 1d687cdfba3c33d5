"""Accounts, sessions, tokens, roles and sign-on."""

__all__: list[str] = []
