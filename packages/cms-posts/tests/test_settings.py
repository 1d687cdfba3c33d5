import pytest
from pydantic import ValidationError

from cms_posts.settings import PostsSettings


@pytest.mark.parametrize(
    "template",
    ["{public_url}/posts", "{public_url}/{year}/{slug}", "{slug", "{}/{slug}", "{slug.x}"],
)
def test_the_address_of_a_post_is_made_of_what_is_known(template: str) -> None:
    with pytest.raises(ValidationError):
        PostsSettings(url_template=template)


def test_posts_may_live_on_another_host() -> None:
    assert PostsSettings(url_template="https://www.example/{slug}.html").url_template
