"""Why a unit's deadlines are what they are: every clock with its arithmetic day by day."""

from fastapi import APIRouter, Request

from app.api import clock_models, render
from app.api.clock_models import ClockList, ClockStory, HappeningOut, RunOut, StageOut
from app.api.problems import wants_chinese
from app.api.request import Calling, Services
from app.api.work import UnitKey, seen_unit
from app.domain.action import Action
from app.domain.explain import reckoned
from app.domain.rulebook import Rulebook
from app.domain.unit import Step
from app.domain.words import ACTION, CLOCK
from app.flows import clocks
from app.flows.clocks import Story, Told

router = APIRouter(prefix="/v1/units", tags=["clocks"])


@router.get("/{unit}/clocks", summary="Every limit of a unit, its arithmetic day by day")
async def get_clocks(
    unit: UnitKey, request: Request, service: Services, caller: Calling
) -> ClockList:
    """Tell when each clock ran, stood and was extended, and how its deadline came about."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    async with service.database.reading() as tx:
        found = await seen_unit(tx, unit, caller, service)
        stories = await clocks.of_unit(tx, service.library, found, now=now)
    chinese = wants_chinese(request)
    items = [_story(one, rulebook, chinese=chinese) for one in stories]
    return ClockList(unit=found.id, number=found.number, items=items)


def _story(told: Story, rulebook: Rulebook, *, chinese: bool) -> ClockStory:
    clock, language = told.clock, 0 if chinese else 1
    return ClockStory(
        clock=clock.name,
        name=CLOCK[clock.name][language],
        basis=clock.basis,
        limit_seconds=clock.limit,
        granted_seconds=clock.granted,
        grants=clock.grants,
        spent_seconds=clock.spent,
        used_seconds=told.used,
        left_seconds=max(clock.limit - told.used, 0),
        started_at=clock.started_at,
        running=clock.is_running,
        running_since=clock.running_since,
        due_at=clock.due_at,
        is_provisional=clock.is_provisional,
        overdue_at=clock.overdue_at,
        exempted_at=clock.exempted_at,
        yellow_at=clock.yellow_at,
        red_at=clock.red_at,
        marks_passed=clock.mark,
        next_mark_at=clock.next_at,
        calendar=clock_models.calendar(told.calendar, rulebook, told.version),
        stages=[
            StageOut(
                title=stage.title,
                limit=str(stage.limit),
                due_at=due.at,
                is_provisional=due.provisional,
            )
            for stage, due in told.stages
        ],
        runs=[_run(one, chinese=chinese) for one in told.runs],
        happenings=[_happening(one, rulebook, language) for one in told.happenings],
        amiss_seconds=told.amiss,
    )


def _run(told: Told, *, chinese: bool) -> RunOut:
    run = told.run
    return RunOut(
        since=run.since,
        until=run.until,
        began_by=run.began_by,
        ended_by=run.ended_by,
        calendar_version=told.calendar,
        seconds=told.seconds,
        summary=reckoned.summary(told.lines)[0 if chinese else 1],
        days=clock_models.days(told.lines, chinese=chinese),
    )


def _happening(step: Step, rulebook: Rulebook, language: int) -> HappeningOut:
    body = render.named(step.organisation, rulebook) if step.organisation else None
    return HappeningOut(
        at=step.at,
        action=Action(step.action),
        name=ACTION[step.action][language],
        organisation=body,
        reason=step.reason,
        data=dict(step.data),
    )
