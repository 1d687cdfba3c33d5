"""Settings of posts."""

from pydantic import Field, field_validator

from cms_core import PluginSettings


class PostsSettings(PluginSettings):
    """Environment variables ``CMS_POSTS__…``."""

    language: str = Field("en", description="Language (BCP 47) of posts that name none.")
    url_template: str = Field(
        "{public_url}/posts/{slug}", description="A post's page on the site, for feed and sitemap."
    )
    site_title: str = Field("Posts", description="Title of the Atom feed.")
    feed_length: int = Field(20, ge=1, le=100, description="Entries in the Atom feed.")
    preview_max_age: int = Field(
        30 * 24 * 3600, ge=60, description="Longest life of a preview link, in seconds."
    )

    @field_validator("url_template")
    @classmethod
    def _complete(cls, template: str) -> str:
        try:
            one, other = (template.format(public_url="https://x", slug=slug) for slug in "ab")
        except (LookupError, ValueError, AttributeError):
            raise ValueError("may name {public_url} and {slug}, and nothing else") from None
        if one == other:
            raise ValueError("must name {slug}")
        return template
