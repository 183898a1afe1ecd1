"""Stories of the main loop, told over HTTP alone."""

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City


async def test_reported_to_closed(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    centre = await city.person(f"{HARBOUR}-ZX", Role.CLERK)

    answer = await worker.post(city.report())
    assert answer.status_code == 201, answer.text
    unit = answer.json()["unit"]
    assert unit["state"] == "dispatched"
    assert unit["kind"] == "item"
    assert unit["clause"] == "single"
    assert unit["holder"]["code"] == f"{GRID}-WG"
    assert [hop["code"] for hop in unit["route"]] == [
        "500000-ZX",
        f"{EAST}-ZX",
        f"{HARBOUR}-ZX",
        f"{GRID}-WG",
    ]
    assert unit["number"].startswith(f"{EAST}-20261120-")

    for action, state in (
        ("accept", "accepted"),
        ("start", "in_progress"),
        ("resolve", "resolved"),
    ):
        assert (await worker.act(unit["id"], action))["state"] == state
    closed = await centre.act(unit["number"], "verify")
    assert closed["state"] == "closed"
    assert closed["closed_at"] is not None
    log = await centre.get(f"/v1/units/{unit['id']}/steps")
    assert [line["action"] for line in log["items"]] == [
        "file",
        "dispatch",
        "accept",
        "start",
        "resolve",
        "verify",
        "close",
    ]
