"""Bodies of posts as safe HTML: parse, balance, sanitise."""

from cms_posts.rendering.balancing import BodyTooComplex
from cms_posts.rendering.bodies import MAX_LENGTH, BodyTooLong, render
from cms_posts.rendering.excerpts import excerpt_of

__all__ = ["MAX_LENGTH", "BodyTooComplex", "BodyTooLong", "excerpt_of", "render"]
