"""What authors see and do over HTTP, behind the authoring door."""
