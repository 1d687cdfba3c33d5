"""``python -m campaigns``."""

from campaigns.cli import app

app(prog_name="python -m campaigns")
