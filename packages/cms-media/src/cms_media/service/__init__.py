"""What happens to files: each function in a transaction that its caller opened."""
