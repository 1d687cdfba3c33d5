"""The commands of ``cms``."""
