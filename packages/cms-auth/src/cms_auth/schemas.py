"""Request bodies and answers, as they appear in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from cms_auth.models import MAX_DESCRIPTION, MAX_ROLE, UserState
from cms_auth.naming import MAX_EMAIL, MAX_NAME, parse_email, parse_name
from cms_auth.password_policy import MAX_LENGTH, MIN_LENGTH
from cms_auth.passwords import MAX_RAW_LENGTH
from cms_auth.rights import DEFAULT_ROLE
from cms_core import Sparse


def _text(longest: int, shortest: int = 0) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


Email = Annotated[
    str,
    _text(MAX_EMAIL, 1),
    AfterValidator(parse_email),
    Field(json_schema_extra={"format": "email"}),
]
Name = Annotated[str, _text(MAX_NAME, 1), AfterValidator(parse_name)]
#: Secret in logs and tracebacks too.
Password = Annotated[SecretStr, Field(max_length=MAX_RAW_LENGTH)]
#: The policy has errors of its own for what is too short or too long.
ChosenPassword = Annotated[
    Password, Field(json_schema_extra={"minLength": MIN_LENGTH, "maxLength": MAX_LENGTH})
]
RoleOfUser = Annotated[str, Field(min_length=1, max_length=MAX_ROLE)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _without_defaults(schema: dict[str, Any]) -> None:
    # What is left out stays as it is: the defaults are never used.
    for each in schema["properties"].values():
        each.pop("default", None)


class _Changes(_Body):
    model_config = ConfigDict(json_schema_extra=_without_defaults)


class Login(_Body):
    """Who signs in."""

    # Any text: what is no address is answered like an address that nobody has.
    email: str = Field(max_length=MAX_EMAIL)
    password: Password


class Refresh(_Body):
    """The refresh token that the last answer held."""

    refresh_token: SecretStr = Field(max_length=200)


class TokenPair(BaseModel):
    """An access token for the next minutes, and a refresh token to get the next pair, once."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="Seconds that the access token lasts.")
    refresh_token: str


class NewUser(_Body):
    """An account to create."""

    email: Email
    name: Name
    role: RoleOfUser = DEFAULT_ROLE
    password: ChosenPassword | None = Field(None, description="Null: nobody can sign in to it yet.")


class UserPatch(_Changes):
    """What to change of an account; fields left out stay as they are."""

    email: Email = ""
    name: Name = ""
    role: RoleOfUser = ""
    state: UserState = UserState.ACTIVE
    password: ChosenPassword = SecretStr("")


class OwnPatch(_Changes):
    """What to change of one's own account; fields left out stay as they are."""

    email: Email = Field("", description="Takes `current_password`.")
    name: Name = ""
    current_password: Password = SecretStr("")


class NewPassword(_Body):
    """A password in place of the present one."""

    current_password: Password
    new_password: ChosenPassword


class ShownUser(BaseModel):
    """An account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str | None = Field(description="Null for an author that an import brought.")
    name: str
    role: str
    state: UserState
    has_password: bool = Field(description="Without one, nobody can sign in to it.")
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


class ListedUser(ShownUser, Sparse):
    """An account in a list."""


class OwnAccount(ShownUser):
    """The account that is signed in, and what it may do."""

    permissions: list[str]


class ListedSession(Sparse):
    """A session of one's own: a sign-in and all that was refreshed from it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    address: str = Field(description="Where it began; of IPv6 the network.")
    user_agent: str
    current: bool = Field(False, description="Whether this very request belongs to it.")


class RoleBody(_Body):
    """What a role is for and what it may do."""

    description: Annotated[str, _text(MAX_DESCRIPTION)] = ""
    permissions: list[Annotated[str, Field(max_length=100)]] = Field(max_length=500)


class ShownRole(BaseModel):
    """A role: built in, or added by the installation."""

    name: str
    description: str
    built_in: bool
    permissions: list[str]


class ShownPermission(BaseModel):
    """A right that a role may have."""

    key: str
    description: str


class Roles(BaseModel):
    """All roles, and all permissions that they may have."""

    items: list[ShownRole]
    permissions: list[ShownPermission]
