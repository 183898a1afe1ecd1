"""Bulk (批量办理): `POST /v1/units:act`, one action on up to 500 units."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import Response

from app.api import problems, render
from app.api.models import Moment, Said, Strict, example
from app.api.once import Posted
from app.api.problems import Problem
from app.api.request import Services
from app.api.service import Service
from app.api.unit_models import ActionOut, UnitOut
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.errors import DomainError, Invalid
from app.domain.offer import Standing
from app.domain.unit import State, UnitId
from app.flows import bulk
from app.flows.bulk import Outcome, Wish
from app.flows.casework import in_sight, may_now
from app.store import clocks, units

router = APIRouter(prefix="/v1/units", tags=["units"])

MOST = 500


class SeenUnit(Strict):
    """A unit and the version of it the caller saw."""

    id: UUID
    version: int = Field(ge=1)


def _bulk_action(value: Action) -> Action:
    """Refuse actions that need more than a reason."""
    if value not in bulk.ACTIONS:
        allowed = ", ".join(bulk.ACTIONS)
        message = f"批量办理只支持: {allowed} / in bulk only: {allowed}"
        raise ValueError(message)
    return value


def _each_once(value: list[SeenUnit]) -> list[SeenUnit]:
    if len({one.id for one in value}) < len(value):
        message = "同一单元出现多次 / a unit is named more than once"
        raise ValueError(message)
    return value


class BulkIn(Said):
    """What to do, to which units, and the reason all of them are given."""

    model_config = example(
        action="accept",
        units=[{"id": "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f", "version": 1}],
        reason="统一签收",
    )

    action: Annotated[Action, AfterValidator(_bulk_action)]
    until: Moment | None = Field(default=None, description="Of suspend alone: until when")
    units: Annotated[list[SeenUnit], AfterValidator(_each_once)] = Field(
        min_length=1, max_length=MOST
    )


class OutcomeOut(BaseModel):
    """What became of one unit: 200 with how it now stands, or the problem that it met."""

    id: UUID
    status: int
    number: str | None = None
    state: State | None = None
    version: int | None = None
    problem: Problem | None = None


class BulkOut(BaseModel):
    """The outcomes in the order asked for."""

    done: int
    refused: int
    items: list[OutcomeOut]


class BulkOffer(BaseModel):
    """Units as they are now, and what may be done to each of them with a reason or a moment."""

    units: list[UnitOut]
    actions: list[ActionOut]


async def offered(ids: Sequence[UUID], service: Service, caller: Caller) -> BulkOffer:
    """Return what the caller may do to all of these units; those out of sight are left out.

    Of their families nothing is looked at: what these forbid is a refusal of its own.
    """
    now = service.now()
    rulebook = service.library.current(now).rulebook
    async with service.database.reading() as tx:
        known = {unit.id: unit for unit in await units.read(tx, ids)}
        found = [
            known[UnitId(key)]
            for key in ids
            if key in known and in_sight(known[UnitId(key)], caller, rulebook)
        ]
        running = await clocks.of_units(tx, [unit.id for unit in found])
    allowed = [
        {one.action: one for one in may_now(standing, caller, rulebook)}
        for standing in (Standing.of(unit, running.get(unit.id, ()), (), now) for unit in found)
    ]
    common = set.intersection(*(set(one) for one in allowed)) if allowed else set()
    first = allowed[0] if allowed else {}
    return BulkOffer(
        units=[render.unit(unit, rulebook, now) for unit in found],
        actions=[render.action(first[one]) for one in bulk.ACTIONS if one in common],
    )


@router.post(
    ":act",
    summary="批量办理: one action on up to 500 units, each with its own outcome",
    response_model=BulkOut,
)
async def act(body: BulkIn, request: Request, service: Services, once: Posted) -> Response:
    """Do it to each unit; one that is refused stops no other."""
    if (body.action is Action.SUSPEND) != (body.until is not None):
        raise Invalid(
            zh="批量挂账须写明截止时刻 until, 其他操作不写",
            en="suspending, and nothing else, needs a moment until when",
            field="until",
        )
    seen = {UnitId(one.id): one.version for one in body.units}
    wish = Wish(body.action, seen, once.caller, service.now(), body.reason, body.until)
    async with once.transaction() as doing:
        outcomes = await bulk.act_on(doing.tx, service.library, wish)
        items = [_item(request, unit, outcomes[unit]) for unit in seen]
        done = sum(item.status == 200 for item in items)
        return doing.answer(BulkOut(done=done, refused=len(items) - done, items=items))


def _item(request: Request, unit: UnitId, outcome: Outcome) -> OutcomeOut:
    if isinstance(outcome, DomainError):
        problem = problems.problem_of(request, outcome)
        return OutcomeOut(id=unit, status=problem.status, problem=problem)
    return OutcomeOut(
        id=unit, status=200, number=outcome.number, state=outcome.state, version=outcome.version
    )
