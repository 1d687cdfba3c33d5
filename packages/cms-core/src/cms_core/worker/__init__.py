"""The worker: runs jobs when they are due."""
