"""Trials: a draft or a version judged over past events before it counts."""

import asyncio
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.api import reports
from app.api.models import Moment, Named, Strict
from app.api.request import Calling, Services
from app.api.rulebooks import reader
from app.api.service import Service
from app.api.tables import XLSX
from app.domain.authority import Caller
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Kind
from app.domain.trial import Aspect, Change, Example, Load, Trial
from app.domain.unit import Unit
from app.flows import drafts
from app.flows.casework import in_sight
from app.flows.trial import try_batch
from app.sheets.trial import Sides, trial_book
from app.store.events import Period

router = APIRouter(prefix="/v1/rulebooks", tags=["rulebooks"])

MOST: Final = 100_000
"""Events of one trial; a minute of one processor."""
MOVES: Final = 200
"""How many pairs of organisations an answer tells of."""

# Each trial keeps a processor busy: a second one waits for the first.
_ONE: Final = asyncio.Semaphore(1)


class TryIn(Strict):
    """Which past events, and what to compare with; without a period the newest events."""

    against: Annotated[str, Field(max_length=12)] = drafts.CURRENT
    since: Moment | None = None
    until: Moment | None = None
    last: int = Field(default=10_000, ge=1, le=MOST)
    examples: int = Field(default=20, ge=0, le=1000)


class LoadOut(BaseModel):
    """How many units something has before and after."""

    before: int
    after: int
    gain: int


class HolderLoadOut(LoadOut):
    """An organisation's load."""

    code: str
    name: str


class MoveOut(BaseModel):
    """How many events' root units would go from one organisation to another."""

    before: Named
    after: Named
    count: int


class KindLoadOut(LoadOut):
    """A kind's share; `kind` is empty for what waits for a person."""

    kind: Kind | None


class ChangeOut(BaseModel):
    """What differs: nothing, one value, or one of each of the event's units."""

    aspect: Aspect
    before: list[str | datetime]
    after: list[str | datetime]
    before_text: str
    after_text: str


class ExampleOut(BaseModel):
    """A changed event with the reasons of both sides."""

    event: UUID
    text: str
    changes: list[ChangeOut]
    before: dict[str, Any]
    after: dict[str, Any]


class RefusalOut(BaseModel):
    """Why events were not compared, and whether it is the draft that refuses them."""

    zh: str
    en: str
    by_draft: bool
    count: int


class TrialOut(BaseModel):
    """The sum of a trial; organisations whose load stays are left out of `loads`.

    `moves` are who would have what others have now, the most first.
    """

    rulebook: str
    against: str
    total: int
    changed: int
    by_aspect: dict[Aspect, int]
    to_triage: int
    out_of_triage: int
    kinds: list[KindLoadOut]
    loads: list[HolderLoadOut]
    moves: list[MoveOut]
    refused: list[RefusalOut]
    examples: list[ExampleOut]


@router.post(
    "/{version}:try",
    summary="What past events would become under a draft; nothing is written",
    response_model=TrialOut,
    responses={200: {"content": {XLSX: {}}, "description": "The sum; XLSX for the office"}},
)
async def try_rulebook(
    version: str, body: TryIn, request: Request, service: Services, caller: Calling
) -> TrialOut | Response:
    """Judge past events under two rulebooks: `version` and `against` are current, 17 or d3."""
    trial, sides = await tried(version, body, service, caller)
    if XLSX not in request.headers.get("accept", ""):
        return trial_out(trial, sides, (version, body.against))
    book = await asyncio.to_thread(trial_book, trial, sides)
    headers = {"Content-Disposition": f'attachment; filename="trial-{version}.xlsx"'}
    return Response(book, headers=headers, media_type=XLSX)


async def tried(version: str, body: TryIn, service: Service, caller: Caller) -> tuple[Trial, Sides]:
    """Try a version or a draft for whoever may look at it."""
    now, present = service.now(), reader(service, caller).rulebook

    def shows(unit: Unit) -> bool:
        return in_sight(unit, caller, present)

    async with _ONE:
        async with service.database.reading() as tx:
            before = await drafts.reference(tx, service.library, body.against, now=now)
            after = await drafts.reference(tx, service.library, version, now=now)
        trial = Trial(most=body.examples, shows=shows)
        period = Period(body.since, body.until)
        async for batch in reports.past(service.database, period, body.last):
            # Seconds of pure computation: the loop goes on answering meanwhile.
            await asyncio.to_thread(try_batch, trial, before, after, batch)
    return trial, Sides(before.rulebook, after.rulebook)


def trial_out(trial: Trial, sides: Sides, names: tuple[str, str]) -> TrialOut:
    """Render a trial; `names` are what was tried and what against."""
    return TrialOut(
        rulebook=names[0],
        against=names[1],
        total=trial.total,
        changed=trial.changed,
        by_aspect={aspect: trial.by_aspect[aspect] for aspect in Aspect},
        to_triage=trial.to_triage,
        out_of_triage=trial.out_of_triage,
        kinds=[KindLoadOut(kind=kind, **_load(load)) for kind, load in trial.kinds.items()],
        loads=[_holder(code, load, sides) for code, load in trial.loads.items() if load.gain],
        moves=[
            MoveOut(before=_named(pair[0], sides), after=_named(pair[1], sides), count=count)
            for pair, count in islice(trial.moves.items(), MOVES)
        ],
        refused=[
            RefusalOut(zh=one.zh, en=one.en, by_draft=one.by_draft, count=count)
            for one, count in trial.refused.most_common(100)
        ],
        examples=[_example(example, sides) for example in trial.examples],
    )


def _named(code: OrganisationCode, sides: Sides) -> Named:
    return Named(code=code, name=sides.organisation(code))


def _load(load: Load) -> dict[str, int]:
    return {"before": load.before, "after": load.after, "gain": load.gain}


def _holder(code: OrganisationCode, load: Load, sides: Sides) -> HolderLoadOut:
    return HolderLoadOut(code=code, name=sides.organisation(code), **_load(load))


def _example(example: Example, sides: Sides) -> ExampleOut:
    return ExampleOut(
        event=example.event,
        text=example.text,
        changes=[_change(change, sides) for change in example.changes],
        before=dict(example.before),
        after=dict(example.after),
    )


def _change(change: Change, sides: Sides) -> ChangeOut:
    was, becomes = sides.texts(change)
    return ChangeOut(
        aspect=change.aspect,
        before=list(change.before),
        after=list(change.after),
        before_text=was,
        after_text=becomes,
    )
