"""A local rule that cannot be applied: skipped, told with the unit, logged once, counted."""

from structlog.testing import capture_logs

from app.domain.authority import Role
from app.domain.policy import LocalPolicy, Rule
from app.domain.responsibility import EntryCode
from tests.given import GRID, City
from tests.journeys.publishing import policies

# Its holder lies below the level of the entry: the parts fit, and yet it cannot be applied.
BROKEN = Rule("夜市枯枝", EntryCode("SX-04002-1"), source="grid", holder=f"{GRID}-WG")


async def test_it_is_skipped_told_logged_once_and_counted(city: City):
    await policies(city, _500000=LocalPolicy(rules=(BROKEN,)))
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    with capture_logs() as logs:
        answers = [(await worker.post(city.report())).json() for _ in range(3)]
    for answer in answers:
        told = answer["reasons"]["classification"]
        assert (answer["unit"]["entry"]["code"], told["by"], told["skipped"]) == (
            "SX-06010-1",
            "text",
            [{"rule": "夜市枯枝", "why": "holder_below"}],
        )
    assert [log["rule"] for log in logs if log["event"] == "rule_skipped"] == ["夜市枯枝"]
    scraped = (await city.client.get("/metrics")).text
    assert 'yiguan_rules_skipped_total{rule="夜市枯枝"} 3.0' in scraped
