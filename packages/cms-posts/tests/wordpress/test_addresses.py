"""Addresses of files in bodies, before and after an import."""

import pytest

from cms_posts.models import BodyFormat
from cms_posts.rendering import render
from cms_posts.wordpress.addresses import Addresses

SITE = "https://harbour.example"
OLD = f"{SITE}/wp-content/uploads/2020/05"
SEA, SHIP, RATES = (f"http://test/media/{name}" for name in ("1/sea.jpg", "2/ship.png", "3/r.pdf"))


@pytest.fixture
def addresses() -> Addresses:
    addresses = Addresses()
    addresses.add(f"{OLD}/sea-scaled.jpg", SEA)
    addresses.add(f"{OLD}/ship.png", SHIP)
    addresses.add(f"{OLD}/rates%202020.pdf", RATES)
    return addresses


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{OLD}/sea-scaled.jpg", SEA),
        (f"{OLD}/sea.jpg", SEA),
        (f"{OLD}/sea-300x200.jpg", SEA),
        (f"{OLD}/ship-1024x768.png?resize=2&x#y", SHIP),
        (f"{OLD}/ship-rotated.png", SHIP),
        (f"{OLD}/rates 2020.pdf", RATES),
        ("http://harbour.example/wp-content/uploads/2020/05/ship.png", SHIP),
        ("//HARBOUR.example/wp-content/uploads/2020/05/ship.png", SHIP),
        ("https://www.harbour.example/wp-content/uploads/2020/05/ship.png", SHIP),
        ("/wp-content/uploads/2020/05/ship.png", SHIP),
        (f"{OLD}/Ship.png", None),
        (f"{OLD}/ship-300x.png", None),
        (f"{OLD}/ship-large.png", None),
        ("https://else.example/wp-content/uploads/2020/05/ship.png", None),
        ("ftp://harbour.example/wp-content/uploads/2020/05/ship.png", None),
        (SITE, None),
        ("", None),
        ("#top", None),
        ("https://[", None),
    ],
)
def test_an_address_leads_to_the_file_whatever_its_form(
    addresses: Addresses, old: str, new: str | None
) -> None:
    assert addresses.now(old, SITE) == new


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_that_is_called_like_a_size_of_another_is_itself(order: int) -> None:
    addresses = Addresses()
    files = {"sea.jpg": "1", "sea-scaled.jpg": "2", "sea-300x200.jpg": "3"}
    for name, now in list(files.items())[::order]:
        addresses.add(f"{OLD}/{name}", now)

    assert {name: addresses.now(f"{OLD}/{name}") for name in files} == files
    assert addresses.now(f"{OLD}/sea-150x150.jpg") == "1"


@pytest.mark.parametrize("address", [f"{SITE}/?attachment_id=7", f"{SITE}/", SITE, "", "sea.jpg"])
def test_an_attachment_without_an_address_of_its_own_moves_nothing_else(address: str) -> None:
    addresses = Addresses()

    addresses.add(address, SEA)

    assert addresses.rewritten(f'<a href="{SITE}/">Home</a>') == f'<a href="{SITE}/">Home</a>'
    assert addresses.now(address) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f'<a href="{OLD}/rates%202020.pdf">Rates</a>',
            f'<a href="{RATES}" rel="noopener">Rates</a>',
        ),
        (
            f'<video controls poster="{OLD}/ship-300x200.png" src="/else.mp4"></video>',
            f'<video controls="" poster="{SHIP}" src="/else.mp4"></video>',
        ),
        (
            f'<img alt="" src="{OLD}/sea-300x200.jpg" srcset="{OLD}/sea-300x200.jpg 300w, '
            f'{OLD}/sea.jpg 900w" sizes="100vw" width="300">',
            f'<img alt="" src="{SEA}" width="300">',
        ),
        (
            f'<img src="{OLD}/ship.png" srcset="https://cdn.example/ship.png 2x">',
            f'<img src="{SHIP}" srcset="https://cdn.example/ship.png 2x">',
        ),
        (
            f'<picture><source srcset="{OLD}/sea-300x200.jpg 1x, {OLD}/sea-600x400.jpg 2x">'
            f'<source srcset="{OLD}/ship.png 1x,/a,b.png 2x"></picture>',
            f'<picture><source srcset="{SEA} 1x">'
            f'<source srcset="{SHIP} 1x, /a,b.png 2x"></picture>',
        ),
        (f'<p>See src="{OLD}/ship.png" there</p>', f'<p>See src="{OLD}/ship.png" there</p>'),
        ('<img src="/a.png" srcset="/b.png 2x">', '<img src="/a.png" srcset="/b.png 2x">'),
    ],
)
def test_a_body_leads_to_the_files_that_are_here(
    addresses: Addresses, before: str, after: str
) -> None:
    rewritten = addresses.rewritten(render(before, BodyFormat.HTML), SITE)

    assert rewritten == after
    assert render(rewritten, BodyFormat.HTML) == rewritten


def test_an_address_is_written_as_an_attribute_has_to_be(addresses: Addresses) -> None:
    addresses.add(f"{OLD}/tide.png", 'http://test/media/4/tide.png?a=1&b="')

    assert addresses.rewritten(f'<img src="{OLD}/tide.png">') == (
        '<img src="http://test/media/4/tide.png?a=1&amp;b=&quot;">'
    )


@pytest.mark.timeout(30)
@pytest.mark.parametrize("unit", ["a,", ",", "a ", "-1x1", f"{OLD}/ship.png,"])
def test_a_hostile_body_takes_time_in_proportion_to_its_length(
    addresses: Addresses, unit: str
) -> None:
    value = unit * 50_000

    addresses.rewritten(f'<img src="{value}" srcset="{value}">' + '<a href="/x">' * 10_000)
