"""What can be wrong with the form that a file comes in."""

from cms_core import BadRequest


class BadForm(BadRequest):
    """The form can't be read.

    Uploads are sent as `multipart/form-data` with exactly one file, in a part named `file`, and
    with no other text fields than those that are documented; the detail says what is wrong.
    """
