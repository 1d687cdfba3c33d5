"""What can go wrong with accounts and credentials."""

from cms_core import Conflict, Invalid, NotFound, Unauthenticated


class TokenRefused(Unauthenticated):
    """The access token is not valid.

    It has expired: use the refresh token. Or its session has ended: sign in again.
    """


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


class InvalidCredentials(Unauthenticated):
    """E-mail address and password do not fit."""


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is not valid; sign in again."""


class WrongPassword(Invalid):
    """The current password is wrong."""


class PasswordNeedsEmail(Invalid):
    """An account without an e-mail address can't have a password."""


class EmailTaken(Conflict):
    """Another account has this e-mail address.

    There is one account for each address.
    """


class UserNotFound(NotFound):
    """There is no such account."""


class SessionNotFound(NotFound):
    """There is no such session, or it has ended."""


class LastAdministrator(Conflict):
    """This is the last administrator who can sign in.

    Make another account an administrator first.
    """


class RoleNotFound(NotFound):
    """There is no such role."""


class UnknownRole(Invalid):
    """There is no role of this name.

    `GET /api/v1/admin/roles` lists all roles.
    """


class UnknownPermission(Invalid):
    """No installed plugin has this permission.

    `GET /api/v1/admin/roles` lists all permissions.
    """


class BuiltInRole(Conflict):
    """Built-in roles can't be changed or deleted.

    Make a role of another name, with the permissions that you want.
    """


class RoleInUse(Conflict):
    """There are accounts that have this role.

    Give them another role first.
    """


class RoleExists(Conflict):
    """Somebody else has just created this role."""
