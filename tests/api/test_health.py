"""For operators: alive, ready, measured."""

import pytest

from app.domain.authority import Role
from tests.given import GRID, City

NAMES = (
    "yiguan_requests_total",
    "yiguan_request_seconds_bucket",
    "yiguan_events_accepted_total",
    "yiguan_gather_batch_size_bucket",
    "yiguan_gather_depth",
    "yiguan_due_backlog",
    "yiguan_horizon_age_seconds",
    "yiguan_step_default_rows",
    "yiguan_pool_connections",
    "yiguan_pool_idle",
    "yiguan_rulebook_version",
)


async def measures(city: City) -> dict[str, float]:
    text = (await city.client.get("/metrics")).text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_the_process_is_alive(shared_city: City):
    assert (await shared_city.client.get("/healthz")).json() == {"status": "ok"}


async def test_the_service_is_ready(shared_city: City):
    answer = await shared_city.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"database": "ok", "schema": "ok", "rulebook": "ok"},
    )


async def test_a_service_with_another_schema_is_not_ready_and_says_what_to_do(city: City):
    async with city.app.state.service.database.transaction() as tx:
        await tx.execute("UPDATE alembic_version SET version_num = '0000'")
    answer = await city.client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "yiguan migrate" in answer.json()["schema"]


async def test_a_service_without_a_rulebook_in_force_is_not_ready(city: City):
    city.clock.forward(days=-3)
    assert (await city.client.get("/readyz")).status_code == 503


@pytest.mark.parametrize("name", NAMES)
async def test_a_measure_keeps_its_name(shared_city: City, name: str):
    await shared_city.client.get("/healthz")
    assert f"\n{name}" in (await shared_city.client.get("/metrics")).text


async def test_events_written_are_counted(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for _ in range(3):
        await worker.post(city.report())
    assert (await measures(city))["yiguan_events_accepted_total"] == 3


async def test_marks_nobody_fired_are_counted(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    city.clock.forward(days=3)
    assert (await measures(city))["yiguan_due_backlog"] == 2


async def test_every_answer_carries_a_request_id(shared_city: City):
    answer = await shared_city.client.get("/nowhere")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_request_id_that_is_given_is_kept(shared_city: City):
    answer = await shared_city.client.get("/healthz", headers={"X-Request-Id": "abc"})
    assert answer.headers["x-request-id"] == "abc"


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("DELETE", 405)])
async def test_no_such_address_is_a_problem(shared_city: City, method: str, status: int):
    path = "/nowhere" if status == 404 else "/v1/units"
    answer = await shared_city.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
