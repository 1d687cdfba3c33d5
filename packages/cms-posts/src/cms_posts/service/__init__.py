"""What can be done with posts: each function in the transaction of whoever calls it."""
