"""Steering: a unit goes elsewhere, up, down or back to work, and is hurried on its way."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from app.api.models import Clean, Code, Said, example
from app.api.once import Posted
from app.api.request import Seen
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, work
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode
from app.flows import dispute, oversight, redirecting, reopening

router = APIRouter(prefix="/v1/units", tags=["units"])


class HolderIn(Said):
    """To whom a unit goes, and why."""

    model_config = example(holder="500103001-MS", reason="属民生服务板块职责")

    holder: Code


class EntryIn(Said):
    """Under which entry a unit belongs, and why."""

    model_config = example(entry="SX-06010-1", reason="实为生活垃圾, 不是建筑垃圾")

    entry: Code


class SuperviseIn(Said):
    """By when a centre wants a unit done, and why."""

    model_config = example(limit="2工作日", reason="群众反复投诉, 限期办结")

    limit: Annotated[Clean, StringConstraints(max_length=40)]


@router.post(
    "/{unit}:transfer", summary="转办(分拨): move a unit to another holder", response_model=UnitOut
)
async def transfer(unit: UnitKey, body: HolderIn, once: Posted, seen: Seen) -> Response:
    """Move the unit to another holder under the caller's centre; its limit runs on."""
    holder = OrganisationCode(body.holder)

    flow = partial(redirecting.transfer, holder=holder)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:pass_down", summary="交办: hand a unit to a centre below", response_model=UnitOut
)
async def pass_down(unit: UnitKey, body: HolderIn, once: Posted, seen: Seen) -> Response:
    """Hand a unit on a centre's desk to a centre below, which carries it on."""
    centre = OrganisationCode(body.holder)

    flow = partial(redirecting.pass_down, centre=centre)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:escalate",
    summary="上报: send a unit up to the next centre, with the reason",
    response_model=UnitOut,
)
async def escalate(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
    """Send the unit to the next centre above, which must act."""
    return await work(unit, once, dispute.escalate, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:reclassify",
    summary="改派类别: file a unit under another entry",
    response_model=UnitOut,
)
async def reclassify(unit: UnitKey, body: EntryIn, once: Posted, seen: Seen) -> Response:
    """File the unit under another entry and send it on; what its limit has spent stays spent."""
    entry = EntryCode(body.entry)

    flow = partial(redirecting.reclassify, entry=entry)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:urge",
    summary="催办: urge whoever's turn it is, with the reason",
    response_model=UnitOut,
)
async def urge(unit: UnitKey, body: Said, once: Posted) -> Response:
    """Urge the unit; it changes nothing that a caller must have seen."""
    return await work(unit, once, oversight.urge, reason=body.reason)


@router.post(
    "/{unit}:supervise",
    summary="督办: set a unit a deadline of the centre's own",
    response_model=UnitOut,
)
async def supervise(unit: UnitKey, body: SuperviseIn, once: Posted, seen: Seen) -> Response:
    """Set the unit a deadline beside its other limits; it runs until the unit is closed."""
    flow = partial(oversight.supervise, limit=body.limit)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:reopen", summary="重开: closed but not fixed, with the reason", response_model=UnitOut
)
async def reopen(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
    """Send a closed unit back to its holder."""
    return await work(unit, once, reopening.reopen, seen=seen, reason=body.reason)
