"""What can go wrong with accounts and credentials."""

from cms_core import Invalid, Unauthenticated


class TokenRefused(Unauthenticated):
    """The access token is not valid."""


class WeakPassword(Invalid):
    """The password can't be used."""


class PasswordTooShort(WeakPassword):
    """The password has fewer than 12 characters."""


class PasswordTooLong(WeakPassword):
    """The password has more than 128 characters."""


class PasswordUnusable(WeakPassword):
    """The password has characters that can't be stored."""


class PasswordCommon(WeakPassword):
    """The password is among the first that anybody would guess."""


class PasswordNamesAccount(WeakPassword):
    """The password contains your name or e-mail address."""
