"""How fast the CMS is at what it promises; see README.md."""
