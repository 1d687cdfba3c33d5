"""Campaigns against uploads: killed servers, equal bytes, bodies of people without rights."""
