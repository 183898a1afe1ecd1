"""Steering: a unit goes elsewhere, up, down or back to work, and is hurried on its way."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from app.api.models import Clean, Code, Said, example
from app.api.once import Posted
from app.api.request import Seen, Services
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, work
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode
from app.domain.unit import Unit
from app.flows import dispute, oversight, redirecting, reopening
from app.flows.casework import Order
from app.store.database import Tx

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
async def transfer(
    unit: UnitKey, body: HolderIn, service: Services, once: Posted, seen: Seen
) -> Response:
    """Move the unit to another holder under the caller's centre; its limit runs on."""
    holder = OrganisationCode(body.holder)

    async def flow(tx: Tx, order: Order) -> Unit:
        return await redirecting.transfer(tx, service.library, order, holder)

    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:pass_down", summary="交办: hand a unit to a centre below", response_model=UnitOut
)
async def pass_down(
    unit: UnitKey, body: HolderIn, service: Services, once: Posted, seen: Seen
) -> Response:
    """Hand a unit on a centre's desk to a centre below, which carries it on."""
    centre = OrganisationCode(body.holder)

    async def flow(tx: Tx, order: Order) -> Unit:
        return await redirecting.pass_down(tx, service.library, order, centre)

    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:escalate",
    summary="上报: send a unit up to the next centre, with the reason",
    response_model=UnitOut,
)
async def escalate(
    unit: UnitKey, body: Said, service: Services, once: Posted, seen: Seen
) -> Response:
    """Send the unit to the next centre above, which must act."""

    async def flow(tx: Tx, order: Order) -> Unit:
        return await dispute.escalate(tx, service.library, order)

    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:reclassify",
    summary="改派类别: file a unit under another entry",
    response_model=UnitOut,
)
async def reclassify(
    unit: UnitKey, body: EntryIn, service: Services, once: Posted, seen: Seen
) -> Response:
    """File the unit under another entry and send it on; what its limit has spent stays spent."""
    entry = EntryCode(body.entry)

    async def flow(tx: Tx, order: Order) -> Unit:
        return await redirecting.reclassify(tx, service.library, order, entry)

    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:urge",
    summary="催办: urge whoever's turn it is, with the reason",
    response_model=UnitOut,
)
async def urge(unit: UnitKey, body: Said, service: Services, once: Posted) -> Response:
    """Urge the unit; it changes nothing that a caller must have seen."""

    async def flow(tx: Tx, order: Order) -> Unit:
        return await oversight.urge(tx, service.library, order)

    return await work(unit, once, flow, seen=0, reason=body.reason)


@router.post(
    "/{unit}:supervise",
    summary="督办: set a unit a deadline of the centre's own",
    response_model=UnitOut,
)
async def supervise(
    unit: UnitKey, body: SuperviseIn, service: Services, once: Posted, seen: Seen
) -> Response:
    """Set the unit a deadline beside its other limits; it runs until the unit is closed."""

    async def flow(tx: Tx, order: Order) -> Unit:
        return await oversight.supervise(tx, service.library, order, body.limit)

    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/{unit}:reopen", summary="重开: closed but not fixed, with the reason", response_model=UnitOut
)
async def reopen(
    unit: UnitKey, body: Said, service: Services, once: Posted, seen: Seen
) -> Response:
    """Send a closed unit back to its holder."""

    async def flow(tx: Tx, order: Order) -> Unit:
        return await reopening.reopen(tx, service.library, order)

    return await work(unit, once, flow, seen=seen, reason=body.reason)
