"""Merging, taking apart and rating: `:merge`, `:unmerge`, `:rate`."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.api import reports
from app.api.models import Said, example
from app.api.once import Posted
from app.api.request import Seen
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, work
from app.domain.unit import Grade, UnitId
from app.flows import merging, satisfaction

router = APIRouter(prefix="/v1/units", tags=["units"])


class MergeIn(Said):
    """Into which open unit, and why they are the same matter."""

    model_config = example(
        into="01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f", reason="同一处井盖, 另有居民先报"
    )

    into: UUID


class RateIn(Said):
    """What the reporter says of the result; unsatisfied must say what is wrong."""

    model_config = example(grade="unsatisfied", reason="补过的路面又塌了")

    grade: Grade


@router.post(
    "/{unit}:merge",
    summary="并案: join the unit to the open one of the same matter",
    response_model=UnitOut,
)
async def merge(unit: UnitKey, body: MergeIn, once: Posted, seen: Seen) -> Response:
    """Merge the unit; its limits stand, and it is told when the other one ends."""
    flow = partial(merging.merge, into=UnitId(body.into))
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:unmerge",
    summary="取消并案: take a merged unit out again, with the reason",
    response_model=UnitOut,
)
async def unmerge(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
    """Judge the report anew, its limits from now on; or go on where work had begun."""
    flow = partial(merging.unmerge, read=reports.stored)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:rate", summary="回访评价: what the reporter says of the result", response_model=UnitOut
)
async def rate(unit: UnitKey, body: RateIn, once: Posted, seen: Seen) -> Response:
    """Record it; unsatisfied has the work redone and tells the centre above."""
    flow = partial(satisfaction.rate, grade=body.grade)
    return await work(unit, once, flow, seen=seen, reason=body.reason)
