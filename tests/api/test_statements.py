"""What an action costs: a look with the locks, a look at what is owned, and one write."""

from typing import Any

import pytest

from tests.given import EAST, City, Person
from tests.journeys.families import BOARD, STREET, hand, head, tree
from tests.queries import logged

BOUNDS = {"BEGIN;", "COMMIT;"}
UNTIL = "2026-12-21T09:00:00+08:00"


async def cost(city: City, person: Person, action: str, body: dict[str, Any]) -> int:
    """How many statements an action on a unit at work takes besides its transaction's bounds."""
    unit = (await tree(city, "accept"))["id"]
    # Who calls is known from here on, as it is of everybody at work.
    version = (await person.get(f"/v1/units/{unit}"))["version"]
    path, headers = f"/v1/units/{unit}:{action}", {"If-Match": str(version)}
    async with logged(city.app.state.service.database) as queries:
        answer = await person.call("POST", path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return len([query for query in queries if query not in BOUNDS])


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("start", {}),
        ("resolve", {}),
        ("note", {"reason": "已到场"}),
        ("support", {"reason": "需要吊车", "holder": f"{EAST}-CG"}),
        ("request", {"reason": "等待停水", "kind": "suspension", "until": UNTIL}),
    ],
)
async def test_what_a_holder_does_takes_four_at_most(city: City, action: str, body: dict[str, Any]):
    assert await cost(city, await hand(city, BOARD), action, body) <= 4


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("urge", {"reason": "居民在等"}),
        ("supervise", {"reason": "督办", "limit": "4工作时"}),
        ("suspend", {"reason": "等待停水", "until": UNTIL}),
        ("extend", {"reason": "同意"}),
        ("cancel", {"reason": "重复"}),
        ("transfer", {"reason": "改派", "holder": f"{EAST}-CG"}),
        ("split", {"reason": "分头", "tasks": [{"holder": STREET, "title": "告知居民"}]}),
        ("whistle", {"reason": "请到场", "departments": [f"{EAST}-CG"]}),
    ],
)
async def test_what_a_centre_does_takes_four_at_most(city: City, action: str, body: dict[str, Any]):
    centre = await head(city, STREET if action in {"split", "whistle"} else f"{EAST}-ZX")
    assert await cost(city, centre, action, body) <= 4
