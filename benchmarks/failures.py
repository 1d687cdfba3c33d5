"""Why a benchmark can't tell anything."""


class Failed(Exception):
    """What was to be measured did not start, did not answer, or answered something else."""
