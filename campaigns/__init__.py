"""Campaigns: what the CMS promises, put to the test under kills, races and skewed clocks.

Run them with ``python -m campaigns``.
"""
