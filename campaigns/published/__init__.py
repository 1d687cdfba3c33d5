"""What readers are shown while it changes: posts with versions, who writes them, and who reads."""
