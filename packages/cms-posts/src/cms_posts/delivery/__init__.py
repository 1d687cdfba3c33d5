"""What readers get: published content only, the same for everybody, so that it can be cached.

Nothing here looks at identity, and every statement starts from `published_posts` or
`published_post_tags`, which hold nothing but live posts.
"""
