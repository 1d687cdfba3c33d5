"""``cms users``: accounts from the command line, as the first administrator is made."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cms_auth.administrator import ensure_administrator, new_password
from cms_auth.context import password_hasher
from cms_auth.errors import UserNotFound
from cms_auth.models import User, UserState
from cms_auth.naming import normalise_email, parse_email, parse_name
from cms_auth.password_policy import hash_new_password
from cms_auth.queries import find_user, find_user_by_email, users
from cms_auth.rights import ADMIN, DEFAULT_ROLE
from cms_auth.service.accounts import NewUser, UserChanges, create_user, update_user
from cms_core import CMS, Transaction, run_with_cms, show_table

Who = Annotated[str, typer.Argument(metavar="ACCOUNT", help="E-mail address or id.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def users_commands() -> typer.Typer:
    """Return the commands of accounts."""
    app = typer.Typer(name="users", no_args_is_help=True, help="Look after accounts.")
    app.command()(create)
    app.command("list")(list_)
    app.command()(set_role)
    app.command()(disable)
    app.command()(enable)
    app.command()(set_password)
    return app


def create(
    email: Annotated[str | None, typer.Option(parser=parse_email, help="To sign in with.")] = None,
    name: Annotated[
        str | None, typer.Option(parser=parse_name, help="To be shown; else from the address.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(help=f"Role; else {DEFAULT_ROLE}, with --if-none {ADMIN}.")
    ] = None,
    password_stdin: PasswordStdin = False,
    if_none: Annotated[
        bool, typer.Option("--if-none", help="Only the first administrator, where there is none.")
    ] = False,
) -> None:
    """Create an account. Without --password-stdin its password is random and printed once.

    With --if-none, CMS_ADMIN_EMAIL and CMS_ADMIN_PASSWORD say what the options do not.

    Examples:

    cms users create --email ada@example.com --name "Ada Lovelace" --role editor

    cms users create --if-none
    """
    password = _read_password() if password_stdin else None
    if if_none:
        if role not in (None, ADMIN):
            raise typer.BadParameter(f"--if-none makes an {ADMIN}")
        _create_first(email, name, password)
        return
    if email is None:
        raise typer.BadParameter("--email is missing")
    _create(email, name or email.partition("@")[0], role or DEFAULT_ROLE, password)


def list_() -> None:
    """Show all accounts, the oldest first.

    Example:

    cms users list
    """

    async def work(cms: CMS) -> list[User]:
        async with cms.db.snapshot() as session:
            everyone = users(None, None, None).order_by(User.created_at, User.id)
            return list((await session.execute(everyone)).scalars())

    rows = [
        (str(user.id), user.email or "-", user.name, user.role, user.state)
        for user in run_with_cms(work)
    ]
    show_table(("id", "e-mail", "name", "role", "state"), rows)


def set_role(who: Who, role: Annotated[str, typer.Argument(help="Name of the role.")]) -> None:
    """Give an account another role, at once for its sessions too.

    Example:

    cms users set-role ada@example.com editor
    """
    _change(who, {"role": role})


def disable(who: Who) -> None:
    """Keep an account from signing in, and end its sessions at once.

    Example:

    cms users disable ada@example.com
    """
    _change(who, {"state": UserState.DISABLED})


def enable(who: Who) -> None:
    """Let an account sign in again.

    Example:

    cms users enable ada@example.com
    """
    _change(who, {"state": UserState.ACTIVE})


def set_password(who: Who, password_stdin: PasswordStdin = False) -> None:
    """Give an account a new password, random unless given, and end its sessions at once.

    Example:

    cms users set-password ada@example.com --password-stdin < password.txt
    """
    given = _read_password() if password_stdin else None
    password = given or new_password()

    async def work(cms: CMS) -> User:
        async with cms.db.snapshot() as session:
            user = await _find(session, who)
        digest = await _hash(cms, password, user.email or "", user.name)
        return await _update(cms, who, {"password_digest": digest})

    _report(run_with_cms(work), None if given else password)


def _create(email: str, name: str, role: str, given: str | None) -> None:
    password = given or new_password()

    async def work(cms: CMS) -> User:
        new = NewUser(email, name, role, await _hash(cms, password, email, name))

        async def insert(session: Transaction) -> User:
            return await create_user(session, new, by=None, now=await session.now())

        return await cms.db.run(insert)

    _report(run_with_cms(work), None if given else password)


def _create_first(email: str | None, name: str | None, password: str | None) -> None:
    made = run_with_cms(
        lambda cms: ensure_administrator(cms, email=email, name=name, password=password)
    )
    if made is None:
        typer.echo("There is an administrator already.")
    else:
        _print_account(made.email, ADMIN, made.password)


def _change(who: str, changes: UserChanges) -> None:
    _report(run_with_cms(lambda cms: _update(cms, who, changes)))


async def _update(cms: CMS, who: str, changes: UserChanges) -> User:
    async def work(session: Transaction) -> User:
        user = await _find(session, who)
        return await update_user(session, user.id, changes, by=None, now=await session.now())

    return await cms.db.run(work)


async def _find(session: AsyncSession, who: str) -> User:
    try:
        user = await find_user(session, UUID(who))
    except ValueError:
        user = await find_user_by_email(session, normalise_email(who))
    if user is None:
        raise UserNotFound
    return user


async def _hash(cms: CMS, password: str, email: str, name: str) -> str:
    with closing(password_hasher(cms)) as hasher:
        return await hash_new_password(hasher, password, email=email, name=name)


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise typer.BadParameter("standard input holds no password")
    return password


def _report(user: User, password: str | None = None) -> None:
    _print_account(user.email or user.name, f"{user.role}, {user.state}", password)


def _print_account(who: str, what: str, password: str | None) -> None:
    typer.echo(f"{who} ({what})")
    if password is not None:
        typer.echo(f"Password (shown only now): {password}")
