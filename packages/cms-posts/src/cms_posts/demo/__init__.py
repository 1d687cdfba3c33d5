"""Posts to try things out on, written by us."""
