"""The authoring door of files."""
