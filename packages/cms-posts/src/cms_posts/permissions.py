"""The rights that posts asks for."""

from cms_core import Permission

_EDITORS = frozenset({"editor", "admin"})
_AUTHORS = _EDITORS | {"author"}

WRITE = "posts:write"
WRITE_ANY = "posts:write-any"
PUBLISH = "posts:publish"
PUBLISH_ANY = "posts:publish-any"
PURGE = "posts:purge"
MANAGE_TAGS = "posts:manage-tags"

PERMISSIONS = (
    Permission(WRITE, "Create posts; read, edit, preview and trash one's own.", _AUTHORS),
    Permission(WRITE_ANY, "Read, edit and trash everybody's posts; set their author.", _EDITORS),
    Permission(PUBLISH, "Publish and unpublish one's own posts.", _AUTHORS),
    Permission(PUBLISH_ANY, "Publish and unpublish everybody's posts.", _EDITORS),
    Permission(PURGE, "Delete trashed posts for good.", _EDITORS),
    Permission(MANAGE_TAGS, "Rename, merge and delete tags.", _EDITORS),
)
