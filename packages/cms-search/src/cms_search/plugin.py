"""What cms-search contributes: nothing yet. It holds the place of full-text search in the set."""
