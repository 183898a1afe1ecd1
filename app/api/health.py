"""For operators: alive, ready, and the measures they scrape."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.api.request import Services
from app.api.service import Service
from app.domain.errors import Unavailable
from app.store import clocks, schema

router = APIRouter(tags=["operating"])


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    """Answer without asking anybody."""
    return {"status": "ok"}


@router.get("/readyz", summary="The service can work: database, schema, rulebook")
async def readyz(service: Services) -> Response:
    """Answer 200 when everything a request needs is there, 503 naming what is not."""
    checks = {"database": "ok", "schema": "ok", "rulebook": "ok"}
    try:
        async with service.database.reading() as tx:
            revision = await schema.revision(tx)
        if revision != schema.head():
            checks["schema"] = f"at {revision}, expected {schema.head()}: run `yiguan migrate`"
    except Unavailable as error:
        checks |= {"database": error.en, "schema": "unknown"}
    try:
        service.library.current(service.now())
    except Unavailable as error:
        checks["rulebook"] = error.en
    ready = all(word == "ok" for word in checks.values())
    return JSONResponse(checks, 200 if ready else 503, {} if ready else {"Retry-After": "2"})


@router.get("/metrics", summary="Measures in Prometheus' format")
async def metrics(service: Services) -> Response:
    """Measure the gauges now and return everything."""
    await _measure(service)
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


async def _measure(service: Service) -> None:
    measures = service.metrics
    measures.depth.set(service.gather.depth)
    measures.pool.set(service.database.size)
    measures.pool_idle.set(service.database.idle)
    try:
        measures.rulebook.set(service.library.current(service.now()).rulebook.version)
        async with service.database.reading() as tx:
            measures.due.set(await clocks.backlog(tx, now=service.now()))
            measures.horizon.set(await schema.horizon_age(tx))
            measures.strays.set(await schema.strays(tx))
    except Unavailable:
        return
