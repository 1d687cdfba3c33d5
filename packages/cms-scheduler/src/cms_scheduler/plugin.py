"""What cms-scheduler contributes: nothing yet. It holds the place of planned publication."""
