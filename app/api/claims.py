"""Claims (领取): units taken off one's own desk into one's hands, kept, and put back."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.api import problems, render
from app.api.claim_models import (
    ClaimIn,
    HeldListOut,
    HeldOut,
    ReleaseIn,
    RenewIn,
    TakeIn,
    claim_of,
)
from app.api.once import Once, Posted
from app.api.unit_models import UnitOut
from app.api.work import unit_id
from app.domain import sight
from app.domain.claim import LEASE
from app.domain.errors import DomainError, Invalid
from app.domain.queue import STATES
from app.domain.unit import Unit, UnitId
from app.flows import claims
from app.flows.claims import Hand, Outcome
from app.store.database import Tx

router = APIRouter(prefix="/v1/organisations", tags=["organisations"])


class ClaimedOut(BaseModel):
    """Units now in the caller's hands, the most pressing first, each with the claim's token."""

    items: list[UnitOut]


@router.post(
    "/{code}/queue:claim",
    summary="领取: take the most pressing units of one's own desk in hand",
    response_model=ClaimedOut,
)
async def claim_units(code: str, body: ClaimIn, once: Posted) -> Response:
    """Take units in hand for a while, so that no colleague works on them at the same time."""
    if body.view is not None and body.view not in STATES:
        raise Invalid(
            zh="只能按本单位的业务视图领取",
            en="claims are made in the desk's own views",
            field="view",
            allowed=tuple(STATES),
        )
    hand = _hand(code, once, body.lease)
    async with once.transaction() as doing:
        found = await claims.claim(doing.tx, hand, body.view, most=body.max)
        return doing.answer(ClaimedOut(items=[_shown(unit, hand) for unit in found]))


@router.post(
    "/{code}/queue:take",
    summary="领取指定单元: take one unit in hand; a supervisor, whosever it is in",
    response_model=UnitOut,
)
async def take_unit(code: str, body: TakeIn, once: Posted) -> Response:
    """Take this unit in hand; whoever had it hears of it by their token."""
    hand = _hand(code, once, body.lease)
    async with once.transaction() as doing:
        taken = await claims.take(doing.tx, hand, await unit_id(doing.tx, body.unit))
        return doing.answer(_shown(taken, hand), headers={"ETag": f'"{taken.version}"'})


@router.post(
    "/{code}/queue:renew",
    summary="续领: keep units in hand for longer, each with its own outcome",
    response_model=HeldListOut,
)
async def renew_claims(code: str, body: RenewIn, request: Request, once: Posted) -> Response:
    """Have leases end later, counted from now."""
    return await _each(request, once, body, _hand(code, once, body.lease), claims.renew)


@router.post(
    "/{code}/queue:release",
    summary="放回: put units back into the queue, each with its own outcome",
    response_model=HeldListOut,
)
async def release_claims(code: str, body: ReleaseIn, request: Request, once: Posted) -> Response:
    """Put units back before their leases end."""
    return await _each(request, once, body, _hand(code, once, LEASE), claims.release)


Flow = Callable[[Tx, Hand, Mapping[UnitId, int]], Awaitable[dict[UnitId, Outcome]]]


async def _each(request: Request, once: Once, body: ReleaseIn, hand: Hand, flow: Flow) -> Response:
    tokens = {UnitId(one.unit): one.token for one in body.units}
    async with once.transaction() as doing:
        outcomes = await flow(doing.tx, hand, tokens)
        items = [_held(request, unit, outcomes[unit]) for unit in tokens]
        done = sum(item.status == 200 for item in items)
        return doing.answer(HeldListOut(done=done, refused=len(items) - done, items=items))


def _hand(code: str, once: Once, seconds: int) -> Hand:
    now = once.service.now()
    rulebook = once.service.library.current(now).rulebook
    desk = sight.within(code, once.caller, rulebook)
    return Hand.of(once.caller, desk, rulebook, now, seconds)


def _shown(unit: Unit, hand: Hand) -> UnitOut:
    claim = claim_of(unit, hand.by, hand.at, hand.by.name)
    return render.unit(unit, hand.rulebook, hand.at, claim)


def _held(request: Request, unit: UnitId, outcome: Outcome) -> HeldOut:
    if isinstance(outcome, DomainError):
        problem = problems.problem_of(request, outcome)
        return HeldOut(unit=unit, status=problem.status, problem=problem)
    return HeldOut(unit=unit, status=200, until=outcome.claimed_until)
