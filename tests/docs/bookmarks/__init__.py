"""An example: a plugin that implements every hook. docs/reference/hooks.md shows its functions."""
