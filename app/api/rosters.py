"""Duty rosters: who is on duty where, read and replaced body by body."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api import render
from app.api.models import Clean, DutyOut, Moment, Named, Strict
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.domain import sight
from app.domain.authority import oversees
from app.domain.roster import Shift
from app.domain.rulebook import Rulebook
from app.flows import rosters

router = APIRouter(prefix="/v1", tags=["rosters"])

MOST_SHIFTS: Final = 1000
NAME: Final = 60
PHONE: Final = 40


class ShiftIn(Strict):
    """One person's duty, from a moment up to another."""

    person: Annotated[Clean, StringConstraints(min_length=1, max_length=NAME)]
    phone: Annotated[Clean, StringConstraints(max_length=PHONE)] = ""
    starts_at: Moment
    ends_at: Moment


class RosterIn(Strict):
    """All shifts of a body from now on; none: it is always on duty."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "shifts": [
                        {
                            "person": "李强",
                            "phone": "023-00001111",
                            "starts_at": "2026-11-20T18:00:00+08:00",
                            "ends_at": "2026-11-21T08:00:00+08:00",
                        }
                    ]
                }
            ]
        },
    )

    shifts: Annotated[list[ShiftIn], Field(max_length=MOST_SHIFTS)]


class ShiftOut(BaseModel):
    """One person's duty."""

    organisation: Named
    person: str
    phone: str
    starts_at: datetime
    ends_at: datetime


class RosterOut(BaseModel):
    """A body's roster in force; without shifts it is always on duty."""

    organisation: Named
    on_duty: list[DutyOut]
    shifts: list[ShiftOut]


class RosterPage(BaseModel):
    """A page of shifts; `next` is the cursor of what comes after it, null when nothing does."""

    items: list[ShiftOut]
    next: str | None = None


class RosterChange(BaseModel):
    """The rulebook version that a new roster makes, and from when on it counts."""

    rulebook: int
    in_force_at: datetime


@router.get("/rosters", summary="Shifts of the caller's area: body by body, by time")
async def list_rosters(service: Services, caller: Calling, asked: Page) -> RosterPage:
    """Return the shifts of every body within the caller's subtree."""
    rulebook = service.library.current(service.now()).rulebook
    scope = sight.of_caller(caller, rulebook)
    bodies = {
        code
        for code in rulebook.roster.bodies
        if (body := rulebook.organisations.get(code)) is not None
        and oversees(scope, body, rulebook.areas.path(body.area))
    }
    seen = [shift for shift in rulebook.roster.shifts if shift.organisation in bodies]
    if asked.cursor:
        after = cursor_values(asked.cursor, str, datetime, str, datetime, str)
        seen = [shift for shift in seen if _key(shift) > after]
    page = seen[: asked.limit]
    following = cursor_of(*_key(page[-1])) if len(seen) > len(page) else None
    return RosterPage(items=[_shift(shift, rulebook) for shift in page], next=following)


def _key(shift: Shift) -> tuple[object, ...]:
    return shift.organisation, *shift.place


@router.get("/organisations/{code}/roster", summary="A body's shifts, and who is on duty now")
async def get_roster(code: str, service: Services, caller: Calling) -> RosterOut:
    """Return the roster of a body within the caller's subtree."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    body = sight.within(code, caller, rulebook)
    return RosterOut(
        organisation=render.named(body.code, rulebook),
        on_duty=render.on_duty(body.code, rulebook, now),
        shifts=[_shift(shift, rulebook) for shift in rulebook.roster.of(body.code)],
    )


@router.put("/organisations/{code}/roster", summary="Replace a body's shifts from now on")
async def put_roster(code: str, body: RosterIn, service: Services, caller: Calling) -> RosterChange:
    """Publish a rulebook version in which the body has these shifts and no others."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    found = sight.within(code, caller, rulebook)
    shifts = [
        Shift(found.code, one.person, one.phone, one.starts_at, one.ends_at) for one in body.shifts
    ]
    async with service.database.transaction() as tx:
        edition = await rosters.replace(tx, rulebook, found, shifts, now=now, by=caller)
    return RosterChange(rulebook=edition.version, in_force_at=edition.in_force_at)


def _shift(shift: Shift, rulebook: Rulebook) -> ShiftOut:
    return ShiftOut(
        organisation=render.named(shift.organisation, rulebook),
        person=shift.person,
        phone=shift.phone,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
    )
