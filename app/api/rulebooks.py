"""Rulebook versions: listed, rolled back, withdrawn; open units judged again by the present one."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.api import reports
from app.api.once import Posted
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.api.service import Service
from app.api.version_models import (
    RejudgeIn,
    RejudgeOut,
    RollBackIn,
    VersionOut,
    VersionPage,
)
from app.domain.authority import Caller
from app.domain.lifecycle import UNTOUCHED
from app.flows import publication, rejudge, versions
from app.flows.access import refuse_publisher, refuse_reader
from app.flows.rejudge import Wish
from app.flows.rulebook import NEEDED, Reference
from app.store import rejudge as open_units
from app.store.database import Tx

router = APIRouter(prefix="/v1/rulebooks", tags=["rulebooks"])

Number = Annotated[int, Path(ge=1, le=999_999_999)]


def reader(service: Service, caller: Caller) -> Reference:
    """Return the reference in force; raises Forbidden unless the caller may look at versions."""
    reference = service.library.current(service.now())
    refuse_reader(caller, reference.rulebook)
    return reference


def publisher(service: Service, caller: Caller) -> Reference:
    """Return the reference in force; raises Forbidden unless the caller may change it."""
    reference = service.library.current(service.now())
    refuse_publisher(caller, reference.rulebook)
    return reference


def signature(caller: Caller) -> str:
    """Return how a version tells who published it."""
    return f"{caller.name} ({caller.organisation})"


@router.get("", summary="Versions, the newest first")
async def list_rulebooks(service: Services, caller: Calling, asked: Page) -> VersionPage:
    """Return the versions with their state: in force, scheduled, past or withdrawn."""
    reader(service, caller)
    (before,) = cursor_values(asked.cursor, int) if asked.cursor else (None,)
    async with service.database.reading() as tx:
        found = await versions.page(tx, before=before, limit=asked.limit, now=service.now())
    following = cursor_of(int(found[-1].name)) if len(found) == asked.limit else None
    return VersionPage(items=[VersionOut.of(one) for one in found], next=following)


@router.get(
    "/{version}", summary="One version: current, a number such as 17, or a draft such as d3"
)
async def get_rulebook(version: str, service: Services, caller: Calling) -> VersionOut:
    """Return a version or draft with the checksum of each part."""
    reader(service, caller)
    async with service.database.reading() as tx:
        return VersionOut.of(await versions.find(tx, version, now=service.now()))


@router.post(
    "/{version}:roll-back",
    summary="Publish the parts of an earlier version again",
    response_model=VersionOut,
)
async def roll_back(version: Number, body: RollBackIn, service: Services, once: Posted) -> Response:
    """Make a new version with an earlier one's parts, in force after notice."""
    publisher(service, once.caller)
    async with once.transaction() as doing:
        now = service.now()
        edition = await publication.roll_back(
            doing.tx,
            version,
            now=now,
            by=signature(once.caller),
            note=body.note,
            only=body.parts or NEEDED,
        )
        made = await versions.of_edition(doing.tx, edition, now=now)
        return doing.answer(VersionOut.of(made))


@router.post(
    "/{version}:withdraw",
    summary="Have a scheduled version never come into force",
    response_model=VersionOut,
)
async def withdraw(version: Number, service: Services, once: Posted) -> Response:
    """Withdraw a version; those scheduled behind it are made anew without it."""
    publisher(service, once.caller)
    async with once.transaction() as doing:
        now = service.now()
        edition = await publication.withdraw(doing.tx, version, now=now)
        made = await versions.of_edition(doing.tx, edition, now=now)
        return doing.answer(VersionOut.of(made))


@router.post(
    "/current:rejudge",
    summary="重新研判: judge open units again by the version in force",
    response_model=RejudgeOut,
)
async def rejudge_units(body: RejudgeIn, service: Services, once: Posted) -> RejudgeOut | Response:
    """Judge one page of the open units nobody has touched again; a preview writes nothing.

    Call it with the `next` of each answer until that is null. A preview is made anew whatever
    its key.
    """
    reference = publisher(service, once.caller)
    wish = Wish(
        by=once.caller,
        at=service.now(),
        applies=not body.preview,
        reason=body.reason,
        states=body.states,
        after=body.after,
        limit=body.limit,
    )
    if body.preview:
        async with service.database.reading() as tx:
            return await _rejudged(tx, reference, wish)
    async with once.transaction() as doing:
        return doing.answer(await _rejudged(doing.tx, reference, wish))


async def _rejudged(tx: Tx, reference: Reference, wish: Wish) -> RejudgeOut:
    done, left = await rejudge.turn(tx, reference, reports.stored, wish), None
    if wish.after is None:
        left = await open_units.left(tx, reference.rulebook.version, UNTOUCHED)
    return RejudgeOut.of(done, reference.rulebook, preview=not wish.applies, left=left)
