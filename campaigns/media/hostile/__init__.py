"""Files that are made to do harm, and what is looked for in what becomes of them."""
