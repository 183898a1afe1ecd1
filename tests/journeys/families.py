"""What journeys of families share: a unit in hand, its tasks done, and who does it all."""

from typing import Any

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person

BOARD = f"{HARBOUR}-MS"
STREET = f"{HARBOUR}-ZX"
DISTRICT = f"{EAST}-ZX"
TREE = "行道树的枯枝要掉下来了"


async def tree(city: City, *actions: str) -> dict[str, Any]:
    """A dead tree on the hands of the harbour street's board, so far as it has worked on it."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: dict[str, Any] = (await worker.post(city.report(TREE))).json()["unit"]
    assert unit["holder"]["code"] == BOARD
    for action in actions:
        unit = await (await hand(city, BOARD)).act(unit["id"], action)
    return unit


async def hand(city: City, organisation: str) -> Person:
    return await city.person(organisation, Role.DEPARTMENT)


async def clerk(city: City, centre: str = STREET) -> Person:
    return await city.person(centre, Role.CLERK)


async def head(city: City, centre: str = STREET) -> Person:
    return await city.person(centre, Role.SUPERVISOR)


async def seen(city: City, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = await (await head(city, "500000-ZX")).get(f"/v1/units/{unit}")
    return found


async def log(city: City, unit: str) -> list[dict[str, Any]]:
    page = await (await head(city, "500000-ZX")).get(f"/v1/units/{unit}/steps")
    found: list[dict[str, Any]] = page["items"]
    return found


async def offered(person: Person, unit: str) -> list[str]:
    return [one["action"] for one in (await person.get(f"/v1/units/{unit}"))["actions"]]


async def close(city: City, task: dict[str, Any]) -> None:
    """The whole way of a task: its holder does it, the centre over it verifies."""
    holder = await hand(city, task["holder"]["code"])
    for action in ("accept", "start", "resolve"):
        await holder.act(task["id"], action, reason="已办")
    await (await head(city, task["centre"]["code"])).act(task["id"], "verify")
