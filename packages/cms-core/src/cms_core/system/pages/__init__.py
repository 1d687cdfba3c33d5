"""Pages for people: plain HTML that needs no other server and, but for comfort, no script."""
