"""The rights that media asks for."""

from cms_core import Permission

_EDITORS = frozenset({"editor", "admin"})

WRITE = "media:write"
WRITE_ANY = "media:write-any"

PERMISSIONS = (
    Permission(
        WRITE, "See all files; upload some, change and delete one's own.", _EDITORS | {"author"}
    ),
    Permission(WRITE_ANY, "Change and delete everybody's files.", _EDITORS),
)
