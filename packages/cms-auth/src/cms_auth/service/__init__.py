"""What can be done with accounts: each function in the transaction of whoever calls it."""
