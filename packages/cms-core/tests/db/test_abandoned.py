from time import perf_counter

from sqlalchemy import text

from cms_core.app import CMS


async def test_a_connection_that_was_given_up_keeps_no_lock(cms_app: CMS) -> None:
    async with cms_app.db.writer.connect() as connection:
        # As a request leaves it that is cancelled between two rows: its traceback still refers
        # to the cursor.
        half_read = await connection.stream(text("SELECT 1 UNION ALL SELECT 2"))
        await half_read.fetchone()
        await connection.invalidate()
        began = perf_counter()
        async with cms_app.db.transaction() as session:
            await session.now()
        assert perf_counter() - began < 2
        assert half_read is not None
