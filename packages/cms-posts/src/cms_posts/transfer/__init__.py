"""Whole sites in and out: JSON lines of our own, and the exports of WordPress.

What is there already is never overwritten: a post of the same id stays as it is, and is told as a
conflict where it differs. So the same file can be imported again, after a fault too.
"""
