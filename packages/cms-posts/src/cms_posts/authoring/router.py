"""The authoring door of posts."""

from cms_core import CMS, AdminRouter
from cms_posts.authoring.desk import Desk
from cms_posts.authoring.history import add_history
from cms_posts.authoring.posts import add_posts
from cms_posts.authoring.preview_links import add_preview_links
from cms_posts.authoring.states import add_publication, add_trash
from cms_posts.extensions import Extensions


def authoring_router(cms: CMS, extensions: Extensions) -> AdminRouter:
    """Return the router of all that authors do with posts."""
    router = AdminRouter("/posts")
    desk = Desk.of(cms, extensions)
    add_posts(router, desk)
    add_publication(router, desk)
    add_trash(router, desk)
    add_history(router, desk)
    add_preview_links(router, desk)
    return router
