"""What tests of the CMS and of its plugins need: fixtures and real servers."""
