"""A model of the cache of published content, and a checker that visits every state of it."""
