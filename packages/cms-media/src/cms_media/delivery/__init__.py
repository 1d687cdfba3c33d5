"""Files as readers get them."""
