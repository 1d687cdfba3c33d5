"""Time zones on this machine."""

from cms_scheduler.zones import zones_fault


async def test_a_machine_with_zone_data_has_no_fault() -> None:
    assert await zones_fault() is None


async def test_a_zone_that_is_missing_is_named_with_the_remedy() -> None:
    fault = await zones_fault(["Europe/Atlantis"])

    assert fault == (
        "the time zone Europe/Atlantis is unknown here; install the distribution tzdata"
    )
