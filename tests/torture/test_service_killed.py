"""kill -9 of the service under load: what was acknowledged is there, once."""

from tests.torture import checker
from tests.torture.load import Reporters
from tests.torture.town import CENTRE, Tell, Town

KILLS = 3


async def test_a_killed_service_loses_and_doubles_nothing(town: Town, counted: Tell):
    service = await town.serve()
    reporters = Reporters(service.url, town.keys[CENTRE])
    async with reporters.reporting(12) as ledger:
        for _ in range(KILLS):
            await reporters.until(200)
            service.kill()
            service = await town.serve(service.port)
        await reporters.until(200)
    counted(f"{ledger.answers} {await checker.census(town.url)}")

    assert not ledger.broken
    assert not ledger.open
    assert ledger.count("lost") >= KILLS
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    assert (await checker.census(town.url))["event"] == len(ledger.acknowledged)
