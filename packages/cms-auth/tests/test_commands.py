from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner

from cms_auth.administrator import ensure_administrator
from cms_auth.commands import users_commands
from cms_auth.errors import EmailTaken
from cms_auth.models import User
from cms_auth.service.accounts import NewUser, create_user
from cms_core import CMS, Settings
from cms_core.startup import plant_seeds

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor

Users = Callable[..., Awaitable[tuple[int, str]]]

NEW = "violet-harbour-51-compass"


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Commands configure the log of their process, which here is that of the tests."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def environment(cms_settings: Settings) -> dict[str, str]:
    """The variables that lead a command to the database of this test."""
    return {
        "CMS_DATA": str(cms_settings.data),
        "CMS_DATABASE_URL": cms_settings.database_url,
        "CMS_SECRET_KEY": cms_settings.secret_key.get_secret_value(),
        "CMS_PLUGINS__MODE": "allowlist",
        "CMS_PLUGINS__ENABLED": "auth",
        "CMS_ADMIN_EMAIL": "",
        "CMS_ADMIN_PASSWORD": "",
    }


@pytest.fixture
def users(environment: dict[str, str]) -> Users:
    """``await users("list", stdin="", **variables)``: exit code and all that was printed."""

    async def users(*arguments: str, stdin: str = "", **variables: str) -> tuple[int, str]:
        def run() -> tuple[int, str]:
            variable = {**environment, **variables}
            result = CliRunner().invoke(users_commands(), arguments, input=stdin, env=variable)
            return result.exit_code, result.output

        return await asyncio.to_thread(run)

    return users


async def accounts(cms: CMS) -> list[tuple[str | None, str, str]]:
    async with cms.db.snapshot() as session:
        found = (await session.execute(select(User).order_by(User.created_at))).scalars()
        return [(each.email, each.name, each.role) for each in found]


def printed_password(output: str) -> str:
    return output.rpartition("Password (shown only now): ")[2].strip()


async def test_the_first_administrator_gets_a_random_password_once(
    cms_app: CMS, users: Users, visitor: Visitor
) -> None:
    code, output = await users("create", "--if-none")

    assert (code, output.splitlines()[0]) == (0, "admin@example.com (admin)")
    assert await users("create", "--if-none") == (0, "There is an administrator already.\n")
    assert await accounts(cms_app) == [("admin@example.com", "admin", "admin")]
    password = printed_password(output)
    tokens = await visitor.sign_in(email="admin@example.com", password=password)
    me = await visitor.client.get("/api/v1/admin/me", headers=tokens.headers)
    assert "auth:manage-users" in me.json()["permissions"]


async def test_the_environment_chooses_the_first_administrator(
    users: Users, visitor: Visitor
) -> None:
    chosen = {"CMS_ADMIN_EMAIL": "Chief@Example.com", "CMS_ADMIN_PASSWORD": NEW}

    code, output = await users("create", "--if-none", **chosen)

    assert (code, output) == (0, "chief@example.com (admin)\n")
    answer = await visitor.login(email="chief@example.com", password=NEW)
    assert answer.status_code == 200


async def test_options_go_before_the_environment(cms_app: CMS, users: Users) -> None:
    code, output = await users(
        *("create", "--if-none", "--email", "a@b.example", "--name", "A B", "--password-stdin"),
        stdin=f"{NEW}\n",
        CMS_ADMIN_EMAIL="chief@example.com",
    )

    assert (code, output) == (0, "a@b.example (admin)\n")
    assert await accounts(cms_app) == [("a@b.example", "A B", "admin")]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CMS_ADMIN_PASSWORD", "short", "fewer than 12 characters"),
        ("CMS_ADMIN_PASSWORD", "passwordpassword", "anybody would guess"),
        ("CMS_ADMIN_EMAIL", "chief", "CMS_ADMIN_EMAIL: not an e-mail address"),
    ],
)
async def test_a_bad_choice_is_told(
    cms_app: CMS, users: Users, variable: str, value: str, message: str
) -> None:
    code, output = await users("create", "--if-none", **{variable: value})

    assert code == 1
    assert message in output
    assert await accounts(cms_app) == []


