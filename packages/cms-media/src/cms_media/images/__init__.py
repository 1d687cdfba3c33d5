"""What images show and what is made of them, in a process of their own that has limits."""
