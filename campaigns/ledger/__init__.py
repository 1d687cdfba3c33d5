"""A plugin that keeps books of what happened, in the transactions in which it happens."""