async def test_processes_that_start_at_once_make_one_administrator(cms_app: CMS) -> None:
    other = NewUser("admin@example.com", "admin", "admin", "$argon2id$")

    async with cms_app.db.transaction() as session:
        await create_user(session, other, by=None, now=await session.now())
        second = asyncio.create_task(ensure_administrator(cms_app))
        await asyncio.sleep(0.3)

    assert await second is None
    assert len(await accounts(cms_app)) == 1


async def test_an_address_of_somebody_else_is_told(cms_app: CMS, register: Register) -> None:
    await register("editor", "admin@example.com")

    with pytest.raises(EmailTaken):
        await ensure_administrator(cms_app)


async def test_an_account_is_created(cms_app: CMS, users: Users, visitor: Visitor) -> None:
    code, output = await users(
        "create", "--email", "EVE@example.com", "--name", "Eve", "--role", "editor"
    )

    assert (code, output.splitlines()[0]) == (0, "eve@example.com (editor, active)")
    assert await accounts(cms_app) == [("eve@example.com", "Eve", "editor")]
    answer = await visitor.login(email="eve@example.com", password=printed_password(output))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "--email is missing"),
        (("--email", "nobody"), 2, "not an e-mail address"),
        (("--email", "a@b.example", "--role", "emperor"), 1, "no role of this name"),
        (("--email", "user1@example.com"), 1, "Another account has this e-mail address."),
        (("--email", "a@b.example", "--password-stdin"), 2, "holds no password"),
        (("--if-none", "--role", "editor"), 2, "--if-none makes an admin"),
    ],
)
async def test_what_can_t_be_created_is_told(
    users: Users, register: Register, arguments: tuple[str, ...], code: int, message: str
) -> None:
    await register()

    ended, output = await users("create", *arguments)

    assert ended == code
    assert message in " ".join(output.replace("│", "").split())


async def test_accounts_are_listed(users: Users, register: Register) -> None:
    ada = await register("editor", name="Ada L.")

    code, output = await users("list")

    assert code == 0
    assert output.splitlines()[1].split() == [
        *(str(ada.id), ada.email, "Ada", "L.", "editor", "active")
    ]


async def test_another_role_counts_at_once(
    users: Users, register: Register, visitor: Visitor
) -> None:
    ada = await register("admin")
    await register("admin")
    tokens = await visitor.sign_in(ada)

    assert await users("set-role", ada.email, "reader") == (0, f"{ada.email} (reader, active)\n")

    answer = await visitor.client.get("/api/v1/admin/users", headers=tokens.headers)
    assert answer.status_code == 403


async def test_a_disabled_account_is_out_at_once(
    users: Users, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    assert (await users("disable", ada.email))[0] == 0
    assert await visitor.status(tokens) == 401
    assert (await visitor.login(ada)).status_code == 401

    assert (await users("enable", str(ada.id)))[0] == 0
    assert (await visitor.login(ada)).status_code == 200


async def test_the_last_administrator_can_t_be_disabled(users: Users, register: Register) -> None:
    root = await register("admin")

    code, output = await users("disable", root.email)

    assert (code, output) == (1, "Error: This is the last administrator who can sign in.\n")


async def test_an_unknown_account_is_told(users: Users) -> None:
    code, output = await users("disable", "nobody@example.com")

    assert (code, output) == (1, "Error: There is no such account.\n")


async def test_a_new_password_ends_all_sessions(
    users: Users, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    code, output = await users("set-password", ada.email, "--password-stdin", stdin=f"{NEW}\n")
    assert (code, output) == (0, f"{ada.email} (author, active)\n")
    assert await visitor.status(tokens) == 401
    assert (await visitor.login(ada, password=NEW)).status_code == 200

    code, output = await users("set-password", ada.email)
    assert (await visitor.login(ada, password=printed_password(output))).status_code == 200


async def test_cms_dev_finds_an_administrator_and_tells_the_password_once(
    cms_app: CMS, visitor: Visitor
) -> None:
    notes = await plant_seeds(cms_app, demo=False)

    email, _, password = notes["Admin"].partition(", password ")
    assert (await visitor.login(email=email, password=password)).status_code == 200
    assert await plant_seeds(cms_app, demo=False) == {}


def test_the_commands_are_those_of_cms_users(environment: dict[str, str], tmp_path: Path) -> None:
    command = "from cms_core.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", command, "users", "create", "--if-none", "--data", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("admin@example.com (admin)\n")
