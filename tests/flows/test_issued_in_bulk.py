"""A thousand tasks from above in one call."""

from dataclasses import replace
from time import perf_counter

from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode, OrganisationKind
from app.domain.rulebook import Part
from tests import given, queries
from tests.given import EAST, City
from tests.journeys.publishing import publish

MANY = 1000


async def test_a_thousand_tasks_are_issued_and_cancelled_in_a_few_statements(city: City):
    board = next(body for body in given.organisations() if body.code == f"{given.HARBOUR}-MS")
    teams = tuple(
        replace(
            board,
            code=OrganisationCode(f"{given.GRID}-T{number}"),
            kind=OrganisationKind.GRID_TEAM,
            area=AreaCode(given.GRID),
            tier=given.areas()[-1].tier,
            functions=("sanitation",),
        )
        for number in range(MANY)
    )
    await publish(city, Part.ORGANISATIONS, (*given.organisations(), *teams))
    person = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    wish = {
        "id": "01930000-0000-7000-8000-000000000000",
        "title": "清理暴露垃圾",
        "text": "各网格今日清理一遍",
        "entry": "SX-06010-1",
        "to": {"organisations": [team.code for team in teams]},
    }
    await person.get("/v1/me/tasks")
    began = perf_counter()
    async with queries.logged(city.app.state.service.database) as asked:
        answer = await person.call("POST", "/v1/tasks:issue", json=wish)
    assert answer.json()["tasks"] == MANY
    # The lock, the look whether it is there, and one write.
    ours = ("SELECT pg_advisory", 'SELECT "id"', "WITH begun")
    assert [one.split()[0] for one in asked if one.startswith(ours)] == ["SELECT", "SELECT", "WITH"]
    unit = answer.json()["unit"]["id"]
    told = await person.get(f"/v1/units/{unit}/progress")
    assert (told["progress"]["open"], len(told["items"])) == (MANY, MANY)
    shown = await person.get(f"/v1/units/{unit}")
    assert (shown["progress"]["total"], len(shown["tasks"])) == (MANY, 200)
    above = await city.person(f"{given.CITY}-ZX", Role.SUPERVISOR)
    await above.act(unit, "cancel", reason="天气原因改期")
    told = await person.get(f"/v1/units/{unit}/progress")
    assert told["progress"]["open"] == 0
    assert perf_counter() - began < 15
