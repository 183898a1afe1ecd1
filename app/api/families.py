"""Families: `:split`, `:whistle`, `:contact`, `:arrive`, `:remind`."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from app.api import render
from app.api.family_models import ProgressOut
from app.api.models import Clean, Code, Named, Said, Strict, example
from app.api.once import Posted
from app.api.request import Calling, Seen, Services
from app.api.request_models import LimitText
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, plain, seen_unit, unit_id, work
from app.domain.action import Action
from app.domain.family import MOST, Bond, Errand
from app.domain.organisation import Function, OrganisationCode
from app.domain.policy import WhistleKind
from app.domain.unit import ClockName
from app.flows import issue, split, whistle
from app.flows.casework import Order
from app.flows.family import limit_of
from app.flows.whistle import Call
from app.store import families

router = APIRouter(prefix="/v1/units", tags=["families"])

Title = Annotated[Clean, StringConstraints(min_length=1, max_length=100)]


class TaskIn(Strict):
    """A task to order: to an organisation, or to whoever holds a function; turn 2 follows 1."""

    holder: Code | None = None
    function: Code | None = None
    title: Title
    limit: LimitText | None = None
    turn: int = Field(default=1, ge=1, le=20)


class SplitIn(Said):
    """Which tasks; none: those of the entry's plan."""

    model_config = example(
        tasks=[
            {"function": "municipal", "title": "修复路面", "limit": "2工作日"},
            {"holder": "500103-JJ", "title": "现场交通疏导", "limit": "4工作时", "turn": 2},
        ],
        reason="需两家分头处置",
    )

    tasks: list[TaskIn] = Field(default_factory=list, max_length=MOST)


class WhistleIn(Said):
    """Which departments are called, by which kind of whistle, and what for."""

    model_config = example(
        departments=["500103-CGJ", "500103-JJ"], kind="work", reason="占道经营反复, 请到场会商"
    )

    departments: list[Code] = Field(min_length=1, max_length=MOST)
    kind: WhistleKind = WhistleKind.WORK
    title: Annotated[Clean, StringConstraints(max_length=100)] = ""
    limit: LimitText | None = None


class RemindedOut(BaseModel):
    """The organisations that were reminded, because a task of theirs is late."""

    organisations: list[Named]


class ShareOut(BaseModel):
    """One organisation's part of a unit's tasks."""

    organisation: Named
    progress: ProgressOut


class SharesOut(BaseModel):
    """How far a unit's tasks are, by the organisation each was ordered from; the late first."""

    progress: ProgressOut
    items: list[ShareOut]


@router.post(
    "/{unit}:split",
    summary="拆分任务: order tasks, by hand or by the entry's plan",
    response_model=UnitOut,
)
async def split_unit(unit: UnitKey, body: SplitIn, once: Posted, seen: Seen) -> Response:
    """Order tasks for the unit, which is coordinated and waits for them."""
    errands = [_errand(task, f"tasks.{index}.limit") for index, task in enumerate(body.tasks)]

    flow = partial(split.split, errands=errands)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


def _errand(task: TaskIn, field: str) -> Errand:
    limit = limit_of(task.limit, field)
    return Errand(
        Bond.SPLIT,
        task.title,
        {ClockName.DISPOSE: limit} if limit else {},
        holder=OrganisationCode(task.holder) if task.holder else None,
        function=Function(task.function) if task.function and not task.holder else None,
        turn=task.turn,
    )


@router.post(
    "/{unit}:whistle", summary="吹哨: call departments of the district", response_model=UnitOut
)
async def blow_whistle(unit: UnitKey, body: WhistleIn, once: Posted, seen: Seen) -> Response:
    """Call departments; each signs, gets in touch and turns up within its limit."""
    call = Call(
        [OrganisationCode(code) for code in body.departments],
        body.kind,
        body.title,
        limit_of(body.limit, "limit"),
    )

    flow = partial(whistle.blow, call=call)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


for _action, _summary in (
    (Action.CONTACT, "联系: those whistled for are in touch, and what was said"),
    (Action.ARRIVE, "报到: those whistled for have turned up"),
):
    plain(router, _action, _summary, partial(whistle.show_up, action=_action))


@router.post(
    "/{unit}:remind",
    summary="催报: remind every organisation whose task is late",
    response_model=RemindedOut,
)
async def remind(
    unit: UnitKey, body: Said, service: Services, once: Posted, seen: Seen
) -> Response:
    """Leave a line in the log of every late task; returns whose they are."""
    rulebook = service.library.current(service.now()).rulebook
    async with once.transaction() as doing:
        order = Order(
            await unit_id(doing.tx, unit),
            seen.version,
            once.caller,
            service.now(),
            body.reason,
            token=seen.token,
        )
        holders = await issue.remind(doing.tx, service.library, order)
        late = [render.named(code, rulebook) for code in holders]
        return doing.answer(RemindedOut(organisations=late))


@router.get("/{unit}/progress", summary="How far a unit's tasks are, by organisation")
async def get_progress(unit: UnitKey, service: Services, caller: Calling) -> SharesOut:
    """Count the unit's tasks by the organisation they were ordered from, the late first."""
    rulebook = service.library.current(service.now()).rulebook
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        shares = await families.shares(tx, found)
    counted = [share.progress for share in shares]
    return SharesOut(
        progress=ProgressOut(
            total=sum(one.total for one in counted),
            open=sum(one.open for one in counted),
            closed=sum(one.closed for one in counted),
            late=sum(one.late for one in counted),
        ),
        items=[
            ShareOut(
                organisation=render.named(share.organisation, rulebook),
                progress=render.progress(share.progress),
            )
            for share in shares
        ],
    )
