"""Posts, their revisions and names, tags, what readers see, preview links."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant, Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_posts()
    create_post_revisions()
    create_post_slugs()
    create_tags()
    create_published_posts()
    create_preview_links()


def create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer()),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.Column("first_published_at", Instant()),
        sa.Column("trashed_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    op.create_index("ix_posts_updated_at", "posts", ["updated_at", "id"])
    op.create_index("ix_posts_created_at", "posts", ["created_at", "id"])
    op.create_index("ix_posts_title", "posts", ["title", "id"])
    op.create_index("ix_posts_state", "posts", ["state", "updated_at", "id"])
    op.create_index("ix_posts_author", "posts", ["author_id", "updated_at", "id"])
    op.create_index("ix_posts_trashed_at", "posts", ["trashed_at"])


def create_post_revisions() -> None:
    op.create_table(
        "post_revisions",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_format", sa.String(20), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid()),
        sa.Column("tags", Json, nullable=False),
        sa.Column("seo", Json, nullable=False),
        sa.Column("extensions", Json, nullable=False),
        _of_post("post_revisions"),
        sa.PrimaryKeyConstraint("post_id", "number", name="pk_post_revisions"),
    )


def create_post_slugs() -> None:
    op.create_table(
        "post_slugs",
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("was_live", sa.Boolean(), nullable=False),
        _of_post("post_slugs"),
        sa.PrimaryKeyConstraint("slug", name="pk_post_slugs"),
    )
    op.create_index("ix_post_slugs_post_id", "post_slugs", ["post_id"])


def create_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("merged_into", sa.Uuid()),
        sa.ForeignKeyConstraint(["merged_into"], ["tags.id"], name="fk_tags_merged_into_tags"),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("slug", name="uq_tags_slug"),
    )
    op.create_index("ix_tags_merged_into", "tags", ["merged_into"])
    op.create_table(
        "post_tags",
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_post_tags_tag_id_tags"),
        _of_post("post_tags"),
        sa.PrimaryKeyConstraint("tag_id", "post_id", name="pk_post_tags"),
    )
    op.create_index("ix_post_tags_post", "post_tags", ["post_id"])


def create_published_posts() -> None:
    op.create_table(
        "published_posts",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        _of_post("published_posts"),
        sa.PrimaryKeyConstraint("post_id", name="pk_published_posts"),
        sa.UniqueConstraint("slug", name="uq_published_posts_slug"),
    )
    order = ["published_at", "post_id"]
    op.create_index("ix_published_posts_published_at", "published_posts", order)
    op.create_index("ix_published_posts_updated_at", "published_posts", ["updated_at", "post_id"])
    op.create_index("ix_published_posts_title", "published_posts", ["title", "post_id"])
    op.create_index("ix_published_posts_author", "published_posts", ["author_id", *order])
    op.create_table(
        "published_post_tags",
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_published_post_tags_tag_id_tags"),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["published_posts.post_id"],
            name="fk_published_post_tags_post_id_published_posts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tag_id", "post_id", name="pk_published_post_tags"),
    )
    op.create_index("ix_published_post_tags_list", "published_post_tags", ["tag_id", *order])
    op.create_index("ix_published_post_tags_post", "published_post_tags", ["post_id"])


def create_preview_links() -> None:
    op.create_table(
        "preview_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        _of_post("preview_links"),
        sa.PrimaryKeyConstraint("id", name="pk_preview_links"),
    )
    op.create_index("ix_preview_links_post_id", "preview_links", ["post_id"])


def _of_post(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_post_id_posts"
    return sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in (
        "preview_links",
        "published_post_tags",
        "published_posts",
        "post_tags",
        "tags",
        "post_slugs",
        "post_revisions",
        "posts",
    ):
        op.drop_table(table)
