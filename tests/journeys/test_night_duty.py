"""Duty rosters at night: nobody where it was to go, so the centre's duty officer has it."""

import pytest

from app.domain.authority import Role
from app.domain.rulebook import Part
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import by_day, publish

TEAM, STREET, DISTRICT = f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX"


@pytest.fixture
async def rostered(city: City) -> City:
    """The grid team and its street centre are there for eight hours from now on."""
    await publish(city, Part.ROSTER, by_day(city, TEAM, STREET))
    return city


async def worker(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


async def test_by_day_the_team_has_it_and_the_reporter_hears_who_is_there(rostered: City):
    unit = (await (await worker(rostered)).post(rostered.report())).json()["unit"]
    people = [{"person": f"{TEAM} 的值班员", "phone": "023-00009999"}]
    assert (unit["state"], unit["holder"]["code"]) == ("dispatched", TEAM)
    assert unit["holder"]["on_duty"] == people
    shown = await (await worker(rostered)).get(f"/v1/units/{unit['id']}")
    assert shown["holder"]["on_duty"] == people


async def test_at_night_it_climbs_to_the_first_centre_where_somebody_is(rostered: City):
    rostered.clock.forward(hours=12)
    answer = (await (await worker(rostered)).post(rostered.report())).json()
    unit, route = answer["unit"], answer["reasons"]["route"]
    assert (unit["state"], unit["holder"]["code"]) == ("filed", DISTRICT)
    assert (route["by"], route["meant"]) == ("off_duty", TEAM)


async def test_the_duty_officer_sends_it_on(rostered: City):
    rostered.clock.forward(hours=12)
    unit = (await (await worker(rostered)).post(rostered.report())).json()["unit"]
    officer = await rostered.person(DISTRICT, Role.CLERK)
    sent = await officer.act(unit["id"], "dispatch", reason="已电话通知")
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", TEAM)


async def test_a_pressing_matter_waits_for_the_duty_officer_as_well(city: City):
    await publish(city, Part.ROSTER, by_day(city, f"{EAST}-PS"))
    city.clock.forward(hours=12)
    unit = (await (await worker(city)).post(city.report("下水道井盖不见了"))).json()["unit"]
    assert (unit["state"], unit["holder"]["code"], unit["stage"]) == (
        "filed",
        DISTRICT,
        "dispatch",
    )


async def test_what_must_be_looked_at_is_looked_at_where_somebody_is(rostered: City):
    rostered.clock.forward(hours=12)
    unsure = rostered.report("这里有点不对劲你们来看看")
    answer = (await (await worker(rostered)).post(unsure)).json()
    assert (answer["unit"]["state"], answer["unit"]["holder"]["code"]) == ("triage", DISTRICT)
    assert answer["reasons"]["triage"]["meant"] == STREET


async def test_an_emergency_is_coordinated_where_somebody_is(rostered: City):
    rostered.clock.forward(hours=12)
    fire = rostered.report("六楼着火了浓烟滚滚")
    answer = (await (await worker(rostered)).post(fire)).json()
    assert (answer["unit"]["state"], answer["unit"]["holder"]["code"]) == (
        "coordinating",
        DISTRICT,
    )
    assert (answer["unit"]["raised"], len(answer["tasks"])) == ([f"{CITY}-ZX"], 2)


async def test_by_day_again_units_go_straight_to_the_team(rostered: City):
    rostered.clock.forward(hours=12)
    await publish(rostered, Part.ROSTER, by_day(rostered, TEAM))
    unit = (await (await worker(rostered)).post(rostered.report())).json()["unit"]
    assert unit["holder"]["code"] == TEAM
