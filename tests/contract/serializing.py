"""Tells Schemathesis how bodies of types are sent that it does not know.

Loaded by Schemathesis itself, through SCHEMATHESIS_HOOKS.
"""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
