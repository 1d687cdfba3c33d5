from cms_core.testing.drivers import MigrationsDriver


async def test_the_migrations_make_what_the_models_describe(
    cms_migrations: MigrationsDriver,
) -> None:
    assert await cms_migrations.check() == {}


async def test_the_migrations_can_be_taken_back_and_run_again(
    cms_migrations: MigrationsDriver,
) -> None:
    await cms_migrations.downgrade(plugin="auth")
    await cms_migrations.upgrade("auth")

    assert await cms_migrations.check() == {}
