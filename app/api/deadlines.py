"""What a deadline would be: several limits counted at once, nothing written."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.api import clock_models
from app.api.clock_models import CalendarOut, DayOut
from app.api.models import Clean, Code, Strict
from app.api.problems import wants_chinese
from app.api.request import Calling, Services
from app.domain import whatif
from app.domain.errors import Invalid
from app.domain.explain import reckoned
from app.domain.limit import Basis
from app.domain.reckoning import Line
from app.domain.rulebook import Part, Rulebook
from app.domain.whatif import Answer
from app.flows.deadlines import Question, answer

router = APIRouter(prefix="/v1/deadlines", tags=["clocks"])

MOST: Final = 1000
MOST_DAYS: Final = 20_000
"""So many days one answer tells of at most; asked without days there is no such bound."""


def _basis(value: object) -> object:
    try:
        return whatif.basis_of(value) if isinstance(value, str) else value
    except Invalid as refusal:
        raise ValueError(str(refusal)) from None


def _start(value: object) -> object:
    """Refuse bare numbers; a time without an offset is in the calendar's zone."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        message = "应如 2026-09-30T17:30 / should be like 2026-09-30T17:30"
        raise ValueError(message) from None


class DeadlineIn(Strict):
    """From when on, and exactly one of a limit, minutes or an entry that has a limit.

    A start without an offset is in the calendar's zone. `for` is the area or the organisation
    whose calendar counts; the city's where nobody is named.
    """

    start: Annotated[datetime, BeforeValidator(_start)]
    limit: Annotated[Clean, StringConstraints(max_length=40)] | None = Field(
        default=None, description="480m, 2h, 1d of the basis, or as lists write it: 3工作日"
    )
    minutes: Annotated[int, Field(ge=1, le=whatif.LONGEST)] | None = None
    basis: Annotated[Basis, BeforeValidator(_basis)] | None = Field(
        default=None, description="work (工作) or wall (自然); working time unless said"
    )
    entry: Code | None = None
    for_: Code | None = Field(default=None, alias="for")


class DeadlinesIn(Strict):
    """Up to 1,000 questions."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"start": "2026-09-30T17:30", "limit": "480m", "basis": "work"},
                        {"start": "2026-09-30T17:30:00+08:00", "entry": "SX-06010-1"},
                        {"start": "2026-11-20T09:30", "limit": "3工作日", "for": "500103"},
                    ]
                }
            ]
        },
    )

    items: Annotated[list[DeadlineIn], Field(min_length=1, max_length=MOST)]
    days: bool = Field(default=True, description="Whether the arithmetic is told day by day")


class DeadlineOut(BaseModel):
    """When the limit is used up, by which calendar, and how it was counted."""

    start: datetime
    limit: str
    limit_seconds: int
    basis: Basis
    deadline: datetime
    provisional: bool
    calendar: CalendarOut
    summary: str
    days: list[DayOut]


class DeadlineList(BaseModel):
    """The answers, in the order of the questions."""

    rulebook: int
    items: list[DeadlineOut]


@router.post("", summary="What deadlines would be, day by day; nothing is written")
async def ask_deadlines(
    body: DeadlinesIn, request: Request, service: Services, caller: Calling
) -> DeadlineList:
    """Count limits by the calendar in force; anybody with a key may ask."""
    del caller
    rulebook = service.library.current(service.now()).rulebook
    chinese = wants_chinese(request)
    # A thousand questions are a second of computation: the loop goes on answering meanwhile.
    items = await asyncio.to_thread(_answers, body, rulebook, chinese=chinese)
    return DeadlineList(rulebook=rulebook.version, items=items)


def _answers(body: DeadlinesIn, rulebook: Rulebook, *, chinese: bool) -> list[DeadlineOut]:
    found = [_answer(one, f"items[{n}].", rulebook) for n, one in enumerate(body.items)]
    spanned = sum((one.deadline.at - one.start).days + 1 for one in found)
    if body.days and spanned > MOST_DAYS:
        raise Invalid(
            zh=f"逐日算式共 {spanned} 天, 一次最多 {MOST_DAYS} 天; 可分次问, 或 days=false",
            en=f"{spanned} days to tell, {MOST_DAYS} at most: ask in parts, or with days=false",
            field="days",
        )
    version = rulebook.parts[Part.CALENDAR]
    return [
        shown(
            one,
            clock_models.calendar(one.calendar, rulebook, version),
            one.lines() if body.days else (),
            chinese=chinese,
        )
        for one in found
    ]


def _answer(asked: DeadlineIn, where: str, rulebook: Rulebook) -> Answer:
    city = rulebook.calendar
    calendar = city
    if asked.for_ is not None:
        bodies = rulebook.organisations
        calendar = whatif.calendar_for(asked.for_, city, rulebook.areas, bodies, f"{where}for")
    question = Question(asked.start, asked.limit, asked.minutes, asked.basis, asked.entry)
    return answer(question, calendar, city, rulebook.list, where=where)


def shown(
    found: Answer, calendar: CalendarOut, lines: Sequence[Line], *, chinese: bool
) -> DeadlineOut:
    """Render an answer with the lines of its arithmetic, if they are wanted."""
    return DeadlineOut(
        start=found.start,
        limit=str(found.limit),
        limit_seconds=found.seconds,
        basis=found.limit.basis,
        deadline=found.due_at,
        provisional=found.deadline.provisional,
        calendar=calendar,
        summary=reckoned.summary(lines)[0 if chinese else 1] if lines else "",
        days=clock_models.days(lines, chinese=chinese),
    )
