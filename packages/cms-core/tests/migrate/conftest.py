from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.app import CMS, build_cms
from cms_core.db.types import Base, Instant, Json
from cms_core.hookspecs import hookimpl
from cms_core.plugins.contributions import Models, Plugin
from cms_core.settings import Settings
from cms_core.testing.servers import create_database, drop_database

SHELVES = """
import sqlalchemy as sa
from alembic import op
from cms_core import Instant, Json

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "shop_shelves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shop_shelves"),
    )
    op.create_table(
        "shop_wares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shelf_id", sa.Integer(), nullable=False),
        sa.Column("sold_at", Instant()),
        sa.Column("facts", Json),
        sa.PrimaryKeyConstraint("id", name="pk_shop_wares"),
        sa.ForeignKeyConstraint(
            ["shelf_id"],
            ["shop_shelves.id"],
            name="fk_shop_wares_shelf_id_shop_shelves",
            ondelete="CASCADE",
        ),
    )


def downgrade():
    op.drop_table("shop_wares")
    op.drop_table("shop_shelves")
"""


class Shelf(Base):
    __tablename__ = "shop_shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(10))


class Ware(Base):
    __tablename__ = "shop_wares"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey(Shelf.id, ondelete="CASCADE"))
    sold_at: Mapped[datetime | None] = mapped_column(Instant)
    facts: Mapped[dict[str, str] | None] = mapped_column(Json)


class Shop:
    """A plugin whose versions are written by the test, and the databases that it is tried on."""

    def __init__(self, versions: Path, settings: Settings) -> None:
        self.versions = versions
        self.settings = settings
        self._built: list[CMS] = []

    def write(self, name: str, source: str) -> None:
        (self.versions / name).write_text(source)

    def write_next(self, body: str, number: int = 2) -> None:
        """Write version `number`, which does `body` on the way up."""
        lines = "\n    ".join(body.strip().splitlines())
        self.write(
            f"{number:04d}_next.py",
            "import sqlalchemy as sa\nfrom alembic import op\n\n"
            f"revision = '{number:04d}'\ndown_revision = '{number - 1:04d}'\n\n"
            f"def upgrade():\n    {lines}\n\ndef downgrade():\n    pass\n",
        )

    def cms(self, *, installed: bool = True) -> CMS:
        cms = build_cms(self.settings, [self.plugin()] if installed else [])
        self._built.append(cms)
        return cms

    def plugin(self) -> Plugin:
        versions = self.versions

        class Hooks:
            @staticmethod
            @hookimpl
            def register_models() -> Models:
                return Models([Shelf, Ware])

            @staticmethod
            @hookimpl
            def register_migrations() -> Path:
                return versions

        return Plugin("shop", Hooks, "", "0")

    async def close(self) -> None:
        for cms in self._built:
            await cms.close()


@pytest.fixture
async def empty_database(
    request: pytest.FixtureRequest, cms_engine: str, tmp_path: Path
) -> AsyncIterator[str]:
    """The URL of a database that no migration has seen."""
    if cms_engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = request.getfixturevalue("cms_postgres")
    name = f"cms_test_{uuid4().hex}"
    yield await create_database(server, name)
    await drop_database(server, name)


@pytest.fixture
async def shop(empty_database: str, tmp_path: Path) -> AsyncIterator[Shop]:
    versions = tmp_path / "versions"
    versions.mkdir()
    shop = Shop(versions, Settings(database_url=empty_database, data=tmp_path))
    shop.write("0001_shelves.py", SHELVES)
    yield shop
    await shop.close()
