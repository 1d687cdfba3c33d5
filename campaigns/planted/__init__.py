"""The replacements that planted faults are made of."""
