"""The commands of ``cms``."""

#: First words that belong to the core; plugins can't take them.
CORE_COMMANDS = ("db", "dev", "hooks", "openapi", "plugins", "serve", "worker")
